package api_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"postern/internal/job"
	"postern/pkg/secret"
)

// rows are a refusal and a handshake.
func rows() []job.Rejection {
	at := func(s int) job.Time { return job.At(time.Date(2026, 11, 24, 2, 0, s, 0, time.UTC)) }
	return []job.Rejection{
		{
			At: at(9), FirstAt: at(1), Count: 3, Plugin: "acme.repos", Endpoint: "/github", Path: "/api/plugin/acme.repos/webhook/github",
			Method: "POST", RemoteIP: "192.0.2.1", Status: 403, Code: "signature_mismatch", Cause: "the secret has a trailing newline at the sender",
		},
		{
			At: at(2), FirstAt: at(2), Count: 1, Plugin: "acme.notes", Endpoint: "/notion", Method: "POST", RemoteIP: "192.0.2.2",
			Status: 200, Code: job.Handshake, Cause: "write it into the endpoint's secrets", Secret: secret.New("secret_of-notion"),
		},
	}
}

func TestRejections(t *testing.T) {
	t.Parallel()
	h, _ := newAPI(store{rows: rows(), next: "1-a"}, nil)
	w := call(h, "GET", "/api/rejections", "ops-token")
	want := `{"rejections":[{"at":"2026-11-24T02:00:09.000Z","first_at":"2026-11-24T02:00:01.000Z","count":3,` +
		`"plugin":"acme.repos","endpoint":"/github","path":"/api/plugin/acme.repos/webhook/github","method":"POST","remote_ip":"192.0.2.1",` +
		`"status":403,"code":"signature_mismatch","cause":"the secret has a trailing newline at the sender"},` +
		`{"at":"2026-11-24T02:00:02.000Z","first_at":"2026-11-24T02:00:02.000Z","count":1,` +
		`"plugin":"acme.notes","endpoint":"/notion","path":"","method":"POST","remote_ip":"192.0.2.2",` +
		`"status":200,"code":"handshake","cause":"write it into the endpoint's secrets","secret":"secret_of-notion"}],"next_cursor":"1-a"}` + "\n"
	if diff := cmp.Diff(want, w.Body.String()); diff != "" || w.Code != http.StatusOK || w.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("got %d %v, body (-want +got):\n%s", w.Code, w.Header(), diff)
	}
}

// TestAnEntrustedSecretNeedsTheScopePayload: to others it is masked.
func TestAnEntrustedSecretNeedsTheScopePayload(t *testing.T) {
	t.Parallel()
	h, log := newAPI(store{rows: rows()}, nil)
	for token, want := range map[string]string{"ops-token": `"secret":"secret_of-notion"`, "view-token": `"secret":"***"`} {
		w := call(h, "GET", "/api/rejections", token)
		if !strings.Contains(w.Body.String(), want) || strings.Count(w.Body.String(), `"secret"`) != 1 {
			t.Errorf("%s: got %s, want %s", token, w.Body, want)
		}
	}
	for token, status := range map[string]int{"mute-token": 403, "": 401} {
		if w := call(h, "GET", "/api/rejections", token); w.Code != status || strings.Contains(w.Body.String(), "secret_of-notion") {
			t.Errorf("%q: got %d %s, want %d", token, w.Code, w.Body, status)
		}
	}
	if strings.Contains(log.String(), "secret_of-notion") {
		t.Errorf("the log holds the secret: %s", log)
	}
}

func TestNoRejections(t *testing.T) {
	t.Parallel()
	h, _ := newAPI(store{}, nil)
	if got, want := call(h, "GET", "/api/rejections", "view-token").Body.String(), `{"rejections":[],"next_cursor":""}`+"\n"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestRejectionFilters(t *testing.T) {
	t.Parallel()
	var asked job.RejectionQuery
	h, _ := newAPI(store{asked: &asked}, nil)
	w := call(h, "GET", "/api/rejections?plugin=a.b&endpoint=/x&endpoint=/y&code=signature_missing&since=2026-11-24T02:00:00Z&limit=200&cursor=1-a", "view-token")
	want := job.RejectionQuery{
		Plugins: []string{"a.b"}, Endpoints: []string{"/x", "/y"}, Codes: []string{"signature_missing"},
		Since: time.Date(2026, 11, 24, 2, 0, 0, 0, time.UTC), Limit: 200, Cursor: "1-a",
	}
	if diff := cmp.Diff(want, asked); diff != "" || w.Code != http.StatusOK {
		t.Errorf("got %d, query (-want +got):\n%s", w.Code, diff)
	}
	call(h, "GET", "/api/rejections?since=2h", "view-token")
	if back := time.Since(asked.Since); back < 2*time.Hour || back > 2*time.Hour+time.Minute || asked.Limit != 50 {
		t.Errorf("got since %s and limit %d, want two hours back and 50", asked.Since, asked.Limit)
	}
}

func TestRejectionQueriesThatAreNotUnderstood(t *testing.T) {
	t.Parallel()
	h, _ := newAPI(store{rows: rows()}, nil)
	for _, query := range []string{
		"state=dead", "Plugin=a.b", "limit=0", "limit=201", "limit=x", "limit=", "limit=1&limit=2", "since=yesterday", "since=-2h", "since=",
		"code=", "plugin=", "endpoint=",
		"cursor=made-up", "cursor=1&cursor=2", "a=%zz", "a;b",
	} {
		wantProblem(t, call(h, "GET", "/api/rejections?"+query, "view-token"), http.StatusBadRequest, "invalid_query")
	}
}

func TestRejectionsWithoutTheStore(t *testing.T) {
	t.Parallel()
	h, _ := newAPI(store{err: errors.New("no route to redis")}, nil)
	w := call(h, "GET", "/api/rejections", "view-token")
	wantProblem(t, w, http.StatusServiceUnavailable, "queue_unavailable")
	if w.Header().Get("Retry-After") == "" || strings.Contains(w.Body.String(), "redis") {
		t.Errorf("got %v %s, want Retry-After and no cause", w.Header(), w.Body)
	}
}
