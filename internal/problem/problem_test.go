package problem_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"postern/internal/problem"
)

func TestWrite(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	problem.Write(w, http.StatusMethodNotAllowed, problem.MethodNotAllowed, "Only GET or PUT.",
		problem.Allow([]string{"GET", "PUT"}))

	if w.Code != http.StatusMethodNotAllowed {
		t.Errorf("status: got %d, want 405", w.Code)
	}
	wantHeader := http.Header{
		"Allow": {"GET, PUT"}, "Cache-Control": {"no-store"},
		"Content-Type": {"application/problem+json"}, "X-Content-Type-Options": {"nosniff"},
	}
	if diff := cmp.Diff(wantHeader, w.Header()); diff != "" {
		t.Errorf("header (-want +got):\n%s", diff)
	}
	want := `{"type":"urn:postern:problem:method_not_allowed","title":"Method Not Allowed","status":405,` +
		`"detail":"Only GET or PUT.","code":"method_not_allowed"}` + "\n"
	if got := w.Body.String(); got != want {
		t.Errorf("body: got %s, want %s", got, want)
	}
}

func TestJSONOfBrokenText(t *testing.T) {
	t.Parallel()
	if b := problem.JSON(http.StatusBadRequest, "bad_request", "a\xffb\"<"); !json.Valid(b) {
		t.Errorf("not JSON: %q", b)
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		wait time.Duration
		want string
	}{
		"whole seconds":    {5 * time.Second, "5"},
		"a part counts up": {1500 * time.Millisecond, "2"},
		"never zero":       {0, "1"},
		"never negative":   {-time.Second, "1"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := problem.RetryAfter(tt.wait); got != (problem.Header{Name: "Retry-After", Value: tt.want}) {
				t.Errorf("got %v, want %s", got, tt.want)
			}
		})
	}
}
