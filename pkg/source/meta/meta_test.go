package meta_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"postern/pkg/secret"
	"postern/pkg/source/meta"
	"postern/pkg/source/sourcetest"
	"postern/pkg/verify"
	"postern/pkg/verify/verifytest"
	"postern/pkg/webhook"
)

// suite has the word that the greeting's golden case knows.
func suite(tb testing.TB) sourcetest.Suite {
	tb.Helper()
	s, err := meta.New(meta.Settings{VerifyToken: secret.New("word")})
	if err != nil {
		tb.Fatal(err)
	}
	return sourcetest.Suite{Source: s}
}

func TestContract(t *testing.T) { sourcetest.Run(t, suite(t)) }

func FuzzMeta(f *testing.F) { sourcetest.Fuzz(f, suite(f)) }

func TestDefinition(t *testing.T) {
	t.Parallel()
	d := meta.Definition()
	if d.Name != "meta" || !d.Duplicates {
		t.Errorf("Definition() = %+v, want meta with duplicates", d)
	}
	for name, c := range map[string]struct {
		token secret.Text
		fault bool
	}{"written": {secret.New("x"), false}, "not written": {secret.Text{}, false}, "empty": {secret.New(""), true}} {
		_, err := d.Build(func(into any) error {
			into.(*meta.Settings).VerifyToken = c.token
			return nil
		})
		if (err != nil) != c.fault || err != nil && !strings.HasPrefix(err.Error(), "verify_token: ") {
			t.Errorf("%s: got %v, want an error: %t", name, err, c.fault)
		}
	}
}

func TestVerification(t *testing.T) {
	t.Parallel()
	const body = `{"hello":"wörld"}`
	genuine := sign("test-secret", body)
	if want := "sha256=8cbcc5e800d167afca2d93df1400b54b061e98b8e417d9c6450385633af3cd73"; genuine != want {
		t.Fatalf("the vector: got %s, want %s", genuine, want)
	}
	tests := map[string]struct {
		signature, body string
		want            error
	}{
		"genuine":            {genuine, body, nil},
		"another secret":     {sign("another", body), body, verify.ErrRejected},
		"changed body":       {genuine, body + " ", verify.ErrRejected},
		"the old header's":   {"sha1=" + genuine[7:], body, verify.ErrRejected},
		"an empty signature": {"sha256=", body, verify.ErrRejected},
		"none":               {"", body, verify.ErrMissing},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v, err := meta.Source{}.Verification(verify.Keys{Secrets: []secret.Text{secret.New("test-secret")}})
			if err == nil {
				err = v.Verify(t.Context(), &webhook.Request{Header: http.Header{"X-Hub-Signature-256": {tt.signature}}, Body: []byte(tt.body)})
			}
			if !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
}

// Whoever knows the token is greeted before: what is refused here has another.
func TestAGreetingThatIsNotAnswered(t *testing.T) {
	t.Parallel()
	const genuine = "hub.mode=subscribe&hub.challenge=1&hub.verify_token="
	mistake := func(configured, query, says string) verifytest.Mistake {
		s := meta.Source{}
		if configured != "" {
			made, err := meta.New(meta.Settings{VerifyToken: secret.New(configured)})
			if err != nil {
				t.Fatal(err)
			}
			s = made
		}
		v, err := s.Verification(verify.Keys{Secrets: []secret.Text{secret.New("test-secret")}})
		if err != nil {
			t.Fatal(err)
		}
		r := &webhook.Request{Method: http.MethodGet, RawQuery: query}
		if err := v.Verify(t.Context(), r); !errors.Is(err, verify.ErrRejected) || !strings.Contains(err.Error(), "verify_token") {
			t.Errorf("%s: got %v, want a wrong verify_token", query, err)
		}
		return verifytest.Mistake{Verifier: v, Request: r, Says: says, Hidden: []secret.Text{secret.New("the-word")}}
	}
	verifytest.RunExplain(t, map[string]verifytest.Mistake{
		"another token":      mistake("the-word", genuine+"x", "another than the one configured here"),
		"in capitals":        mistake("the-word", genuine+"The-Word", "in upper and lower case only"),
		"none is configured": mistake("", genuine+"the-word", "this endpoint has none"),
	})
}

func TestGreet(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		token, method, query string
		want                 string
	}{
		"the right token":      {"word", "GET", "hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=word", "1158201444"},
		"markup stays text":    {"word", "GET", "hub.mode=subscribe&hub.challenge=%3Cb%3E&hub.verify_token=word", "<b>"},
		"a wrong token":        {"word", "GET", "hub.mode=subscribe&hub.challenge=1&hub.verify_token=words", ""},
		"no token":             {"word", "GET", "hub.mode=subscribe&hub.challenge=1", ""},
		"none is configured":   {"", "GET", "hub.mode=subscribe&hub.challenge=1&hub.verify_token=", ""},
		"another mode":         {"word", "GET", "hub.mode=unsubscribe&hub.challenge=1&hub.verify_token=word", ""},
		"no challenge":         {"word", "GET", "hub.mode=subscribe&hub.verify_token=word", ""},
		"two tokens":           {"word", "GET", "hub.mode=subscribe&hub.challenge=1&hub.verify_token=word&hub.verify_token=x", ""},
		"too long a challenge": {"word", "GET", "hub.mode=subscribe&hub.verify_token=word&hub.challenge=" + strings.Repeat("x", 1025), ""},
		"by POST":              {"word", "POST", "hub.mode=subscribe&hub.challenge=1&hub.verify_token=word", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			settings := meta.Settings{}
			if tt.token != "" {
				settings.VerifyToken = secret.New(tt.token)
			}
			s, err := meta.New(settings)
			if err != nil {
				t.Fatal(err)
			}
			answer, ok := s.Greet(&webhook.Request{Method: tt.method, RawQuery: tt.query, Header: http.Header{}})
			if _, withBody := s.Greet(&webhook.Request{Method: tt.method, RawQuery: tt.query, Body: []byte("{}")}); withBody {
				t.Error("what has a body was greeted")
			}
			if ok != (tt.want != "") || string(answer.Body) != tt.want {
				t.Fatalf("got %t with %q, want %q", ok, answer.Body, tt.want)
			}
			if ok && (answer.Status != http.StatusOK || answer.Header.Get("Content-Type") != "text/plain; charset=utf-8" ||
				answer.Header.Get("X-Content-Type-Options") != "nosniff") {
				t.Errorf("got %+v, want 200 as plain text", answer)
			}
		})
	}
}

func TestTimes(t *testing.T) {
	t.Parallel()
	want := time.Unix(1767322800, 0).UTC()
	for name, value := range map[string]string{
		"seconds":           `{"created_time":1767322800}`,
		"milliseconds":      `{"timestamp":1767322800000}`,
		"seconds as a text": `{"messages":[{"timestamp":"1767322800"}]}`,
		"a date":            `{"created_time":"2026-01-02T03:00:00+0000"}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			events, err := meta.Source{}.Events(&webhook.Request{Body: []byte(`{"entry":[{"changes":[{"value":` + value + `}]}]}`)})
			if err != nil || len(events) != 1 || !events[0].OccurredAt.Equal(want) {
				t.Errorf("got %+v, %v, want %s", events, err, want)
			}
		})
	}
}

func sign(key, body string) string {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(body))
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}
