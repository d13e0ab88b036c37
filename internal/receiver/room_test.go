package receiver_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"postern/internal/receiver"
	"postern/internal/routing"
)

// Bodies are read before they are verified, so anybody could fill the memory
// with a few that are as long as their endpoint allows.
func TestLargeBodiesShareTheRoom(t *testing.T) {
	t.Parallel()
	large, small := strings.Repeat("x", 200<<10), strings.Repeat("x", 64<<10)
	h := newHouse(t, func(o *receiver.Options) { o.BodyRoom = 100 << 10 },
		endpoint("/github", func(e *routing.Endpoint) { e.MaxBody = 1 << 20 }))
	h.jobs.entered, h.jobs.leave = make(chan struct{}, 4), make(chan struct{})
	answers := make(chan *httptest.ResponseRecorder, 2)
	send := func(body string) { answers <- h.do(request("POST", "/github", body)) }

	go send(large) // alone it has room, however large
	<-h.jobs.entered
	w := h.do(request("POST", "/github", large))
	wantProblem(t, w, http.StatusServiceUnavailable, "receiver_busy")
	if w.Header().Get("Retry-After") == "" || w.Header().Get("Connection") != "close" {
		t.Errorf("headers: got %v, want Retry-After and an end of the connection", w.Header())
	}
	go send(small) // needs no room
	<-h.jobs.entered
	close(h.jobs.leave)
	for range 2 {
		if w := <-answers; w.Code != http.StatusAccepted {
			t.Errorf("got %d %s, want 202", w.Code, w.Body)
		}
	}
	if w := h.do(request("POST", "/github", large)); w.Code != http.StatusAccepted {
		t.Errorf("after all have left: got %d %s, want 202", w.Code, w.Body)
	}
	wantProblem(t, h.do(request("POST", "/github", large, "X-Key", "wrong")), http.StatusForbidden, "signature_mismatch")
	if w := h.do(request("POST", "/github", large)); w.Code != http.StatusAccepted {
		t.Errorf("after a refusal: got %d %s, want 202", w.Code, w.Body)
	}
}
