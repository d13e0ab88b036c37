package receiver_test

import (
	"net/http"
	"testing"

	"postern/internal/routing"
	"postern/pkg/webhook"
)

// demanding is a sender with wishes of its own: a greeting that it cannot sign,
// and an answer to what was accepted.
type demanding struct{ sender }

func (demanding) Greet(r *webhook.Request) (webhook.Response, bool) {
	if r.Header.Get("X-Greeting") == "" {
		return webhook.Response{}, false
	}
	return webhook.Plain(http.StatusOK, r.Header.Get("X-Greeting")), true
}

func (demanding) Answer(*webhook.Request) (webhook.Response, bool) {
	return webhook.Response{Status: http.StatusNoContent}, true
}

func demandingHouse(t *testing.T) *house {
	t.Helper()
	return newHouse(t, nil, endpoint("/demands", func(e *routing.Endpoint) {
		e.Source, e.Unauthorized = demanding{}, true
	}))
}

func TestAGreetingIsAnsweredBeforeVerificationAndMakesNoJob(t *testing.T) {
	t.Parallel()
	h := demandingHouse(t)
	w := h.do(request("GET", "/demands", "", "X-Key", "wrong", "X-Greeting", "hello"))
	if w.Code != http.StatusOK || w.Body.String() != "hello" || w.Header().Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("got %d %q %v", w.Code, w.Body, w.Header())
	}
	if n := len(h.jobs.taken()); n != 0 {
		t.Errorf("a greeting made %d jobs", n)
	}
}

func TestASenderThatDemandsItsOwnAnswerGetsItWithTheLocation(t *testing.T) {
	t.Parallel()
	h := demandingHouse(t)
	w := h.do(request("POST", "/demands", "{}"))
	if w.Code != http.StatusNoContent || w.Body.Len() != 0 || w.Header().Get("Location") == "" {
		t.Errorf("got %d %q %v, want 204 with a Location", w.Code, w.Body, w.Header())
	}
	if n := len(h.jobs.taken()); n != 1 {
		t.Errorf("%d jobs were made, want 1", n)
	}
}

func TestASenderThatDemands401GetsIt(t *testing.T) {
	t.Parallel()
	h := demandingHouse(t)
	wantProblem(t, h.do(request("POST", "/demands", "", "X-Key", "")), http.StatusUnauthorized, "signature_missing")
	wantProblem(t, h.do(request("POST", "/demands", "", "X-Key", "wrong")), http.StatusUnauthorized, "signature_mismatch")
	wantProblem(t, h.do(request("POST", "/demands", "", "X-Key", "unreachable")), http.StatusServiceUnavailable, "key_unavailable")
}
