package api_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"postern/internal/job"
)

func TestReplay(t *testing.T) {
	t.Parallel()
	h, _ := newAPI(store{}, nil)
	w := call(h, "POST", path+"/replay", "ops-token")
	want := `{"status":"accepted","job_id":"` + replayed + `","status_url":"/api/jobs/` + replayed + `","message":"The event runs again, as a new job."}` + "\n"
	if w.Code != http.StatusAccepted || w.Body.String() != want || w.Header().Get("Location") != "/api/jobs/"+replayed {
		t.Errorf("got %d %v %s, want 202 %s", w.Code, w.Header(), w.Body, want)
	}
}

func TestCancel(t *testing.T) {
	t.Parallel()
	h, _ := newAPI(store{job: &job.Job{ID: known, State: job.Queued}}, nil)
	w := call(h, "POST", path+"/cancel", "ops-token")
	if w.Code != http.StatusAccepted || !strings.Contains(w.Body.String(), `"job_id":"`+known+`"`) {
		t.Errorf("got %d %s, want 202", w.Code, w.Body)
	}
}

func TestForget(t *testing.T) {
	t.Parallel()
	h, _ := newAPI(store{}, nil)
	if w := call(h, "DELETE", path, "ops-token"); w.Code != http.StatusNoContent || w.Body.Len() != 0 {
		t.Errorf("got %d %s, want 204 and nothing", w.Code, w.Body)
	}
}

func TestChangesNeedTheScopeOperate(t *testing.T) {
	t.Parallel()
	h, _ := newAPI(store{}, nil)
	for _, change := range []string{
		"POST " + path + "/retry", "POST " + path + "/replay", "POST " + path + "/cancel", "DELETE " + path,
		"POST /api/jobs/retry?state=dead", "POST /api/jobs/replay?state=dead",
	} {
		method, target, _ := strings.Cut(change, " ")
		wantProblem(t, call(h, method, target, "view-token"), http.StatusForbidden, "scope_missing")
		wantProblem(t, call(h, method, target, ""), http.StatusUnauthorized, "unauthorized")
	}
}

// TestEveryChangeIsLogged: who, what, to what, how it ended and from where;
// what did not happen too.
func TestEveryChangeIsLogged(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ method, path, want string }{
		"retry":         {"POST", path + "/retry", `"status":202`},
		"replay":        {"POST", path + "/replay", `"job_id":"` + replayed + `"`},
		"a refusal":     {"POST", path + "/cancel", `"status":409`},
		"an unknown":    {"DELETE", "/api/jobs/" + unknown, `"status":404`},
		"forgotten":     {"DELETE", path, `"status":204`},
		"many":          {"POST", "/api/jobs/retry?state=dead", `"count":0,"skipped":0`},
		"not these":     {"POST", "/api/jobs/retry", `"status":400`},
		"signed out":    {"DELETE", "/api/session", `"status":204`},
		"a long target": {"POST", "/api/jobs/retry?plugin=" + strings.Repeat("x", 5000), `"status":200`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, log := newAPI(store{}, nil)
			call(h, tt.method, tt.path, "ops-token")
			var line struct{ Msg, By, Action, Target, RemoteIP string }
			if err := json.Unmarshal([]byte(strings.ReplaceAll(log.String(), "remote_ip", "RemoteIP")), &line); err != nil {
				t.Fatalf("want one line, got %s: %v", log, err)
			}
			if line.Msg != "change asked" || line.By != "ops" || !strings.HasPrefix(line.Action, tt.method+" /api/") ||
				!strings.HasPrefix(tt.path, line.Target) || len(line.Target) > 1000 || line.RemoteIP != "192.0.2.1" ||
				!strings.Contains(log.String(), tt.want) {
				t.Errorf("got %s, want %s in it", log, tt.want)
			}
		})
	}
}

func TestReadingLeavesNoLine(t *testing.T) {
	t.Parallel()
	h, log := newAPI(store{}, nil)
	call(h, "GET", path, "ops-token")
	call(h, "HEAD", "/api/jobs", "ops-token")
	if log.Len() > 0 {
		t.Errorf("the log says %s", log)
	}
}

func TestPayload(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ kind, file string }{
		"JSON":            {"application/json; charset=utf-8", ".json"},
		"XML":             {"text/xml", ".xml"},
		"a form":          {"application/x-www-form-urlencoded", ".txt"},
		"a page":          {"text/html", ".bin"},
		"a script":        {"application/javascript", ".bin"},
		"a picture":       {"image/svg+xml", ".bin"},
		"none":            {"", ".bin"},
		"a trap":          {`text/html"; filename="x.html`, ".bin"},
		"an invented one": {"application/json; filename=x.html", ".json"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body := []byte("<script>alert(1)</script>\x00\xff")
			h, _ := newAPI(store{request: job.Request{Header: http.Header{"Content-Type": {tt.kind}}, Body: body}}, nil)
			w := call(h, "GET", path+"/payload", "ops-token")
			if w.Code != http.StatusOK || w.Body.String() != string(body) {
				t.Fatalf("got %d %q, want what was received", w.Code, w.Body)
			}
			for header, want := range map[string]string{
				"Content-Type": "application/octet-stream", "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store",
				"Content-Disposition":     `attachment; filename="job-` + known + tt.file + `"`,
				"Content-Security-Policy": "default-src 'none'; sandbox",
			} {
				if got := w.Header().Get(header); got != want {
					t.Errorf("%s: got %q, want %q", header, got, want)
				}
			}
			wantProblem(t, call(h, "GET", path+"/payload", "view-token"), http.StatusForbidden, "scope_missing")
		})
	}
}
