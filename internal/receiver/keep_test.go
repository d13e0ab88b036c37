package receiver_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"postern/internal/job"
	"postern/internal/receiver"
	"postern/internal/rejections"
	"postern/internal/routing"
	"postern/pkg/secret"
	"postern/pkg/verify"
	scheme256 "postern/pkg/verify/hmac"
	"postern/pkg/webhook"
)

// desk is told of refusals.
type desk struct {
	mu   sync.Mutex
	told []rejections.Refusal
}

func (d *desk) tell(r rejections.Refusal) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.told = append(d.told, r)
}

func TestRefusalsAreHandedOver(t *testing.T) {
	t.Parallel()
	over := strings.Repeat("x", limit+1)
	for name, c := range map[string]struct {
		request        *http.Request
		code, endpoint string
		whole          bool
		path           string // none: as called
	}{
		"unknown endpoint":   {request("POST", "/nowhere?key=1", ""), "not_found", "", false, "/api/plugin/acme.repos/webhook/nowhere"},
		"disabled endpoint":  {request("POST", "/off", ""), "not_found", "/off", false, ""},
		"wrong method":       {request("GET", "/post?key=tops3cret", ""), "method_not_allowed", "/post", false, "/api/plugin/acme.repos/webhook/post?key=***"},
		"body over limit":    {request("POST", "/github", over), "body_too_large", "/github", false, ""},
		"address":            {request("POST", "/inside", ""), "ip_not_allowed", "/inside", true, ""},
		"signature missing":  {request("POST", "/github", "", "X-Key", ""), "signature_missing", "/github", true, ""},
		"signature wrong":    {request("POST", "/github?a=1&key=x", "body", "X-Key", "wrong"), "signature_mismatch", "/github", true, "/api/plugin/acme.repos/webhook/github?a=1&key=***"},
		"timestamp":          {request("POST", "/github", "", "X-Key", "late"), "timestamp_out_of_range", "/github", true, ""},
		"payload":            {request("POST", "/github", "{", "Content-Type", "application/json"), "invalid_payload", "/github", true, ""},
		"another path":       {httptest.NewRequest("GET", "/wp-login.php?a=1", nil), "not_found", "", false, "/wp-login.php"},
		"a very long path":   {httptest.NewRequest("GET", "/"+strings.Repeat("x", 5000), nil), "not_found", "", false, "/" + strings.Repeat("x", 199)},
		"a verifier's panic": {request("POST", "/github", "", "X-Key", "panic"), "internal_error", "/github", true, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var d desk
			var w *httptest.ResponseRecorder
			h := newHouse(t, func(o *receiver.Options) {
				o.Refused = func(r rejections.Refusal) {
					if w.Body.Len() == 0 && c.request.Method != http.MethodHead {
						t.Error("the caller had no answer yet")
					}
					d.tell(r)
				}
			}, someEndpoints()...)
			w = httptest.NewRecorder()
			h.ServeHTTP(w, c.request)
			if len(d.told) != 1 {
				t.Fatalf("told of %d refusals, want 1", len(d.told))
			}
			r := d.told[0]
			endpoint := ""
			if r.Endpoint != nil {
				endpoint = r.Endpoint.Path
			}
			if c.path == "" {
				c.path = c.request.URL.Path
			}
			if r.Code != c.code || r.Status != w.Code || endpoint != c.endpoint || r.Whole != c.whole || r.Path != c.path || r.Request == nil || r.Cause == nil {
				t.Errorf("got code %s, status %d, endpoint %q, whole %t, path %s; want %s, %d, %q, %t, %s",
					r.Code, r.Status, endpoint, r.Whole, r.Path, c.code, w.Code, c.endpoint, c.whole, c.path)
			}
		})
	}
}

func TestAStoreThatIsAwayIsHandedOver(t *testing.T) {
	t.Parallel()
	var d desk
	h := newHouse(t, func(o *receiver.Options) { o.Refused = d.tell }, endpoint("/github"))
	h.jobs.err = job.ErrUnavailable
	h.do(request("POST", "/github", ""))
	if len(d.told) != 1 || d.told[0].Code != "queue_unavailable" {
		t.Errorf("got %+v, want queue_unavailable", d.told)
	}
}

func TestWhatIsAcceptedIsNotHandedOver(t *testing.T) {
	t.Parallel()
	var d desk
	h := newHouse(t, func(o *receiver.Options) { o.Refused = d.tell }, endpoint("/github"))
	h.do(request("POST", "/github", ""))
	h.do(request("POST", "/github", "", "X-Event", "ping"))
	h.do(httptest.NewRequest("GET", "/healthz", nil))
	if len(d.told) != 0 {
		t.Errorf("got %+v, want nothing", d.told)
	}
}

// entrusting is a sender whose greeting hands over a secret.
type entrusting struct{ demanding }

func (entrusting) Entrust(r *webhook.Request) secret.Text {
	return secret.New(r.Header.Get("X-Greeting"))
}

func TestAnEntrustedSecretIsHandedOver(t *testing.T) {
	t.Parallel()
	var d desk
	h := newHouse(t, func(o *receiver.Options) { o.Refused = d.tell }, endpoint("/notion", func(e *routing.Endpoint) { e.Source = entrusting{} }))
	h.do(request("POST", "/notion", "", "X-Greeting", "the-entrusted-token"))
	if len(d.told) != 1 || d.told[0].Code != job.Handshake || d.told[0].Secret.Reveal() != "the-entrusted-token" || d.told[0].Status != http.StatusOK {
		t.Errorf("got %+v, want the handshake with its secret", d.told)
	}
	if strings.Contains(h.log.String(), "the-entrusted-token") {
		t.Errorf("the log holds the secret: %s", h.log)
	}
}

// pages is a store of rows in memory.
type pages struct {
	mu   sync.Mutex
	rows []job.Rejection
}

func (p *pages) AddRejections(_ context.Context, rows []job.Rejection) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rows = append(p.rows, rows...)
	return nil
}

// TestTheCallerNeverHearsTheExplanation: the answer to a refusal is the same to
// the byte, whatever is found out, and whether anybody looks at all.
func TestTheCallerNeverHearsTheExplanation(t *testing.T) {
	t.Parallel()
	const key, body = "the-secret-of-github", `{"a":1}`
	sign := func(key, body string) string {
		mac := hmac.New(sha256.New, []byte(key))
		mac.Write([]byte(body))
		return "sha256=" + hex.EncodeToString(mac.Sum(nil))
	}
	signed := func(key string) verify.Verifier {
		v, err := scheme256.Scheme{Header: "X-Hub-Signature-256", Prefix: "sha256="}.Verifier(verify.Keys{Secrets: []secret.Text{secret.New(key)}})
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	endpoints := []*routing.Endpoint{
		endpoint("/github", func(e *routing.Endpoint) { e.Verifier = signed(key) }),
		endpoint("/other", func(e *routing.Endpoint) { e.Verifier = signed("the-secret-of-another") }),
	}
	table, err := routing.NewTable(endpoints...)
	if err != nil {
		t.Fatal(err)
	}
	kept := &pages{}
	k := rejections.New(rejections.Options{Store: kept, Endpoints: table.All, Log: slog.New(slog.DiscardHandler)})
	told := newHouse(t, func(o *receiver.Options) { o.Refused = k.Add }, endpoints...)
	mute := newHouse(t, nil, endpoints...)

	var want *httptest.ResponseRecorder
	for n, signature := range []string{
		sign("a-strangers", body), sign(key+"\n", body), sign(key, body+"\n"), sign("the-secret-of-another", body), sign(key, body)[7:], "sha256=",
	} {
		for _, h := range []*house{told, mute} {
			r := request("POST", "/github", body, "X-Hub-Signature-256", signature)
			r.RemoteAddr = netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, byte(n)}), 1).String()
			got := h.do(r)
			if want == nil {
				want = got
			}
			if diff := cmp.Diff(want.Body.String(), got.Body.String()); diff != "" || got.Code != want.Code || cmp.Diff(want.Header(), got.Header()) != "" {
				t.Errorf("signature %d: got %d %v %s, want what a stranger hears", n, got.Code, got.Header(), got.Body)
			}
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	k.Run(ctx)
	causes := map[string]bool{}
	for _, r := range kept.rows {
		causes[r.Cause] = true
	}
	if len(causes) != 6 {
		t.Errorf("got %d causes, want a different one for each: %v", len(causes), causes)
	}
}
