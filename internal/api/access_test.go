package api_test

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"postern/internal/api"
)

const path = "/api/jobs/" + known

func TestTokens(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		method, path string
		header       []string // of Authorization
		status       int
		code         string
	}{
		"a token with all scopes":      {"GET", path, []string{"Bearer ops-token"}, 200, ""},
		"a scheme in small letters":    {"GET", path, []string{"bearer  ops-token"}, 200, ""},
		"a token that may read":        {"GET", path, []string{"Bearer view-token"}, 200, ""},
		"HEAD reads too":               {"HEAD", path, []string{"Bearer view-token"}, 200, ""},
		"a token that may only read":   {"POST", path + "/retry", []string{"Bearer view-token"}, 403, "scope_missing"},
		"a token without scopes":       {"GET", path, []string{"Bearer mute-token"}, 403, "scope_missing"},
		"no token":                     {"GET", path, nil, 401, "unauthorized"},
		"no token for an unknown job":  {"GET", "/api/jobs/x", nil, 401, "unauthorized"},
		"an empty header":              {"GET", path, []string{""}, 401, "unauthorized"},
		"an empty token":               {"GET", path, []string{"Bearer "}, 401, "unauthorized"},
		"a wrong token":                {"GET", path, []string{"Bearer ops-tokem"}, 401, "unauthorized"},
		"a part of a token":            {"GET", path, []string{"Bearer ops"}, 401, "unauthorized"},
		"another scheme":               {"GET", path, []string{"Basic b3BzLXRva2Vu"}, 401, "unauthorized"},
		"two headers":                  {"GET", path, []string{"Bearer x", "Bearer ops-token"}, 401, "unauthorized"},
		"a token alone":                {"GET", path, []string{"ops-token"}, 401, "unauthorized"},
		"a token in the query is none": {"GET", path + "?token=ops-token", nil, 401, "unauthorized"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, log := newAPI(store{}, nil)
			r := httptest.NewRequest(tt.method, tt.path, nil)
			r.Header["Authorization"] = tt.header
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if strings.Contains(log.String(), "-token") {
				t.Errorf("the log holds a token: %s", log)
			}
			if tt.code == "" {
				if w.Code != tt.status {
					t.Errorf("got %d %s, want %d", w.Code, w.Body, tt.status)
				}
				return
			}
			wantProblem(t, w, tt.status, tt.code)
			if got := w.Header().Get("WWW-Authenticate"); (got == "Bearer") != (tt.status == 401) {
				t.Errorf("WWW-Authenticate: got %q", got)
			}
		})
	}
}

func TestNoTokensNoAPI(t *testing.T) {
	t.Parallel()
	h, _ := newAPI(store{}, func(o *api.Options) { o.Tokens = nil })
	wantProblem(t, call(h, "GET", path, ""), http.StatusForbidden, "api_not_configured")
	wantProblem(t, call(h, "GET", path, "ops-token"), http.StatusForbidden, "api_not_configured")
}

func TestLoopback(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		peer, host string
		header     http.Header
		status     int
	}{
		"IPv4":                       {"127.0.0.1:9", "127.0.0.1:8080", nil, 200},
		"another loopback address":   {"127.8.8.8:9", "127.9.9.9", nil, 200},
		"IPv6":                       {"[::1]:9", "[::1]:8080", nil, 200},
		"IPv6 without a port":        {"[::1]:9", "[::1]", nil, 200},
		"IPv4 in IPv6 clothes":       {"[::ffff:127.0.0.1]:9", "localhost", nil, 200},
		"localhost":                  {"127.0.0.1:9", "localhost:8080", nil, 200},
		"LOCALHOST":                  {"127.0.0.1:9", "LOCALHOST", nil, 200},
		"own origin":                 {"127.0.0.1:9", "localhost:8080", http.Header{"Origin": {"http://localhost:8080"}, "Sec-Fetch-Site": {"same-origin"}}, 200},
		"typed into a browser":       {"127.0.0.1:9", "localhost:8080", http.Header{"Sec-Fetch-Site": {"none"}}, 200},
		"another peer":               {"192.0.2.1:9", "localhost", nil, 403},
		"a private peer":             {"10.0.0.1:9", "localhost", nil, 403},
		"a peer without an address":  {"@", "localhost", nil, 403},
		"another host":               {"127.0.0.1:9", "evil.example:8080", nil, 403},
		"a host that begins with it": {"127.0.0.1:9", "localhost.evil.example", nil, 403},
		"a host that ends with it":   {"127.0.0.1:9", "evil.localhost", nil, 403},
		"an address that begins so":  {"127.0.0.1:9", "127.0.0.1.evil.example", nil, 403},
		"this machine's LAN address": {"127.0.0.1:9", "192.168.1.2", nil, 403},
		"no host":                    {"127.0.0.1:9", "", nil, 403},
		"the unspecified address":    {"127.0.0.1:9", "0.0.0.0:8080", nil, 403},
		"Forwarded":                  {"127.0.0.1:9", "localhost", http.Header{"Forwarded": {"for=127.0.0.1"}}, 403},
		"X-Forwarded-For":            {"127.0.0.1:9", "localhost", http.Header{"X-Forwarded-For": {"127.0.0.1"}}, 403},
		"an empty X-Forwarded-Proto": {"127.0.0.1:9", "localhost", http.Header{"X-Forwarded-Proto": {""}}, 403},
		"X-Forwarded-Whatever":       {"127.0.0.1:9", "localhost", http.Header{"X-Forwarded-Whatever": {"1"}}, 403},
		"X-Real-IP":                  {"127.0.0.1:9", "localhost", http.Header{"X-Real-Ip": {"127.0.0.1"}}, 403},
		"a foreign origin":           {"127.0.0.1:9", "localhost", http.Header{"Origin": {"http://evil.example"}}, 403},
		"the origin null":            {"127.0.0.1:9", "localhost", http.Header{"Origin": {"null"}}, 403},
		"another port's origin":      {"127.0.0.1:9", "localhost:8080", http.Header{"Origin": {"http://localhost:3000"}}, 403},
		"another scheme's origin":    {"127.0.0.1:9", "localhost:8080", http.Header{"Origin": {"https://localhost:8080"}}, 403},
		"two origins":                {"127.0.0.1:9", "localhost", http.Header{"Origin": {"http://localhost", "http://evil.example"}}, 403},
		"cross-site":                 {"127.0.0.1:9", "localhost", http.Header{"Sec-Fetch-Site": {"cross-site"}}, 403},
		"same-site":                  {"127.0.0.1:9", "localhost", http.Header{"Sec-Fetch-Site": {"same-site"}}, 403},
		"an empty Sec-Fetch-Site":    {"127.0.0.1:9", "localhost", http.Header{"Sec-Fetch-Site": {""}}, 403},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ask := func(change func(*api.Options)) *httptest.ResponseRecorder {
				h, _ := newAPI(store{}, change)
				r := httptest.NewRequest(http.MethodPost, path+"/retry", nil)
				r.RemoteAddr, r.Host = tt.peer, tt.host
				maps.Copy(r.Header, tt.header)
				w := httptest.NewRecorder()
				h.ServeHTTP(w, r)
				return w
			}
			w := ask(func(o *api.Options) { o.Tokens, o.Loopback = nil, true })
			if tt.status == 403 {
				wantProblem(t, w, 403, "api_not_configured")
			} else if w.Code != http.StatusAccepted {
				t.Errorf("got %d %s, want 202", w.Code, w.Body)
			}
			wantProblem(t, ask(func(o *api.Options) { o.Tokens = nil }), 403, "api_not_configured")
			wantProblem(t, ask(nil), 401, "unauthorized")
		})
	}
}

func TestLoopbackBesideTokens(t *testing.T) {
	t.Parallel()
	h, _ := newAPI(store{}, func(o *api.Options) { o.Loopback = true })
	ask := func(token string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.RemoteAddr, r.Host = "127.0.0.1:9", "localhost"
		if token != "" {
			r.Header.Set("Authorization", "Bearer "+token)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	if w := ask(""); w.Code != http.StatusOK {
		t.Errorf("without a token: got %d %s, want 200", w.Code, w.Body)
	}
	wantProblem(t, ask("wrong"), http.StatusUnauthorized, "unauthorized") // who shows a token is judged by it
}

func TestTooManyWrongTokens(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		from := netip.MustParseAddr("192.0.2.1")
		h, _ := newAPI(store{}, func(o *api.Options) { o.Caller = func(*http.Request) netip.Addr { return from } })
		for range 10 {
			wantProblem(t, call(h, "GET", path, "wrong"), http.StatusUnauthorized, "unauthorized")
		}
		w := call(h, "GET", path, "wrong")
		wantProblem(t, w, http.StatusTooManyRequests, "too_many_requests")
		wait, err := strconv.Atoi(w.Header().Get("Retry-After"))
		if err != nil || wait < 1 || wait > 60 {
			t.Errorf("Retry-After: got %q", w.Header().Get("Retry-After"))
		}
		wantProblem(t, call(h, "GET", path, "ops-token"), http.StatusTooManyRequests, "too_many_requests")
		wantProblem(t, call(h, "GET", path, ""), http.StatusUnauthorized, "unauthorized")

		from = netip.MustParseAddr("192.0.2.2")
		if w := call(h, "GET", path, "ops-token"); w.Code != http.StatusOK {
			t.Errorf("another caller: got %d, want 200", w.Code)
		}
		from = netip.MustParseAddr("192.0.2.1")
		timer := time.NewTimer(time.Duration(wait) * time.Second)
		<-timer.C
		if w := call(h, "GET", path, "ops-token"); w.Code != http.StatusOK {
			t.Errorf("after the wait: got %d, want 200", w.Code)
		}
	})
}

func TestWrongTokensOfOneIPv6NetworkCountTogether(t *testing.T) {
	t.Parallel()
	n := 0
	h, _ := newAPI(store{}, func(o *api.Options) {
		o.Caller = func(*http.Request) netip.Addr {
			n++
			return netip.MustParseAddr("2001:db8::" + strconv.Itoa(n))
		}
	})
	for range 10 {
		call(h, "GET", path, "wrong")
	}
	wantProblem(t, call(h, "GET", path, "wrong"), http.StatusTooManyRequests, "too_many_requests")
}

// What is remembered of strangers is bounded, and forgetting does not let the
// last one through.
func TestManyNetworks(t *testing.T) {
	t.Parallel()
	var from netip.Addr
	h, _ := newAPI(store{}, func(o *api.Options) { o.Caller = func(*http.Request) netip.Addr { return from } })
	for i := range 5000 {
		from = netip.AddrFrom4([4]byte{198, 18, byte(i >> 8), byte(i)})
		wantProblem(t, call(h, "GET", path, "wrong"), http.StatusUnauthorized, "unauthorized")
	}
	for range 9 {
		call(h, "GET", path, "wrong")
	}
	wantProblem(t, call(h, "GET", path, "wrong"), http.StatusTooManyRequests, "too_many_requests")
}
