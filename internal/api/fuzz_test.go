package api_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"postern/internal/api"
)

// Nothing but a known token opens the door, whatever is shown.
func FuzzAuthorization(f *testing.F) {
	for _, seed := range []string{"Bearer ops-token", "Bearer  ops-token ", "bearer wrong", "Bearer", "", "Basic eA==", "Bearer mute-token"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, shown string) {
		h, _ := newAPI(store{}, nil)
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.Header["Authorization"] = []string{shown}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		token := strings.Trim(shown[min(len(shown), len("bearer ")):], " ")
		if w.Code == http.StatusOK && token != "ops-token" && token != "view-token" {
			t.Fatalf("%q opened the door", shown)
		}
	})
}

// A Host that this machine's user may name has no name of another's.
func FuzzLoopbackHost(f *testing.F) {
	for _, seed := range []string{"localhost:80", "[::1]", "127.0.0.1", "evil.example", "[::1%25lo]:80", "[localhost]", "[localhost", "127.1", "localhost:80:80", "[::ffff:127.0.0.1]:1", "::1", "]["} {
		f.Add(seed)
	}
	h, _ := newAPI(store{}, func(o *api.Options) { o.Tokens, o.Loopback = nil, true })
	f.Fuzz(func(t *testing.T, host string) {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.RemoteAddr, r.Host = "127.0.0.1:9", host
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			return
		}
		name := (&url.URL{Host: host}).Hostname()
		if !strings.EqualFold(name, "localhost") && !strings.HasPrefix(name, "127.") && !strings.Contains(name, ":") {
			t.Fatalf("%q passed for this machine", host)
		}
	})
}
