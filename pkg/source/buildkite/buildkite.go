// Package buildkite understands Buildkite's webhooks: builds, jobs, agents and
// packages. It asks Buildkite nothing; it tells what a delivery holds, which
// may be a later state than the one that set it off.
package buildkite

import (
	"net/http"
	"strings"
	"time"

	"postern/pkg/chat"
	"postern/pkg/source"
	"postern/pkg/webhook"
)

const (
	ping      = "ping"
	otherType = "event" // of a payload that names no event
)

// Source is Buildkite.
type Source struct{}

var (
	_ source.Source     = Source{}
	_ source.Signed     = Source{}
	_ source.Challenger = Source{}
)

// Definition registers this source as "buildkite".
func Definition() source.Definition {
	d := source.Definition{Name: "buildkite", Duplicates: true, Marks: []string{"X-Buildkite-Event"}, Ranges: ranges(), Samples: samples}
	return source.Define(d, func(struct{}) (Source, error) { return Source{}, nil })
}

// Challenge answers the ping that Buildkite sends when a webhook is saved.
func (Source) Challenge(r *webhook.Request) (webhook.Response, bool) {
	id, _, err := read(r)
	if err != nil || id.Type != ping {
		return webhook.Response{}, false
	}
	answer, err := webhook.JSON(http.StatusOK, map[string]string{"status": "ok", "message": "pong"})
	return answer, err == nil
}

// Identify takes the type from the body, and the state of its thing as the
// action. Buildkite has no id of a delivery: event, thing and state stand for
// it, or else the whole body.
func (Source) Identify(r *webhook.Request) (source.Identity, error) {
	id, _, err := read(r)
	return id, err
}

// Events gives the one event of a delivery. Builds that failed are default
// events; their jobs would say it again.
func (Source) Events(r *webhook.Request) ([]webhook.Event, error) {
	id, o, err := read(r)
	if err != nil {
		return nil, err
	}
	e := webhook.Event{
		Source: "buildkite", Type: id.Type, Action: id.Action, DeliveryID: id.DeliveryID,
		Severity: webhook.Info, OccurredAt: r.ReceivedAt,
	}
	switch group, _, _ := strings.Cut(id.Type, "."); group {
	case "build":
		build(&e, o)
	case "job":
		job(&e, o)
	case "agent":
		agent(&e, o)
	default:
		other(&e, o)
	}
	return []webhook.Event{e}, nil
}

// Message words an event.
func (Source) Message(e webhook.Event, l source.Locale, v source.Verbosity) chat.Message {
	return message(e, l, v)
}

func read(r *webhook.Request) (source.Identity, source.Object, error) {
	o, err := source.ParseObject(r)
	if err != nil {
		return source.Identity{}, nil, err
	}
	id := source.Identity{Type: kind(r, o), Window: source.ContentWindow}
	thing := o.Object(about(id.Type))
	id.Action = thing.Line("state")
	if about(id.Type) == "agent" {
		id.Action = thing.Line("connection_state")
	}
	if number := thing.Text("id"); number != "" {
		// a build that is blocked has ended once, and ends again
		id.DeliveryID = source.ContentID(id.Type, number, id.Action, thing.Text("blocked"), thing.Text("finished_at"))
	} else {
		id.DeliveryID = source.ContentID(string(r.Body))
	}
	return id, o, nil
}

// kind is named twice, in the body and in a header that nobody signed.
func kind(r *webhook.Request, o source.Object) string {
	for _, name := range []string{o.Text("event"), r.Header.Get("X-Buildkite-Event")} {
		if name = source.Line(name); name != "" {
			return name
		}
	}
	return otherType
}

// about is the member that an event's thing stands in: "job" for job.finished.
func about(kind string) string {
	group, _, _ := strings.Cut(kind, ".")
	return group
}

// when gives the first path that holds a time in one of the ways that Buildkite
// writes it; the zero time where none does.
func when(o source.Object, paths ...string) time.Time {
	for _, path := range paths {
		if t := o.Time(time.Time{}, path); !t.IsZero() {
			return t
		}
		t, err := time.Parse("2006-01-02 15:04:05 MST", o.Text(path))
		if t = t.UTC(); err == nil && t.Year() >= 1970 && t.Year() <= 9999 {
			return t
		}
	}
	return time.Time{}
}
