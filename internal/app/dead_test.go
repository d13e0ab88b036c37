package app_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"postern/internal/redistest"
	"postern/pkg/chat/chattest"
	"postern/pkg/client"
	"postern/pkg/secret"
)

// More jobs fail than any engine's archive keeps: all of them are listed, all are
// retried in bulk, and all are delivered.
func TestNoDeadJobIsTrimmed(t *testing.T) {
	t.Parallel()
	n := 1200
	if redistest.Full() && !redistest.Raced {
		n = 12_000
	}
	h := newStormHouse(t, stormWith([]string{"team"}, ""))
	h.platform.Fail(func(chattest.Call) *chattest.Answer {
		return &chattest.Answer{Status: http.StatusBadRequest, Body: "not like this"}
	})
	h.mustStart("receiver", "r1")
	h.mustStart("worker", "w1", "w2")
	jobs := h.storm(n, 32, "r1")
	api, err := client.New(client.Options{BaseURL: "http://" + h.running["r1"].address, Token: secret.New("a-token-of-the-tests")})
	if err != nil {
		t.Fatal(err)
	}
	failed := client.Query{Deliveries: []client.Delivery{"failed"}}
	rows := func(q client.Query) (seen int) {
		ids := map[string]bool{}
		for j, err := range api.Jobs(t.Context(), q) {
			if err != nil {
				t.Fatal(err)
			}
			ids[j.ID] = true
		}
		return len(ids)
	}
	if err := within(3*patience, func() error { return same("dead jobs listed", rows(failed), n) }); err != nil {
		t.Fatal(err)
	}
	h.platform.Fail(nil)
	began := time.Now()
	done, err := api.RetryAll(t.Context(), failed, nil)
	if err != nil || done.Count != n || done.Skipped != 0 {
		t.Fatalf("retried %+v, %v; want all %d", done, err, n)
	}
	delivered := client.Query{Deliveries: []client.Delivery{"delivered"}}
	if err := within(3*patience, func() error { return same("jobs delivered", rows(delivered), n) }); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d dead jobs were listed, retried and delivered in %v", n, time.Since(began).Round(time.Millisecond))
	for id, times := range count(tellings(t, h.platform.Messages())) {
		if times != 1 {
			t.Errorf("notification %s was told %d times, want once", id, times)
		}
	}
	if told := len(h.platform.Messages()); told != len(jobs.ids) {
		t.Errorf("%d were told, want %d", told, len(jobs.ids))
	}
}

func same(what string, got, want int) error {
	if got != want {
		return fmt.Errorf("%d %s, want %d", got, what, want)
	}
	return nil
}
