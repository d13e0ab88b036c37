package sourcetest_test

import (
	"context"
	"errors"
	"html"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"postern/pkg/chat"
	"postern/pkg/source"
	"postern/pkg/source/sourcetest"
	"postern/pkg/verify"
	"postern/pkg/webhook"
)

// bell is a source without fault; broken ones change one of its answers.
type bell struct {
	identify func(*webhook.Request, source.Identity) (source.Identity, error)
	event    func(*webhook.Request, *webhook.Event)
	message  func(webhook.Event, source.Locale, source.Verbosity, *chat.Message)
}

func (b bell) Identify(r *webhook.Request) (source.Identity, error) {
	o, err := source.ParseObject(r)
	if err != nil {
		return source.Identity{}, err
	}
	id := source.Identity{Type: "ring", DeliveryID: o.Text("id")}
	if b.identify != nil {
		return b.identify(r, id)
	}
	return id, nil
}

func (b bell) Events(r *webhook.Request) ([]webhook.Event, error) {
	o, err := source.ParseObject(r)
	if err != nil {
		return nil, err
	}
	e := webhook.Event{
		Source: "bell", Type: "ring", DeliveryID: o.Text("id"), Severity: webhook.Info,
		Container: webhook.Party{Name: o.Line("door")}, URL: o.Link("url"), OccurredAt: r.ReceivedAt,
	}
	e.Fields = []webhook.Field{{Name: "Door", Value: "north"}}
	e.Title = source.Headline(e, source.English)
	if b.event != nil {
		b.event(r, &e)
	}
	return []webhook.Event{e}, nil
}

func (b bell) Message(e webhook.Event, l source.Locale, v source.Verbosity) chat.Message {
	m := source.Message(e, source.Headline(e, l), v)
	if b.message != nil {
		b.message(e, l, v, &m)
	}
	return m
}

func TestGoodSource(t *testing.T) {
	sourcetest.Run(t, sourcetest.Suite{Source: bell{}})
}

func TestBrokenSourcesAreSeen(t *testing.T) {
	t.Parallel()
	var calls atomic.Int64
	tests := map[string]struct {
		source bell
		want   string
	}{
		"it panics on a missing member": {bell{event: func(r *webhook.Request, _ *webhook.Event) {
			o, _ := source.ParseObject(r)
			_ = o["door"].(string)
		}}, "it panics"},
		"Identify refuses what Events takes": {bell{identify: func(*webhook.Request, source.Identity) (source.Identity, error) {
			return source.Identity{}, webhook.ErrPayload
		}}, "Events says"},
		"they disagree on the type": {bell{identify: func(_ *webhook.Request, id source.Identity) (source.Identity, error) {
			id.Type = "knock"
			return id, nil
		}}, "Identify says"},
		"they disagree on the delivery id": {bell{event: func(_ *webhook.Request, e *webhook.Event) {
			e.DeliveryID = "1"
		}}, "delivery id"},
		"the title does not name the place": {bell{event: func(_ *webhook.Request, e *webhook.Event) {
			e.Title = "Somebody rings"
		}}, "does not name the container"},
		"an unsafe link": {bell{event: func(r *webhook.Request, e *webhook.Event) {
			o, _ := source.ParseObject(r)
			e.URL = o.Text("url")
		}}, "no safe http"},
		"a title of several lines": {bell{event: func(r *webhook.Request, e *webhook.Event) {
			o, _ := source.ParseObject(r)
			e.Title = "[" + o.Text("door") + "] ring"
		}}, "more than one line"},
		"another severity": {bell{event: func(_ *webhook.Request, e *webhook.Event) { e.Severity = "loud" }}, `the severity is "loud"`},
		"another answer each time": {bell{event: func(_ *webhook.Request, e *webhook.Event) {
			e.Summary = strings.Repeat("x", int(calls.Add(1)))
		}}, "gave another answer"},
		"the request is changed": {bell{event: func(r *webhook.Request, _ *webhook.Event) {
			if len(r.Header) == 1 {
				r.Header = http.Header{"Seen": {"1"}, "Content-Type": r.Header["Content-Type"]}
			}
		}}, "the request was changed"},
		"the event is changed": {bell{message: func(e webhook.Event, l source.Locale, _ source.Verbosity, _ *chat.Message) {
			if l == source.Japanese {
				e.Fields[0].Name = "ドア"
			}
		}}, "Message changed an event"},
		"a message without a title": {bell{message: func(_ webhook.Event, l source.Locale, _ source.Verbosity, m *chat.Message) {
			if l == source.Chinese {
				m.Title = ""
			}
		}}, "message zh compact: the title is empty"},
		"an empty field": {bell{message: func(_ webhook.Event, _ source.Locale, v source.Verbosity, m *chat.Message) {
			if v == source.Full {
				m.Fields = []webhook.Field{{Name: "Door"}}
			}
		}}, "empty half"},
		"a ping": {bell{message: func(_ webhook.Event, _ source.Locale, _ source.Verbosity, m *chat.Message) {
			m.Mentions = []string{"everyone"}
		}}, "pings nobody"},
		"escaped text": {bell{message: func(_ webhook.Event, _ source.Locale, _ source.Verbosity, m *chat.Message) {
			m.Title = html.EscapeString(m.Title)
		}}, "escapes text"},
		"a thread of its own": {bell{message: func(_ webhook.Event, _ source.Locale, _ source.Verbosity, m *chat.Message) {
			m.Thread = "x"
		}}, "are not the event's"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			// not parallel with others: a broken source may race with itself
			r := &webhook.Request{
				Method: http.MethodPost, Header: http.Header{"Content-Type": {"application/json"}},
				Body: []byte(`{"id":"7","door":"north","url":"https://bell.example/7"}`),
			}
			got := strings.Join(sourcetest.Faults(tt.source, r), "\n")
			if !strings.Contains(got, tt.want) {
				t.Errorf("faults %q, want one with %q", got, tt.want)
			}
		})
	}
}

func TestOpenVerificationIsSeen(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		verifier verify.Verifier
		want     string
	}{
		"none":        {nil, "neither a Verifier nor an error"},
		"all genuine": {open{}, "is taken for genuine"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := &webhook.Request{Header: http.Header{}, Body: []byte(`{"door":"north"}`)}
			got := strings.Join(sourcetest.Faults(signedBell{bell{}, tt.verifier}, r), "\n")
			if !strings.Contains(got, tt.want) {
				t.Errorf("faults %q, want one with %q", got, tt.want)
			}
		})
	}
}

type signedBell struct {
	bell
	verifier verify.Verifier
}

func (s signedBell) Verification(verify.Keys) (verify.Verifier, error) { return s.verifier, nil }

type open struct{}

func (open) Verify(context.Context, *webhook.Request) error { return nil }

func (open) Credentials() verify.Credentials { return verify.Credentials{} }

func TestErrorsAreErrPayload(t *testing.T) {
	t.Parallel()
	other := errors.New("it is broken")
	b := failing{other}
	faults := sourcetest.Faults(b, &webhook.Request{Header: http.Header{}})
	if len(faults) != 1 || !strings.Contains(faults[0], "no webhook.ErrPayload") {
		t.Errorf("faults %q, want one that asks for webhook.ErrPayload", faults)
	}
}

type failing struct{ err error }

func (f failing) Identify(*webhook.Request) (source.Identity, error) { return source.Identity{}, f.err }

func (f failing) Events(*webhook.Request) ([]webhook.Event, error) { return nil, f.err }

func (f failing) Message(webhook.Event, source.Locale, source.Verbosity) chat.Message {
	return chat.Message{}
}
