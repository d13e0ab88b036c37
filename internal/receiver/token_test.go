package receiver_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"postern/internal/routing"
	"postern/pkg/secret"
	"postern/pkg/verify/path"
)

// TestATokenInThePathIsNeverWrittenDown: neither the right one nor a wrong one,
// whatever becomes of the call.
func TestATokenInThePathIsNeverWrittenDown(t *testing.T) {
	t.Parallel()
	device := func(e *routing.Endpoint) {
		e.Verifier = path.Verifier{Param: "token", Tokens: []secret.Text{secret.New("t0ken")}}
		e.Methods = []string{"POST"}
	}
	tests := map[string]struct {
		request *http.Request
		status  int
		logged  string
	}{
		"accepted":            {request("POST", "/in/t0ken?a=1&key=x", "{}"), 202, prefix + "/in/***?a=1&key=***"},
		"escaped":             {request("POST", "/in/%740ken", "{}"), 202, prefix + "/in/***"},
		"a handshake":         {request("POST", "/in/t0ken", "", "X-Event", "ping"), 200, prefix + "/in/***"},
		"a wrong one":         {request("POST", "/in/t0ken2", "{}"), 403, prefix + "/in/***"},
		"a broken body":       {request("POST", "/in/t0ken", "{", "Content-Type", "application/json"), 400, prefix + "/in/***"},
		"too large a body":    {request("POST", "/in/t0ken", strings.Repeat("x", limit+1)), 413, prefix + "/in/***"},
		"a source that broke": {request("POST", "/in/t0ken", "{}", "X-Event", "panic"), 500, prefix + "/in/***"},
		"another method":      {request("GET", "/in/t0ken", ""), 405, prefix + "/in/***"},
		"disabled":            {request("POST", "/off/t0ken", "{}"), 404, prefix + "/off/***"},
		"a slash more":        {request("POST", "/in/t0ken/", "{}"), 404, prefix + "/in/***/"},
		"another place":       {request("POST", "/t0ken", "{}"), 404, prefix + "/***"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, nil, endpoint("/in/{token}", device), endpoint("/off/{token}", device, func(e *routing.Endpoint) { e.Disabled = true }))
			w := h.do(tt.request)
			if w.Code != tt.status {
				t.Errorf("got %d %s, want %d", w.Code, w.Body, tt.status)
			}
			line := struct{ Path string }{}
			if err := json.Unmarshal([]byte(h.log.String()), &line); err != nil || line.Path != tt.logged {
				t.Errorf("logged %q, %v, want %q", line.Path, err, tt.logged)
			}
			kept, err := json.Marshal(h.jobs.taken())
			if err != nil {
				t.Fatal(err)
			}
			for what, text := range map[string]string{"log": h.log.String(), "answer": w.Body.String(), "intake": string(kept)} {
				if strings.Contains(text, "0ken") {
					t.Errorf("the %s holds the token: %s", what, text)
				}
			}
		})
	}
}
