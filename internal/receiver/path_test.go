package receiver_test

import (
	"bufio"
	"net/http"
	"strings"
	"testing"
)

// asRead gives the request that a server reads for a target; false where it
// reads none.
func asRead(target string) (*http.Request, bool) {
	if strings.ContainsAny(target, " \r\n") {
		return nil, false
	}
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader("GET " + target + " HTTP/1.1\r\nHost: x\r\nX-Key: s3cret\r\n\r\n")))
	return r, err == nil
}

const prefix = "/api/plugin/acme.repos/webhook"

func TestPathIsTakenAsItCame(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		target string
		status int
	}{
		"a literal":            {prefix + "/github", 202},
		"a parameter":          {prefix + "/resource/1/delete", 202},
		"an escaped character": {prefix + "/resource/a%20b/delete", 202},
		"a bare character that should be escaped":      {prefix + "/resource/a|b/delete", 202},
		"an escaped slash":                             {prefix + "/resource/a%2Fdelete", 404},
		"an escaped slash beside a bare character":     {prefix + "/resource/a|%2Fdelete", 404},
		"escaped dots beside a bare character":         {prefix + "/resource/%2e%2e/delete|", 404},
		"escaped dots":                                 {prefix + "/resource/%2e%2E/delete", 404},
		"dots":                                         {prefix + "/resource/../delete", 404},
		"an escaped slash behind the plugin":           {"/api/plugin/acme.repos%2Fwebhook/github", 404},
		"an escaped slash in the plugin":               {"/api/plugin/x%2Facme.repos/webhook/github", 404},
		"an escaped plugin":                            {"/api/plugin/acme%2Erepos/webhook/github", 404},
		"no plugin":                                    {"/api/plugin//webhook/github", 404},
		"double slash before":                          {"//api/plugin/acme.repos/webhook/github", 404},
		"double slash within":                          {"/api/plugin/acme.repos//webhook/github", 404},
		"double slash behind":                          {prefix + "//github", 404},
		"no endpoint":                                  {prefix + "/", 404},
		"no slash":                                     {prefix, 404},
		"another case":                                 {"/API/plugin/acme.repos/webhook/github", 404},
		"a trailing slash":                             {prefix + "/github/", 404},
		"another path of the API":                      {"/api/nothing", 404},
		"the root":                                     {"/", 404},
		"a whole URL, as proxies are sent":             {"http://x" + prefix + "/github", 202},
		"a query with a slash":                         {prefix + "/github?a=/../b", 202},
		"the server itself":                            {"*", 404},
		"a percent sign beside a bare character":       {prefix + "/resource/|%25%32%46/delete", 202},
		"an escaped slash in a literal, bare behind":   {prefix + "%2Fgithub|", 404},
		"a backslash is not a slash":                   {prefix + `\github`, 404},
		"a semicolon belongs to the segment":           {prefix + "/github;a=b", 404},
		"an escaped literal is not the literal itself": {prefix + "/git%68ub", 404},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, ok := asRead(tt.target)
			if !ok {
				t.Fatalf("%q is not read by the server", tt.target)
			}
			h := newHouse(t, nil, endpoint("/github"), endpoint("/resource/{id}/delete"))
			w := h.do(r)
			if tt.status == 404 {
				wantProblem(t, w, 404, "not_found")
			} else if w.Code != tt.status {
				t.Errorf("got %d %s, want %d", w.Code, w.Body, tt.status)
			}
		})
	}
}

func FuzzPath(f *testing.F) {
	for _, seed := range []string{"/github", "/resource/1/delete", "/resource/a|%2Fdelete", "/../github", "//", "/%2e%2e/", "/{%2F", "/#"} {
		f.Add(prefix + seed)
	}
	f.Add("/api/plugin/%2F/webhook/")
	f.Add("*")
	f.Fuzz(func(t *testing.T, target string) {
		r, ok := asRead(target)
		if !ok || !strings.HasPrefix(target, "/") {
			return
		}
		h := newHouse(t, nil, endpoint("/github"), endpoint("/resource/{id}/delete"))
		w := h.do(r)
		path, _, _ := strings.Cut(target, "?")
		switch w.Code {
		case http.StatusNotFound:
		case http.StatusOK:
			if path != "/healthz" && path != "/readyz" {
				t.Fatalf("%q was answered with 200", target)
			}
		case http.StatusAccepted:
			if got := prefix + h.jobs.taken()[0].Request.Path; got != path {
				t.Fatalf("%q was taken for %q", path, got)
			}
		default:
			t.Fatalf("%q: %d %s", target, w.Code, w.Body)
		}
	})
}
