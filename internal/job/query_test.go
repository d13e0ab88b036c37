package job_test

import (
	"errors"
	"testing"
	"time"

	"postern/internal/job"
)

func TestMatch(t *testing.T) {
	t.Parallel()
	j := &job.Job{
		State: job.Succeeded, Delivery: job.Partial, Plugin: "acme.a", Endpoint: "/x", AcceptedAt: job.At(now()),
		Event:         job.EventSummary{Type: "pr", Action: "opened", DeliveryID: "d"},
		Notifications: []job.Notification{{ChatKey: "slack-1"}, {ChatKey: "slack-2"}},
	}
	for name, c := range map[string]struct {
		q    job.Query
		want bool
	}{
		"nothing is asked":     {job.Query{}, true},
		"one of two states":    {job.Query{States: []job.State{job.Dead, job.Succeeded}}, true},
		"another state":        {job.Query{States: []job.State{job.Dead}}, false},
		"another delivery":     {job.Query{Deliveries: []job.Delivery{job.Failed}}, false},
		"another plugin":       {job.Query{Plugins: []string{"acme.b"}}, false},
		"another endpoint":     {job.Query{Plugins: []string{"acme.a"}, Endpoints: []string{"/y"}}, false},
		"its type":             {job.Query{Events: []string{"pr"}}, true},
		"its type.action":      {job.Query{Events: []string{"push", "pr.opened"}}, true},
		"another action":       {job.Query{Events: []string{"pr.closed"}}, false},
		"one of its chats":     {job.Query{Chats: []string{"slack-2"}}, true},
		"another chat":         {job.Query{Chats: []string{"slack-3"}}, false},
		"its delivery id":      {job.Query{DeliveryIDs: []string{"d"}}, true},
		"another delivery id":  {job.Query{DeliveryIDs: []string{"e"}}, false},
		"since that moment":    {job.Query{Since: now()}, true},
		"since a moment later": {job.Query{Since: now().Add(time.Millisecond)}, false},
		"until that moment":    {job.Query{Until: now()}, false},
		"until a moment later": {job.Query{Until: now().Add(time.Millisecond)}, true},
		"one of two is not so": {job.Query{Plugins: []string{"acme.a"}, States: []job.State{job.Dead}}, false},
	} {
		if got := c.q.Match(j); got != c.want {
			t.Errorf("%s: got %t, want %t", name, got, c.want)
		}
	}
}

func TestCursor(t *testing.T) {
	t.Parallel()
	id, err := job.NewID(7)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := job.ParseCursor(id.Cursor()); got != id || err != nil {
		t.Errorf("got %s, %v, want %s", got, err, id)
	}
	if job.ID("x").Cursor() != "" {
		t.Error("what is no id has a cursor")
	}
	for _, s := range []string{"", "x", string(id), id.Cursor() + "A", "AAAAAAAAAAAAAAAAAAAAAA"} {
		if _, err := job.ParseCursor(s); !errors.Is(err, job.ErrCursor) {
			t.Errorf("%q: got %v, want %v", s, err, job.ErrCursor)
		}
	}
}
