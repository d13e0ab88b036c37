package api_test

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"postern/internal/api"
	"postern/pkg/secret"
)

func readAll(r *http.Response) string {
	b, _ := io.ReadAll(r.Body)
	return string(b)
}

// signIn posts a token; the browser says where its page is from.
func signIn(h http.Handler, body, origin string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "/api/session", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	if origin != "" {
		r.Header.Set("Origin", origin)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

type shown struct {
	Name      string
	Scopes    []string
	CSRF      string
	ExpiresAt time.Time `json:"expires_at"`
}

// session signs in and gives cookie and header.
func session(t *testing.T, h http.Handler, token string) (*http.Cookie, shown) {
	t.Helper()
	w := signIn(h, `{"token":"`+token+`"}`, "")
	var s shown
	if err := json.Unmarshal(w.Body.Bytes(), &s); err != nil || w.Code != http.StatusOK {
		t.Fatalf("got %d %s", w.Code, w.Body)
	}
	cookies := w.Result().Cookies()
	if len(cookies) != 1 {
		t.Fatalf("got %d cookies, want 1", len(cookies))
	}
	return cookies[0], s
}

// with calls as a page does.
func with(h http.Handler, method, target string, cookie *http.Cookie, header http.Header) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, nil)
	r.AddCookie(cookie)
	maps.Copy(r.Header, header)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestSession(t *testing.T) {
	t.Parallel()
	h, log := newAPI(store{}, nil)
	cookie, s := session(t, h, "ops-token")
	if !cookie.HttpOnly || cookie.SameSite != http.SameSiteStrictMode || cookie.Secure || cookie.Path != "/" || cookie.Name != "postern_session" {
		t.Errorf("cookie: got %s", cookie)
	}
	if strings.Contains(cookie.Value, "ops-token") || s.Name != "ops" || len(s.Scopes) != 3 || s.CSRF == "" {
		t.Errorf("got %+v and cookie %s", s, cookie.Value)
	}
	if w := with(h, "GET", path, cookie, nil); w.Code != http.StatusOK {
		t.Errorf("reading: got %d %s", w.Code, w.Body)
	}
	wantProblem(t, with(h, "POST", path+"/retry", cookie, nil), http.StatusForbidden, "csrf_missing")
	wantProblem(t, with(h, "POST", path+"/retry", cookie, http.Header{"X-Csrf-Token": {s.CSRF + "x"}}), http.StatusForbidden, "csrf_missing")
	if w := with(h, "POST", path+"/retry", cookie, http.Header{"X-Csrf-Token": {s.CSRF}}); w.Code != http.StatusAccepted {
		t.Errorf("a change: got %d %s", w.Code, w.Body)
	}
	var again shown
	w := with(h, "GET", "/api/session", cookie, nil)
	if err := json.Unmarshal(w.Body.Bytes(), &again); err != nil || again.CSRF != s.CSRF || !again.ExpiresAt.Equal(s.ExpiresAt) {
		t.Errorf("asked again: got %s", w.Body)
	}
	w = with(h, "DELETE", "/api/session", cookie, http.Header{"X-Csrf-Token": {s.CSRF}})
	if c := w.Result().Cookies(); w.Code != http.StatusNoContent || len(c) != 1 || c[0].Value != "" || c[0].MaxAge >= 0 {
		t.Errorf("signing out: got %d %v", w.Code, c)
	}
	for _, hidden := range []string{"ops-token", cookie.Value, s.CSRF} {
		if strings.Contains(log.String(), hidden) {
			t.Errorf("the log holds %s", hidden)
		}
	}
	if !strings.Contains(log.String(), `"msg":"signed in","by":"ops","remote_ip":"192.0.2.1"`) {
		t.Errorf("the log does not say who signed in: %s", log)
	}
}

func TestASessionHasTheScopesOfItsToken(t *testing.T) {
	t.Parallel()
	h, _ := newAPI(store{}, nil)
	cookie, s := session(t, h, "view-token")
	header := http.Header{"X-Csrf-Token": {s.CSRF}}
	wantProblem(t, with(h, "POST", path+"/retry", cookie, header), http.StatusForbidden, "scope_missing")
	wantProblem(t, with(h, "GET", path+"/payload", cookie, header), http.StatusForbidden, "scope_missing")
}

func TestSecureWhereTheWorldComesByHTTPS(t *testing.T) {
	t.Parallel()
	h, _ := newAPI(store{}, func(o *api.Options) { o.BaseURL = "https://postern.example:443/sub" })
	cookie, _ := session(t, h, "ops-token")
	if !cookie.Secure || cookie.Name != "__Host-postern_session" {
		t.Errorf("got %s", cookie)
	}
	for origin, status := range map[string]int{
		"https://postern.example": 200, "https://POSTERN.example": 200, "http://postern.example": 403,
		"https://evil.example": 403, "http://example.com": 403, "null": 403,
	} {
		if w := with(h, "GET", path, cookie, http.Header{"Origin": {origin}}); w.Code != status {
			t.Errorf("%s: got %d, want %d", origin, w.Code, status)
		}
	}
}

func TestOriginOfCookieCalls(t *testing.T) {
	t.Parallel()
	h, _ := newAPI(store{}, nil)
	cookie, s := session(t, h, "ops-token")
	tests := map[string]struct {
		header http.Header
		ok     bool
	}{
		"no page":                    {nil, true},
		"our host":                   {http.Header{"Origin": {"http://example.com"}, "Sec-Fetch-Site": {"same-origin"}}, true},
		"base_url":                   {http.Header{"Origin": {"http://postern.example"}}, true},
		"typed":                      {http.Header{"Sec-Fetch-Site": {"none"}}, true},
		"another":                    {http.Header{"Origin": {"http://evil.example"}}, false},
		"one that begins so":         {http.Header{"Origin": {"http://postern.example.evil.example"}}, false},
		"null":                       {http.Header{"Origin": {"null"}}, false},
		"two":                        {http.Header{"Origin": {"http://example.com", "http://evil.example"}}, false},
		"another site":               {http.Header{"Sec-Fetch-Site": {"cross-site"}}, false},
		"a neighbour":                {http.Header{"Sec-Fetch-Site": {"same-site"}}, false},
		"another port's":             {http.Header{"Origin": {"http://example.com:81"}}, false},
		"https where we have it not": {http.Header{"Origin": {"https://postern.example"}}, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			header := tt.header.Clone()
			if header == nil {
				header = http.Header{}
			}
			header.Set("X-CSRF-Token", s.CSRF)
			w := with(h, "POST", path+"/retry", cookie, header)
			if tt.ok && w.Code != http.StatusAccepted {
				t.Errorf("got %d %s, want 202", w.Code, w.Body)
			}
			if !tt.ok {
				wantProblem(t, w, http.StatusForbidden, "origin_not_allowed")
			}
		})
	}
	wantProblem(t, signIn(h, `{"token":"ops-token"}`, "http://evil.example"), http.StatusForbidden, "origin_not_allowed")
}

func TestCookiesThatDoNotHold(t *testing.T) {
	t.Parallel()
	h, _ := newAPI(store{}, nil)
	cookie, _ := session(t, h, "ops-token")
	viewer, _ := session(t, h, "view-token")
	parts, others := strings.Split(cookie.Value, "."), strings.Split(viewer.Value, ".")
	rejoined := func(p ...string) string { return strings.Join(p, ".") }
	for name, value := range map[string]string{
		"empty": "", "too short": "a.b.c", "unsigned": rejoined(parts[0], parts[1], parts[2], ""),
		"longer life":       rejoined(parts[0], "9999999999", parts[2], parts[3]),
		"another's name":    rejoined(parts[0], others[1], others[2], others[3]),
		"no such name":      rejoined("bm9ib2R5", parts[1], parts[2], parts[3]),
		"the empty token's": rejoined("ZW1wdHk", parts[1], parts[2], parts[3]),
		"no base64":         rejoined("%", parts[1], parts[2], parts[3]),
		"one part more":     cookie.Value + ".x",
	} {
		w := with(h, "GET", path, &http.Cookie{Name: cookie.Name, Value: value}, nil)
		if w.Code != http.StatusUnauthorized {
			t.Errorf("%s: got %d %s, want 401", name, w.Code, w.Body)
		}
	}
	twice := http.Header{"Cookie": {cookie.Name + "=" + cookie.Value + "; " + cookie.Name + "=" + cookie.Value}}
	wantProblem(t, with(h, "GET", path, cookie, twice), http.StatusUnauthorized, "unauthorized")
}

// TestSessionsHoldAtEveryReceiver: of the same tokens, and of no others.
func TestSessionsHoldAtEveryReceiver(t *testing.T) {
	t.Parallel()
	h, _ := newAPI(store{}, nil)
	cookie, _ := session(t, h, "ops-token")
	another, _ := newAPI(store{}, nil)
	if w := with(another, "GET", path, cookie, nil); w.Code != http.StatusOK {
		t.Errorf("at another receiver: got %d", w.Code)
	}
	rotated, _ := newAPI(store{}, func(o *api.Options) { o.Tokens[0].Token = secret.New("new-token") })
	wantProblem(t, with(rotated, "GET", path, cookie, nil), http.StatusUnauthorized, "unauthorized")
}

func TestASessionEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h, _ := newAPI(store{}, nil)
		cookie, s := session(t, h, "ops-token")
		if cookie.MaxAge != 12*60*60 || time.Until(s.ExpiresAt) > 12*time.Hour {
			t.Errorf("got %s and %s, want twelve hours", cookie, s.ExpiresAt)
		}
		pass(12*time.Hour - 2*time.Second)
		if w := with(h, "GET", path, cookie, nil); w.Code != http.StatusOK {
			t.Errorf("before its end: got %d", w.Code)
		}
		pass(2 * time.Second)
		wantProblem(t, with(h, "GET", path, cookie, nil), http.StatusUnauthorized, "unauthorized")
	})
}

func TestSignInsThatFail(t *testing.T) {
	t.Parallel()
	for body, code := range map[string]string{
		`{"token":"wrong"}`: "unauthorized", `{"token":""}`: "invalid_payload", `{}`: "invalid_payload",
		`token=ops-token`: "invalid_payload", `{"token":"` + strings.Repeat("x", 5000) + `"}`: "invalid_payload",
	} {
		h, log := newAPI(store{}, nil)
		w := signIn(h, body, "")
		wantProblem(t, w, map[string]int{"unauthorized": 401, "invalid_payload": 400}[code], code)
		if len(w.Result().Cookies()) > 0 || strings.Contains(log.String(), "wrong") {
			t.Errorf("%.40s: got cookies %v, log %s", body, w.Result().Cookies(), log)
		}
	}
	h, _ := newAPI(store{}, nil)
	r := httptest.NewRequest(http.MethodPost, "/api/session", strings.NewReader(`{"token":"ops-token"}`))
	r.Header.Set("Content-Type", "text/plain") // a page of another site may send this
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	wantProblem(t, w, http.StatusBadRequest, "invalid_payload")
	h, _ = newAPI(store{}, func(o *api.Options) { o.Tokens = nil })
	wantProblem(t, signIn(h, `{"token":"ops-token"}`, ""), http.StatusForbidden, "api_not_configured")
}

func TestTooManyWrongSignIns(t *testing.T) {
	t.Parallel()
	h, _ := newAPI(store{}, nil)
	for range 10 {
		wantProblem(t, signIn(h, `{"token":"wrong"}`, ""), http.StatusUnauthorized, "unauthorized")
	}
	wantProblem(t, signIn(h, `{"token":"ops-token"}`, ""), http.StatusTooManyRequests, "too_many_requests")
}

func TestLoopbackIsAskedWhoItIs(t *testing.T) {
	t.Parallel()
	h, _ := newAPI(store{}, func(o *api.Options) { o.Tokens, o.Loopback = nil, true })
	r := httptest.NewRequest(http.MethodGet, "/api/session", nil)
	r.RemoteAddr, r.Host = "127.0.0.1:9", "localhost"
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if want := `{"name":"loopback","scopes":["read","operate","payload"],"csrf":"","expires_at":null}` + "\n"; w.Body.String() != want {
		t.Errorf("got %s, want %s", w.Body, want)
	}
}

// TestLoopbackBehindAProxy: what comes through a proxy of this machine comes
// from somebody else, whether or not the proxy says so.
func TestLoopbackBehindAProxy(t *testing.T) {
	t.Parallel()
	h, _ := newAPI(store{}, func(o *api.Options) { o.Tokens, o.Loopback = nil, true })
	server := httptest.NewServer(h)
	defer server.Close()
	target, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		rewrite func(*httputil.ProxyRequest)
		host    string
		status  int
	}{
		"as most are set up": {func(r *httputil.ProxyRequest) { r.SetURL(target); r.SetXForwarded() }, "", 403},
		"that keeps the host and says nothing": {
			func(r *httputil.ProxyRequest) { r.SetURL(target); r.Out.Host = r.In.Host }, "hooks.example.org", 403,
		},
		"that keeps the host and says for whom": {
			func(r *httputil.ProxyRequest) { r.SetURL(target); r.SetXForwarded(); r.Out.Host = r.In.Host }, "localhost", 403,
		},
		"with X-Real-IP": {
			func(r *httputil.ProxyRequest) { r.SetURL(target); r.Out.Header.Set("X-Real-IP", "192.0.2.1") }, "", 403,
		},
		// Such a proxy cannot be told from this machine's own user: README warns.
		"that rewrites the host and says nothing": {func(r *httputil.ProxyRequest) { r.SetURL(target) }, "", 200},
	}
	for name, tt := range tests {
		proxy := httptest.NewServer(&httputil.ReverseProxy{Rewrite: tt.rewrite})
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, proxy.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = tt.host
		response, err := proxy.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		if response.StatusCode != tt.status {
			t.Errorf("%s: got %d %s, want %d", name, response.StatusCode, readAll(response), tt.status)
		}
		_ = response.Body.Close()
		proxy.Close()
	}
}

func TestACallersAddressIsTheLogs(t *testing.T) {
	t.Parallel()
	h, log := newAPI(store{}, func(o *api.Options) {
		o.Caller = func(*http.Request) netip.Addr { return netip.MustParseAddr("203.0.113.7") }
	})
	call(h, "POST", path+"/retry", "ops-token")
	if !strings.Contains(log.String(), `"remote_ip":"203.0.113.7"`) {
		t.Errorf("got %s", log)
	}
}
