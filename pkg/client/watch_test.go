package client_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"postern/pkg/client"
)

func jobEvent(n int, state string) string {
	finished := "null"
	if state == "succeeded" {
		finished = `"2026-11-24T02:00:00.000Z"`
	}
	return fmt.Sprintf("event: job\nid: v%d\ndata: {\"id\":\"1\",\"state\":%q,\"finished_at\":%s}\n\n", n, state, finished)
}

const ended = "event: end\ndata: {\"reason\":\"finished\"}\n\n"

func TestWatch(t *testing.T) {
	t.Parallel()
	c, s := serve(t, says(200, "retry: 1000\n\n"+jobEvent(1, "queued")+": still here\n\n"+jobEvent(2, "running")+jobEvent(3, "succeeded")+ended))
	var states []client.State
	for j, err := range c.Watch(t.Context(), id) {
		if err != nil {
			t.Fatal(err)
		}
		states = append(states, j.State)
	}
	if !slices.Equal(states, []client.State{"queued", "running", "succeeded"}) || len(s.asked) != 1 {
		t.Errorf("got %v after %v", states, s.asked)
	}
}

func TestWatchComesAgain(t *testing.T) {
	t.Parallel()
	n := 0
	var last []string
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		last = append(last, r.Header.Get("Last-Event-ID"))
		switch n++; n {
		case 1:
			says(200, jobEvent(1, "queued")+"event: job\nid: v9\ndata: {\"id\"")(w, r) // cut
		case 2:
			says(502, "")(w, r)
		default:
			says(200, jobEvent(2, "succeeded")+ended)(w, r)
		}
	})
	j, err := c.WaitUntilDone(t.Context(), id)
	if err != nil || j.State != client.Succeeded || !slices.Equal(last, []string{"", "v1", "v1"}) {
		t.Errorf("got %+v and %v, last ids %q", j, err, last)
	}
}

func TestWaitOfAJobThatIsDoneUnseen(t *testing.T) {
	t.Parallel()
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/events") {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		says(200, `{"id":"1","state":"dead"}`)(w, r)
	})
	if j, err := c.WaitUntilDone(t.Context(), id); err != nil || j.State != client.Dead {
		t.Errorf("got %+v and %v", j, err)
	}
}

func TestWatchesThatFail(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		handle http.HandlerFunc
		code   string
	}{
		"unknown":   {says(404, `{"code":"not_found"}`), client.NotFound},
		"forgotten": {says(200, jobEvent(1, "queued")+"event: end\ndata: {\"reason\":\"gone\"}\n\n"), client.NotFound},
		"no JSON":   {says(200, "event: job\nid: 1\ndata: x\n\n"), ""},
	} {
		c, s := serve(t, tt.handle)
		_, err := c.WaitUntilDone(t.Context(), id)
		var refusal *client.Error
		if err == nil || errors.As(err, &refusal) != (tt.code != "") || tt.code != "" && refusal.Code != tt.code || len(s.asked) != 1 {
			t.Errorf("%s: got %v after %v", name, err, s.asked)
		}
	}
}

func TestWatchEndsWithItsContext(t *testing.T) {
	t.Parallel()
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		says(200, jobEvent(1, "queued"))(w, r)
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var last error
	for _, err := range c.Watch(ctx, id) {
		last = err
		cancel()
	}
	if !errors.Is(last, context.Canceled) {
		t.Errorf("got %v, want the context's error", last)
	}
	for range c.Watch(t.Context(), id) {
		break // who stops early is not called again
	}
}
