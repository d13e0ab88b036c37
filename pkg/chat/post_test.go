package chat_test

import (
	"context"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"postern/pkg/chat"
	"postern/pkg/retry"
	"postern/pkg/secret"
)

func server(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

func TestPostSendsWhatItIsGiven(t *testing.T) {
	t.Parallel()
	base := server(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("X-Seen", r.Method+" "+r.URL.RequestURI()+" "+r.Header.Get("X-One")+" "+string(body))
		w.WriteHeader(http.StatusTeapot)
		_, _ = io.WriteString(w, strings.Repeat("x", 100<<10))
	})
	a, err := chat.Post(t.Context(), nil, chat.Call{
		Method: http.MethodPut, URL: base + "/a%2Fb?c=d", Header: http.Header{"x-one": {"1"}}, Body: []byte("body"),
	})
	if err != nil {
		t.Fatal(err)
	}
	if want := "PUT /a%2Fb?c=d 1 body"; a.Header.Get("X-Seen") != want || a.Status != http.StatusTeapot {
		t.Errorf("%d %q, want %d %q", a.Status, a.Header.Get("X-Seen"), http.StatusTeapot, want)
	}
	if len(a.Body) != 64<<10 {
		t.Errorf("%d bytes of the refusal were read, want 64 KiB", len(a.Body))
	}
	if got := chat.Runes.Len(a.Err("").Error()); got > 400 {
		t.Errorf("the error repeats %d runes of the reply", got)
	}
}

func TestALongYesIsReadToItsEnd(t *testing.T) {
	t.Parallel()
	for size, read := range map[int]int{900 << 10: 900 << 10, 2 << 20: 1 << 20} {
		base := server(t, func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, strings.Repeat("x", size))
		})
		a, err := chat.Post(t.Context(), nil, chat.Call{URL: base})
		if err != nil || len(a.Body) != read {
			t.Errorf("%d of %d bytes were read, want %d: %v", len(a.Body), size, read, err)
		}
	}
}

func TestPostSaysWhatBecameOfIt(t *testing.T) {
	t.Parallel()
	plain := server(t, func(http.ResponseWriter, *http.Request) {})
	torn := server(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		panic(http.ErrAbortHandler)
	})
	secure := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(secure.Close)
	cases := map[string]struct {
		url  string
		want retry.Kind
	}{
		"no such host":          {"http://nowhere.invalid/secret-key", retry.Again},
		"refused":               {"http://127.0.0.1:1/secret-key", retry.Again},
		"TLS that nobody knows": {secure.URL + "/secret-key", retry.Again},
		"TLS to plain HTTP":     {strings.Replace(plain, "http:", "https:", 1) + "/secret-key", retry.Again},
		"torn off":              {torn + "/secret-key", retry.Lost},
		"no URL":                {"http://secret-key\x7f/", retry.Hopeless},
		"no host":               {"http:///secret-key", retry.Hopeless},
		"no scheme":             {"//127.0.0.1:1/secret-key", retry.Again},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := chat.Post(t.Context(), &http.Client{}, chat.Call{URL: c.url})
			if err == nil {
				t.Fatal("no error")
			}
			if got := retry.AdviceOn(err).Kind; got != c.want {
				t.Errorf("advice %v, want %v: %v", got, c.want, err)
			}
			var u *url.Error
			if errors.As(err, &u) || strings.Contains(err.Error(), "secret-key") {
				t.Errorf("the error holds the URL: %v", err)
			}
		})
	}
}

func TestPostCanceledBeforeItsTurn(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := chat.Post(ctx, nil, chat.Call{URL: "http://127.0.0.1:1/"})
	if !errors.Is(err, context.Canceled) || retry.AdviceOn(err).Kind != retry.Again {
		t.Errorf("%v (%+v), want a plain context.Canceled", err, retry.AdviceOn(err))
	}
}

func TestNoSecretInErrorsHoweverThePlatformPutsIt(t *testing.T) {
	t.Parallel()
	said := map[string]string{
		"as it is":         "bad token to/ken=",
		"in a path":        "bad token to%2Fken=",
		"in a query":       "bad token to%2Fken%3D",
		"broken up":        "bad\n\ttoken  to/ken=",
		"url":              "cannot post to {url}",
		"path":             "cannot post to /hooks/path-key?q=query-key",
		"segment":          "no hook path-key",
		"query":            "no query-key here",
		"before long":      strings.Repeat("x", 295) + " to/ken=",
		"in JSON":          `{"error":"bad token to\/ken\u003d"}`,
		"in JSON, in JSON": `{"error":"bad token to\\\/ken\\u003D"}`,
		"in HTML":          "bad token to&#47;ken&equals;",
		"in HTML, in JSON": `"bad token to\u0026#x2F;ken="`,
		"in part":          "bad token to/ken%3d",
		"in other letters": "bad token TO%2fKen= of /HOOKS/Path-Key",
		"on lines":         `"bad\ntoken\nto\/ken="`,
	}
	for name, words := range said {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			base := server(t, func(w http.ResponseWriter, r *http.Request) {
				w.WriteHeader(http.StatusBadRequest)
				_, _ = io.WriteString(w, strings.ReplaceAll(words, "{url}", "http://"+r.Host+r.RequestURI))
			})
			a, err := chat.Post(t.Context(), nil, chat.Call{
				URL: base + "/hooks/path-key?q=query-key", Secrets: []secret.Text{secret.New("to/ken="), {}},
			})
			if err != nil {
				t.Fatal(err)
			}
			for _, err := range []error{a.Err(""), a.Refusal(""), a.Err(string(a.Body)), a.Later(0, ""), a.Decode(new(int))} {
				plain := html.UnescapeString(strings.NewReplacer(`\`, "", "u003d", "=", "u0026", "&").Replace(strings.ToLower(err.Error())))
				for _, hidden := range []string{"to/ken", "to%2fken", "path-key", "query-key", " to/", "&#47;", "\n"} {
					if strings.Contains(plain, hidden) {
						t.Errorf("%q is shown: %v", hidden, err)
					}
				}
			}
		})
	}
}

// FuzzNoSecretInErrors escapes each character of the secret in a way of its own.
func FuzzNoSecretInErrors(f *testing.F) {
	for _, s := range []string{"SECR/ET+abc==", `a"b\c<d>&e`, "a%3Db=", "&amp;lt;%%41", `\u0041/`, "Kelvin", " a  b "} {
		f.Add(s, []byte{0, 1, 2, 3, 4, 5})
	}
	f.Fuzz(func(t *testing.T, key string, ways []byte) {
		key = strings.Join(strings.Fields(chat.Clean(key)), "")
		if len(key) < 4 || len(key) > 100 || len(ways) == 0 || strings.ContainsAny(key, "*") {
			t.Skip("no key")
		}
		if strings.ContainsAny(key, `\%&`) { // mixed with others, they mean nothing certain
			ways = ways[:1]
		}
		var escaped strings.Builder
		for i, r := range []rune(key) {
			escaped.WriteString(written(r, ways[i%len(ways)]))
		}
		said := escaped.String()
		if shown := chat.Words("no "+said+" here", secret.New(key)); strings.Contains(shown, said) || strings.Contains(shown, key) {
			t.Errorf("%q is shown of %q: %q", key, said, shown)
		}
	})
}

// written is r as a platform may repeat it.
func written(r rune, way byte) string {
	switch {
	case r > 'z':
		return string(r)
	case way%6 == 1:
		return fmt.Sprintf(`\u%04x`, r)
	case way%6 == 2:
		return fmt.Sprintf("&#%d;", r)
	case way%6 == 3:
		return fmt.Sprintf("%%%02x", r)
	case way%6 == 4:
		return html.EscapeString(string(r))
	case way%6 == 5:
		return strings.ToUpper(string(r))
	}
	return string(r)
}

func TestParseRetryAfter(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, time.November, 24, 2, 0, 0, 0, time.UTC)
	cases := map[string]struct {
		want time.Duration
		ok   bool
	}{
		"7":                               {7 * time.Second, true},
		" 0 ":                             {0, true},
		"0.25":                            {250 * time.Millisecond, true},
		"1.":                              {time.Second, true},
		"900":                             {15 * time.Minute, true},
		"901":                             {15 * time.Minute, true},
		strings.Repeat("9", 400):          {15 * time.Minute, true},
		"Tue, 24 Nov 2026 02:00:30 GMT":   {30 * time.Second, true},
		"Tuesday, 24-Nov-26 02:00:30 GMT": {30 * time.Second, true},
		"Tue, 24 Nov 2026 01:00:00 GMT":   {0, true},
		"Wed, 25 Nov 2026 02:00:00 GMT":   {15 * time.Minute, true},
		"":                                {0, false},
		"-5":                              {0, false},
		"NaN":                             {0, false},
		"Inf":                             {0, false},
		"1e9":                             {0, false},
		"soon":                            {0, false},
	}
	for in, c := range cases {
		got, ok := chat.ParseRetryAfter(in, now)
		if got != c.want || ok != c.ok {
			t.Errorf("ParseRetryAfter(%.40q) = %v, %v, want %v, %v", in, got, ok, c.want, c.ok)
		}
	}
}

func FuzzParseRetryAfter(f *testing.F) {
	for _, s := range []string{"", "7", "1.5", "NaN", "-1", "Tue, 24 Nov 2026 02:00:30 GMT", "1e400", "0x10"} {
		f.Add(s)
	}
	now := time.Date(2026, time.November, 24, 2, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, s string) {
		if d, _ := chat.ParseRetryAfter(s, now); d < 0 || d > 15*time.Minute {
			t.Errorf("ParseRetryAfter(%q) = %v, want 0 to 15 minutes", s, d)
		}
	})
}

func TestHook(t *testing.T) {
	t.Parallel()
	hook := "https://hooks.example.com/a%2Fb/secret?key=%41#top"
	cases := map[string]struct{ hook, api, want string }{
		"the platform's own": {hook, "", hook},
		"another host":       {hook, "http://127.0.0.1:1234/", "http://127.0.0.1:1234/a%2Fb/secret?key=%41"},
		"a path before":      {hook, "https://proxy.example.com/chat/", "https://proxy.example.com/chat/a%2Fb/secret?key=%41"},
		"no api_url":         {hook, "proxy.example.com", ""},
		"a query before":     {hook, "https://proxy.example.com/?a", ""},
		"no hook":            {"", "https://proxy.example.com", ""},
		"no URL":             {"hooks.example.com/secret", "", ""},
	}
	for name, c := range cases {
		got, err := chat.Hook(secret.New(c.hook), c.api)
		if got != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%s: Hook(%q, %q) = %q, %v, want %q", name, c.hook, c.api, got, err, c.want)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: the error shows the address: %v", name, err)
		}
	}
}

func TestBase(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ api, want string }{
		"the platform's own": {"", "https://api.example.com"},
		"another host":       {"http://127.0.0.1:1234/", "http://127.0.0.1:1234"},
		"a path before":      {"https://proxy.example.com/chat/", "https://proxy.example.com/chat"},
		"a query":            {"https://proxy.example.com/?a", ""},
		"no scheme":          {"proxy.example.com", ""},
	}
	for name, c := range cases {
		got, err := chat.Base(c.api, "https://api.example.com")
		if got != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%s: Base(%q) = %q, %v, want %q", name, c.api, got, err, c.want)
		}
	}
}
