package chattest

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"postern/pkg/chat"
	"postern/pkg/retry"
)

// patience bounds the waits of the suite on things that must happen.
const patience = 10 * time.Second

// faults checks what a Sender makes of everything that can go wrong.
func (s Suite) faults(t *testing.T) {
	t.Helper()
	for name, r := range s.refusals() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s.refused(t, r)
		})
	}
	t.Run("nobody listens", s.unreachable)
	t.Run("reset after the request", func(t *testing.T) {
		t.Parallel()
		s.refused(t, Refusal{Answer: Answer{Reset: true}, Want: retry.Advice{Kind: retry.Lost}})
	})
	t.Run("no answer in time", s.slow)
	t.Run("a redirect", s.redirect)
	t.Run("the context ends while waiting", s.canceled)
}

// refusals is the general table, in words that no platform speaks, and with
// every secret in them; then the platform's own.
func (s Suite) refusals() map[string]Refusal {
	echo := "<html>refused: " + strings.Join(s.Secrets, " ") + "</html>"
	all := map[string]Refusal{}
	status := func(name string, code int, want retry.Advice, header ...string) {
		if own, ok := s.Advice[code]; ok {
			want = own
		}
		a := Answer{Status: code, Body: echo, Header: http.Header{}}
		if len(header) > 0 {
			a.Header.Set("Retry-After", header[0])
		}
		all[name] = Refusal{a, want}
	}
	never := retry.Advice{Kind: retry.Hopeless}
	gone := retry.Advice{Kind: retry.Hopeless, Broken: true}
	status("400", http.StatusBadRequest, never)
	for name, code := range map[string]int{"401": http.StatusUnauthorized, "403": http.StatusForbidden, "404": http.StatusNotFound} {
		status(name, code, gone)
		if s.ByStatus {
			continue
		}
		judged := all[name]
		judged.Answer.Body = string(chat.JSON(map[string]any{"refused": s.Secrets}))
		all[name+" in JSON"] = judged
		all[name+" of somebody else"] = Refusal{Answer{Status: code, Body: echo}, retry.Advice{}}
		all[name+" of a proxy"] = Refusal{Answer{Status: code, Body: "404 page not found\n"}, retry.Advice{}}
		delete(all, name)
	}
	status("410", http.StatusGone, gone)
	status("408", http.StatusRequestTimeout, retry.Advice{})
	status("500", http.StatusInternalServerError, retry.Advice{})
	status("503", http.StatusServiceUnavailable, retry.Advice{})
	status("504", http.StatusGatewayTimeout, retry.Advice{Kind: retry.Lost})
	later := func(d time.Duration) retry.Advice { return retry.Advice{Kind: retry.Later, After: d} }
	status("429 in seconds", http.StatusTooManyRequests, later(7*time.Second), "7")
	all["503 in seconds"] = Refusal{
		Answer{Status: http.StatusServiceUnavailable, Body: echo, Header: http.Header{"Retry-After": {"7"}}}, later(7 * time.Second),
	}
	status("429 in parts of a second", http.StatusTooManyRequests, later(1500*time.Millisecond), "1.5")
	status("429 until a date", http.StatusTooManyRequests, later(40*time.Second),
		time.Now().Add(40*time.Second).UTC().Format(http.TimeFormat))
	status("429 for days", http.StatusTooManyRequests, later(15*time.Minute), "864000")
	status("429 without a time", http.StatusTooManyRequests, later(0))
	status("429 in no time", http.StatusTooManyRequests, later(0), "0")
	if s.JSON {
		lost := retry.Advice{Kind: retry.Lost}
		all["200 and no JSON"] = Refusal{Answer{Body: echo}, lost}
		all["200 and nothing"] = Refusal{Answer{}, lost}
		all["200 and other JSON"] = Refusal{Answer{Body: `{"hello":"world"}`}, lost}
		all["200 and JSON without an end"] = Refusal{Answer{Body: `{"a":"` + strings.Repeat("x", 100<<10)}, lost}
	}
	for name, r := range s.Answers {
		all["platform: "+name] = r
	}
	return all
}

func (s Suite) refused(t *testing.T, r Refusal) {
	t.Helper()
	stage := newStage(t, r.Answer)
	_, err := s.sender(t, stage.url, stage.tools()).Send(t.Context(), s.delivery(chat.Message{Title: "hello"}))
	s.check(t, err, r.Want)
	if n := len(stage.seen()); n != 1 {
		t.Errorf("Send made %d calls, want 1: it never retries", n)
	}
}

// unreachable: a port that was free may be another test's by now; nobody listens at
// the first.
func (s Suite) unreachable(t *testing.T) {
	t.Parallel()
	base := s.trim("http://127.0.0.1:1") // nobody's, and no port that another stage could take
	_, err := s.sender(t, base, chat.Tools{HTTP: &http.Client{}}).Send(t.Context(), s.delivery(chat.Message{Title: "hello"}))
	s.check(t, err, retry.Advice{Kind: retry.Again})
}

func (s Suite) slow(t *testing.T) {
	t.Parallel()
	stage := newStage(t, Answer{Hang: true})
	tools := stage.tools()
	tools.HTTP.Timeout = time.Second
	_, err := s.sender(t, stage.url, tools).Send(t.Context(), s.delivery(chat.Message{Title: "hello"}))
	s.check(t, err, retry.Advice{Kind: retry.Lost})
}

func (s Suite) redirect(t *testing.T) {
	t.Parallel()
	elsewhere := newStage(t, s.OK)
	for _, code := range []int{http.StatusFound, http.StatusTemporaryRedirect, http.StatusPermanentRedirect} {
		stage := newStage(t, Answer{Status: code, Header: http.Header{"Location": {elsewhere.url + "/stolen"}}})
		_, err := s.sender(t, stage.url, stage.tools()).Send(t.Context(), s.delivery(chat.Message{Title: "hello"}))
		s.check(t, err, retry.Advice{Kind: retry.Hopeless})
	}
	if n := len(elsewhere.seen()); n != 0 {
		t.Errorf("%d redirects were followed", n)
	}
}

// canceled: Send ends with its context, and the platform sees the caller go.
func (s Suite) canceled(t *testing.T) {
	t.Parallel()
	stage := newStage(t, Answer{Hang: true})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	sender := s.sender(t, stage.url, stage.tools())
	done := make(chan error, 1)
	go func() {
		_, err := sender.Send(ctx, s.delivery(chat.Message{Title: "hello"}))
		done <- err
	}()
	await(t, stage.arrived, "the request to arrive")
	cancel()
	select {
	case err := <-done:
		s.check(t, err, retry.Advice{Kind: retry.Lost})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("the error does not wrap context.Canceled: %v", err)
		}
	case <-time.After(patience):
		t.Fatal("Send did not end with its context")
	}
	await(t, stage.ended, "the platform to see the caller go")
}

func await(t *testing.T, c <-chan struct{}, what string) {
	t.Helper()
	select {
	case <-c:
	case <-time.After(patience):
		t.Fatalf("waited in vain for %s", what)
	}
}

// check holds an error against the advice it should give, and against the
// secrets it must not show.
func (s Suite) check(t *testing.T, err error, want retry.Advice) {
	t.Helper()
	if err == nil {
		t.Errorf("no error, want advice %+v", want)
		return
	}
	got := retry.AdviceOn(err)
	if got.Kind != want.Kind || got.Broken != want.Broken {
		t.Errorf("advice %+v, want %+v: %v", got, want, err)
	}
	if want.Reach != retry.Chat && got.Reach != want.Reach {
		t.Errorf("it concerns the %s, want the %s: %v", got.Reach, want.Reach, err)
	}
	if want.After > 0 && (got.After > want.After || got.After < want.After-10*time.Second || got.After == 0) {
		t.Errorf("wait of %v, want %v: %v", got.After, want.After, err)
	}
	if want.Kind == retry.Later && got.After == 0 {
		t.Errorf("told to wait, but for no time: %v", err)
	}
	s.silentAll(t, err)
}

// silentAll looks at every error in the tree.
func (s Suite) silentAll(t *testing.T, err error) {
	t.Helper()
	if err == nil {
		return
	}
	s.silent(t, err.Error())
	switch e := err.(type) { //nolint:errorlint // walks the tree by hand
	case interface{ Unwrap() error }:
		s.silentAll(t, e.Unwrap())
	case interface{ Unwrap() []error }:
		for _, one := range e.Unwrap() {
			s.silentAll(t, one)
		}
	}
}

func (s Suite) silent(t *testing.T, text string) {
	t.Helper()
	for _, secret := range s.Secrets {
		if strings.Contains(text, secret) {
			t.Errorf("a secret is shown: %q", text)
		}
	}
}
