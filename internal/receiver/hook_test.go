package receiver_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"postern/internal/ipranges"
	"postern/internal/job"
	"postern/internal/receiver"
	"postern/internal/routing"
)

// endpoints of the table below.
func someEndpoints() []*routing.Endpoint {
	return []*routing.Endpoint{
		endpoint("/github"),
		endpoint("/resource/{id}"),
		endpoint("/post", func(e *routing.Endpoint) { e.Methods = []string{"POST", "PUT"} }),
		endpoint("/inside", func(e *routing.Endpoint) {
			e.AllowIPs = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}
		}),
		endpoint("/unknown", func(e *routing.Endpoint) { e.AllowFrom = []*ipranges.Provider{{}} }),
		endpoint("/open", func(e *routing.Endpoint) { e.Verifier = scheme{} }),
		endpoint("/off", func(e *routing.Endpoint) { e.Disabled = true }),
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	over := strings.Repeat("x", limit+1)
	tests := map[string]struct {
		request *http.Request
		status  int
		code    string
		header  map[string]string
	}{
		"unknown endpoint":                {request: request("POST", "/nowhere", ""), status: 404, code: "not_found"},
		"disabled endpoint":               {request: request("POST", "/off", ""), status: 404, code: "not_found"},
		"trailing slash":                  {request: request("POST", "/github/", ""), status: 404, code: "not_found"},
		"escaped slash":                   {request: request("POST", "/resource%2F1", ""), status: 404, code: "not_found"},
		"escaped slash in a parameter":    {request: request("POST", "/resource/a%2Fb", ""), status: 404, code: "not_found"},
		"dot segment":                     {request: request("POST", "/x/../github", ""), status: 404, code: "not_found"},
		"escaped dot segment":             {request: request("POST", "/resource/%2e%2e", ""), status: 404, code: "not_found"},
		"double slash":                    {request: request("POST", "//github", ""), status: 404, code: "not_found"},
		"unknown before method":           {request: request("BREW", "/nowhere", ""), status: 404, code: "not_found"},
		"wrong method":                    {request: request("GET", "/post", ""), status: 405, code: "method_not_allowed", header: map[string]string{"Allow": "POST, PUT"}},
		"HEAD is a method like others":    {request: request("HEAD", "/post", ""), status: 405, code: "method_not_allowed"},
		"a method gin does not know":      {request: request("BREW", "/post", ""), status: 405, code: "method_not_allowed", header: map[string]string{"Allow": "POST, PUT"}},
		"method before body":              {request: request("GET", "/post", over), status: 405, code: "method_not_allowed"},
		"body over the limit":             {request: request("POST", "/github", over), status: 413, code: "body_too_large"},
		"body before address":             {request: request("POST", "/inside", over), status: 413, code: "body_too_large"},
		"address not allowed":             {request: request("POST", "/inside", ""), status: 403, code: "ip_not_allowed"},
		"address before signature":        {request: request("POST", "/inside", "", "X-Key", "wrong"), status: 403, code: "ip_not_allowed"},
		"address perhaps not allowed":     {request: request("POST", "/unknown", ""), status: 503, code: "key_unavailable", header: map[string]string{"Retry-After": "5"}},
		"signature missing":               {request: request("POST", "/github", "", "X-Key", ""), status: 400, code: "signature_missing"},
		"signature wrong":                 {request: request("POST", "/github", "", "X-Key", "wrong"), status: 403, code: "signature_mismatch"},
		"signature before handshake":      {request: request("POST", "/github", "", "X-Key", "wrong", "X-Event", "ping"), status: 403, code: "signature_mismatch"},
		"signature before payload":        {request: request("POST", "/github", "{", "X-Key", "wrong", "Content-Type", "application/json"), status: 403, code: "signature_mismatch"},
		"could not tell":                  {request: request("POST", "/github", "", "X-Key", "strange"), status: 403, code: "signature_mismatch"},
		"timestamp out of range":          {request: request("POST", "/github", "", "X-Key", "late"), status: 403, code: "timestamp_out_of_range"},
		"key not fetched":                 {request: request("POST", "/github", "", "X-Key", "unreachable"), status: 503, code: "key_unavailable", header: map[string]string{"Retry-After": "5"}},
		"no secret":                       {request: request("POST", "/open", ""), status: 500, code: "secret_not_configured"},
		"no secret and no signature":      {request: request("POST", "/open", "", "X-Key", ""), status: 400, code: "signature_missing"},
		"not the declared JSON":           {request: request("POST", "/github", "{", "Content-Type", "application/json"), status: 400, code: "invalid_payload"},
		"verifier panics":                 {request: request("POST", "/github", "", "X-Key", "panic"), status: 500, code: "internal_error"},
		"source panics":                   {request: request("POST", "/github", "", "X-Event", "panic"), status: 500, code: "internal_error"},
		"a handshake that is no answer":   {request: request("POST", "/github", "", "X-Event", "odd"), status: 500, code: "internal_error"},
		"another path":                    {request: request("POST", "/../../../..", ""), status: 404, code: "not_found"},
		"a webhook path without endpoint": {request: request("POST", "", ""), status: 404, code: "not_found"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, nil, someEndpoints()...)
			w := h.do(tt.request)
			detail := wantProblem(t, w, tt.status, tt.code)
			for k, v := range tt.header {
				if got := w.Header().Get(k); got != v {
					t.Errorf("%s: got %q, want %q", k, got, v)
				}
			}
			if strings.Contains(detail, "s3cret") || strings.Contains(detail, "no secret gives") {
				t.Errorf("detail %q tells too much", detail)
			}
			if n := len(h.jobs.taken()); n != 0 {
				t.Errorf("%d jobs were made of a refused request", n)
			}
		})
	}
}

func TestRefusalDetails(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		request *http.Request
		want    string
	}{
		"missing names the header":  {request("POST", "/github", "", "X-Key", ""), "The X-Key header is missing."},
		"mismatch says no more":     {request("POST", "/github", "", "X-Key", "wrong"), "The signature does not match."},
		"payload names the fault":   {request("POST", "/github", "{", "Content-Type", "application/json"), "The body is not JSON."},
		"too large names the limit": {request("POST", "/github", strings.Repeat("x", limit+1)), "The body is longer than the 64 bytes this endpoint takes."},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newHouse(t, nil, someEndpoints()...).do(tt.request)
			if got := wantProblem(t, w, w.Code, members(t, w.Body.Bytes())["code"].(string)); got != tt.want {
				t.Errorf("detail: got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestRefusalIsLoggedWithItsCauseAndNoSecret(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil, someEndpoints()...)
	r := request("POST", "/github?a=1&key=tops3cret", "the body", "X-Key", "wrong")
	h.do(r)
	line := map[string]any{}
	if err := json.Unmarshal([]byte(h.log.String()), &line); err != nil {
		t.Fatalf("one line is wanted, got %q: %v", h.log, err)
	}
	delete(line, "time")
	delete(line, "took_ms")
	want := map[string]any{
		"level": "WARN", "msg": "request refused", "method": "POST", "path": "/api/plugin/acme.repos/webhook/github?a=1&key=***",
		"remote_ip": "203.0.113.9", "plugin": "acme.repos", "endpoint": "/github", "source": "acme",
		"status": 403.0, "code": "signature_mismatch", "error": "no secret gives this signature",
	}
	if diff := cmp.Diff(want, line); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
}

func TestUnknownEndpointLogsNoQuery(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil, someEndpoints()...)
	h.do(request("POST", "/nowhere?token=tops3cret", ""))
	if strings.Contains(h.log.String(), "tops3cret") {
		t.Errorf("the log holds a query: %s", h.log)
	}
}

func TestLogLineIsBounded(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil, someEndpoints()...)
	long := strings.Repeat("y", 9000)
	w := h.do(request("POST", "/github?"+long, "", "X-Delivery", long))
	if w.Code != http.StatusAccepted {
		t.Fatalf("got %d %s, want 202", w.Code, w.Body)
	}
	h.do(request(long, "/nowhere"+long, ""))
	for line := range strings.Lines(h.log.String()) {
		if len(line) > 4000 {
			t.Errorf("a line has %d bytes: %.200s", len(line), line)
		}
	}
}

func TestHandshake(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil, someEndpoints()...)
	w := h.do(request("POST", "/github", "", "X-Event", "ping"))
	if w.Code != http.StatusOK || w.Body.String() != "pong" {
		t.Errorf("got %d %q, want 200 pong", w.Code, w.Body)
	}
	if got := w.Header().Get("X-Content-Type-Options"); got != "nosniff" {
		t.Errorf("X-Content-Type-Options: got %q, want nosniff", got)
	}
	if n := len(h.jobs.taken()); n != 0 {
		t.Errorf("a handshake made %d jobs", n)
	}
}

func TestAccepted(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil, someEndpoints()...)
	body := `{"a":1}` + "\n"
	for _, method := range []string{"POST", "GET", "PATCH", "BREW"} {
		w := h.do(request(method, "/resource/a%20b?x=1&key=tops3cret", body, "X-Event", "push", "Content-Type", "application/json"))
		if w.Code != http.StatusAccepted {
			t.Fatalf("%s: got %d %s, want 202", method, w.Code, w.Body)
		}
		got := members(t, w.Body.Bytes())
		url := "/api/jobs/" + got["job_id"].(string)
		want := map[string]any{"status": "accepted", "job_id": got["job_id"], "status_url": url, "message": "Event accepted."}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: 202 (-want +got):\n%s", method, diff)
		}
		if l := w.Header().Get("Location"); l != url {
			t.Errorf("Location: got %q, want %q", l, url)
		}
	}
	in := h.jobs.taken()[0]
	if string(in.Request.Body) != body {
		t.Errorf("body: got %q, want the exact bytes", in.Request.Body)
	}
	if in.Event.Type != "push" || in.Request.Params["id"] != "a b" || in.Request.Path != "/resource/a%20b" {
		t.Errorf("intake: got %+v", in)
	}
	if want := "https://hooks.example.org/api/plugin/acme.repos/webhook/resource/a%20b?x=1&key=***"; in.Request.URL != want {
		t.Errorf("URL: got %q, want %q", in.Request.URL, want)
	}
	if in.Request.Header.Get("X-Key") != "" {
		t.Error("the credential was kept")
	}
	if !strings.Contains(h.log.String(), `"msg":"event accepted"`) || strings.Contains(h.log.String(), "tops3cret") {
		t.Errorf("log: %s", h.log)
	}
}

func TestBodyOfExactlyTheLimit(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil, someEndpoints()...)
	if w := h.do(request("POST", "/github", strings.Repeat("x", limit))); w.Code != http.StatusAccepted {
		t.Errorf("got %d %s, want 202", w.Code, w.Body)
	}
}

func TestDuplicate(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil, someEndpoints()...)
	first := members(t, h.do(request("POST", "/github", "", "X-Delivery", "d1")).Body.Bytes())
	w := h.do(request("POST", "/github", "", "X-Delivery", "d1"))
	second := members(t, w.Body.Bytes())
	if first["duplicate"] != nil || second["duplicate"] != true || w.Code != http.StatusAccepted {
		t.Errorf("got %v, then %d %v", first, w.Code, second)
	}
	if first["job_id"] != second["job_id"] {
		t.Errorf("job_id: got %v, want the first job's %v", second["job_id"], first["job_id"])
	}
	if !strings.Contains(h.log.String(), `"msg":"event duplicate"`) {
		t.Errorf("log: %s", h.log)
	}
}

func TestSpooledAndNotDurable(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(o *receiver.Options) { o.Durable = false }, someEndpoints()...)
	h.jobs.spooled = true
	got := members(t, h.do(request("POST", "/github", "")).Body.Bytes())
	if got["spooled"] != true || got["durable"] != false {
		t.Errorf("got %v, want spooled and not durable", got)
	}
}

func TestNotStored(t *testing.T) {
	t.Parallel()
	for name, err := range map[string]error{"unavailable": job.ErrUnavailable, "anything else": errors.New("disk full")} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, nil, someEndpoints()...)
			h.jobs.err = err
			w := h.do(request("POST", "/github", ""))
			wantProblem(t, w, http.StatusServiceUnavailable, "queue_unavailable")
			if got := w.Header().Get("Retry-After"); got != "10" {
				t.Errorf("Retry-After: got %q, want 10", got)
			}
			if !strings.Contains(h.log.String(), `"level":"ERROR"`) {
				t.Errorf("log: %s", h.log)
			}
		})
	}
}
