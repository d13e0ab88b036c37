package receiver_test

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"testing"

	"postern/internal/routing"
	"postern/pkg/secret"
	"postern/pkg/verify"
	"postern/pkg/verify/basic"
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

// Handshake wants a call in return, by what the endpoint has for it.
func (demanding) Handshake(ctx context.Context, r *webhook.Request, keys verify.Keys) (webhook.Response, bool, error) {
	address := r.Header.Get("X-Call")
	if address == "" {
		return webhook.Response{}, false, nil
	}
	word, err := keys.Fetch(ctx, address)
	if err != nil {
		return webhook.Response{}, false, err
	}
	return webhook.Plain(http.StatusOK, string(word)+keys.Secrets[0].Reveal()), true, nil
}

func demandingHouse(t *testing.T) *house {
	t.Helper()
	return newHouse(t, nil, endpoint("/demands", func(e *routing.Endpoint) {
		e.Source, e.Unauthorized = demanding{}, true
		e.Keys = verify.Keys{Secrets: []secret.Text{secret.New("s3cret")}, Fetch: func(_ context.Context, address string) ([]byte, error) {
			switch address {
			case "there":
				return []byte("hello "), nil
			case "away":
				return nil, verify.Unavailable(errors.New("no route"))
			default:
				return nil, verify.Reject("the address is a stranger's")
			}
		}}
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
	if got := h.do(request("POST", "/demands", "", "X-Key", "")).Header().Get("WWW-Authenticate"); got == "" {
		t.Error("the 401 names nothing that would do")
	}
}

// TestOnlyASenderThatWaitsToBeAskedIsAsked: and only for what is missing.
func TestOnlyASenderThatWaitsToBeAskedIsAsked(t *testing.T) {
	t.Parallel()
	user := basic.Verifier{Username: "u", Password: secret.New("s3cret-word")}
	at := func(path string, v verify.Verifier, asked bool) *routing.Endpoint {
		return endpoint(path, func(e *routing.Endpoint) { e.Verifier, e.Asked = v, asked })
	}
	h := newHouse(t, nil, at("/asked", user, true), at("/others", user, false),
		at("/both", verify.All(scheme{secret: "s3cret"}, user), true))
	const ask = `Basic realm="postern"`
	wrong := "Basic " + base64.StdEncoding.EncodeToString([]byte("u:wrong"))
	for name, c := range map[string]struct {
		path, authorization, key string
		status                   int
		code, ask                string
	}{
		"nothing":                          {"/asked", "", "", http.StatusUnauthorized, "signature_missing", ask},
		"what is wrong":                    {"/asked", wrong, "", http.StatusForbidden, "signature_mismatch", ""},
		"nothing, of another sender":       {"/others", "", "", http.StatusBadRequest, "signature_missing", ""},
		"what cannot be asked for":         {"/both", "", "", http.StatusBadRequest, "signature_missing", ""},
		"nothing behind what is all right": {"/both", "", "s3cret", http.StatusUnauthorized, "signature_missing", ask},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := h.do(request("POST", c.path, "{}", "X-Key", c.key, "Authorization", c.authorization))
			wantProblem(t, w, c.status, c.code)
			if got := w.Header().Get("WWW-Authenticate"); got != c.ask {
				t.Errorf("it asks for %q, want %q", got, c.ask)
			}
		})
	}
}

func TestAHandshakeThatWantsACallIsAnsweredOrRefused(t *testing.T) {
	t.Parallel()
	h := demandingHouse(t)
	w := h.do(request("POST", "/demands", "{}", "X-Call", "there"))
	if w.Code != http.StatusOK || w.Body.String() != "hello s3cret" {
		t.Errorf("got %d %q, want the answer made with the endpoint's keys", w.Code, w.Body)
	}
	w = h.do(request("POST", "/demands", "{}", "X-Call", "away"))
	wantProblem(t, w, http.StatusServiceUnavailable, "key_unavailable")
	if got := w.Header().Get("Retry-After"); got != "5" {
		t.Errorf("Retry-After: got %q, want 5", got)
	}
	wantProblem(t, h.do(request("POST", "/demands", "{}", "X-Call", "elsewhere")), http.StatusUnauthorized, "signature_mismatch")
	wantProblem(t, h.do(request("POST", "/demands", "{}", "X-Call", "there", "X-Key", "wrong")), http.StatusUnauthorized, "signature_mismatch")
	if n := len(h.jobs.taken()); n != 0 {
		t.Errorf("handshakes made %d jobs", n)
	}
}
