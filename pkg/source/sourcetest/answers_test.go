package sourcetest_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"postern/pkg/source"
	"postern/pkg/source/sourcetest"
	"postern/pkg/verify"
	"postern/pkg/webhook"
)

// respond is one of the ways to answer at once; nil answers nothing.
type respond func(*webhook.Request) (webhook.Response, bool)

func (f respond) to(r *webhook.Request) (webhook.Response, bool) {
	if f == nil {
		return webhook.Response{}, false
	}
	return f(r)
}

// answering is a bell that answers in every way there is.
type answering struct {
	bell
	challenge, greet, answer respond
	handshake                func(context.Context, *webhook.Request, verify.Keys) (webhook.Response, bool, error)
}

func (a answering) Challenge(r *webhook.Request) (webhook.Response, bool) { return a.challenge.to(r) }
func (a answering) Greet(r *webhook.Request) (webhook.Response, bool)     { return a.greet.to(r) }
func (a answering) Answer(r *webhook.Request) (webhook.Response, bool)    { return a.answer.to(r) }

func (a answering) Handshake(ctx context.Context, r *webhook.Request, keys verify.Keys) (webhook.Response, bool, error) {
	if a.handshake == nil {
		return webhook.Response{}, false, nil
	}
	return a.handshake(ctx, r, keys)
}

func always(response webhook.Response) respond {
	return func(*webhook.Request) (webhook.Response, bool) { return response, true }
}

// hello greets who sends no body, as a platform does before it can sign.
func hello(text string) respond {
	return func(r *webhook.Request) (webhook.Response, bool) {
		return webhook.Plain(http.StatusOK, text), len(r.Body) == 0
	}
}

func TestBrokenAnswersAreSeen(t *testing.T) {
	t.Parallel()
	var calls atomic.Int64
	html := webhook.Response{Header: http.Header{"Content-Type": {"text/html"}}, Body: []byte("hello")}
	fetching := func(address string) func(context.Context, *webhook.Request, verify.Keys) (webhook.Response, bool, error) {
		return func(ctx context.Context, _ *webhook.Request, keys verify.Keys) (webhook.Response, bool, error) {
			if keys.Fetch == nil {
				return webhook.Response{}, false, verify.Unavailable(errors.New("nothing may be fetched"))
			}
			_, err := keys.Fetch(ctx, address)
			return webhook.Response{}, false, verify.Unavailable(err)
		}
	}
	tests := map[string]struct {
		source answering
		want   string // empty: no fault
	}{
		"all of them as they should be": {answering{
			challenge: always(webhook.Response{Status: http.StatusNoContent}), greet: hello("hello"),
			answer: always(webhook.Plain(http.StatusOK, "accepted")), handshake: fetching("https://bell.example/confirm"),
		}, ""},
		"a challenge that fails":        {answering{challenge: always(webhook.Response{Status: 500})}, "the challenge has status 500"},
		"a challenge that panics":       {answering{challenge: func(r *webhook.Request) (webhook.Response, bool) { panic(r) }}, "it panics"},
		"an answer that redirects":      {answering{answer: always(webhook.Response{Status: 302})}, "the answer has status 302"},
		"an answer of no type":          {answering{answer: always(webhook.Response{Body: []byte("{}")})}, "no Content-Type"},
		"an answer that panics":         {answering{answer: func(r *webhook.Request) (webhook.Response, bool) { panic(r) }}, "it panics"},
		"a greeting for events":         {answering{greet: always(webhook.Plain(200, "hello"))}, "Identify takes for an event"},
		"a greeting as a page":          {answering{greet: func(r *webhook.Request) (webhook.Response, bool) { return html, len(r.Body) == 0 }}, `the greeting is "text/html"`},
		"a greeting that may be a page": {answering{greet: func(r *webhook.Request) (webhook.Response, bool) { return html, len(r.Body) == 0 }}, "want nosniff"},
		"a greeting of two pages":       {answering{greet: hello(strings.Repeat("x", 1025))}, "the greeting has 1025 bytes"},
		"a greeting that changes": {answering{answer: func(*webhook.Request) (webhook.Response, bool) {
			return webhook.Plain(200, strings.Repeat("x", int(calls.Add(1)))), true
		}}, "gave another answer"},
		"a handshake of its own error": {answering{handshake: func(context.Context, *webhook.Request, verify.Keys) (webhook.Response, bool, error) {
			return webhook.Response{}, false, errors.New("no")
		}}, "none of verify's errors"},
		"a handshake answered, refused": {answering{handshake: func(context.Context, *webhook.Request, verify.Keys) (webhook.Response, bool, error) {
			return webhook.Response{}, true, verify.Reject("no")
		}}, "answered and refused"},
		"a handshake that fails": {answering{handshake: func(context.Context, *webhook.Request, verify.Keys) (webhook.Response, bool, error) {
			return webhook.Response{Status: 503}, true, nil
		}}, "the handshake has status 503"},
		"a handshake that wants a Fetch": {answering{handshake: func(ctx context.Context, _ *webhook.Request, k verify.Keys) (webhook.Response, bool, error) {
			_, err := k.Fetch(ctx, "https://bell.example")
			return webhook.Response{}, false, verify.Unavailable(err)
		}}, "it panics"},
		"a handshake without TLS":         {answering{handshake: fetching("http://bell.example/confirm")}, "no safe https address"},
		"a handshake with a file's owner": {answering{handshake: fetching("file:///etc/passwd")}, "no safe https address"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			// not parallel with others: they would be counted in
			got := strings.Join(sourcetest.Faults(tt.source, ring()), "\n")
			if !strings.Contains(got, tt.want) || tt.want == "" && got != "" {
				t.Errorf("faults %q, want one with %q", got, tt.want)
			}
		})
	}
}

func TestBoundsAreSeen(t *testing.T) {
	tests := map[string]struct {
		source source.Source
		want   string
	}{
		"too long a window": {bell{identify: func(_ *webhook.Request, id source.Identity) (source.Identity, error) {
			id.Window = time.Hour
			return id, nil
		}}, "the window is 1h0m0s"},
		"too many events": {many{}, "2001 events of one request"},
		"copies for each item of a list": {bell{event: func(r *webhook.Request, e *webhook.Event) {
			o, _ := source.ParseObject(r)
			for range o.List("guests") {
				e.Labels = append(e.Labels, strings.Repeat("x", 4<<10))
			}
			e.Labels = nil
		}}, "longer lists: Events allocates"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := strings.Join(sourcetest.Faults(tt.source, ring()), "\n")
			if !strings.Contains(got, tt.want) {
				t.Errorf("faults %.300q, want one with %q", got, tt.want)
			}
		})
	}
}

// many rings more often than anybody should.
type many struct{ bell }

func (m many) Events(r *webhook.Request) ([]webhook.Event, error) {
	one, err := m.bell.Events(r)
	for err == nil && len(one) <= source.MaxEvents {
		one = append(one, one[0])
	}
	return one, err
}

func ring() *webhook.Request {
	return &webhook.Request{
		Method: http.MethodPost, Header: http.Header{"Content-Type": {"application/json"}},
		Body: []byte(`{"id":"7","door":"north","url":"https://bell.example/7","guests":["Ada"]}`),
	}
}
