package notion_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"postern/pkg/source/notion"
	"postern/pkg/verify"
)

func TestTheFirstTokenIsEchoed(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		method, body string
		want         bool
	}{
		"the token alone":   {http.MethodPost, `{"verification_token":"secret_abc"}`, true},
		"more beside it":    {http.MethodPost, `{"verification_token":"secret_abc","type":"page.created"}`, false},
		"an empty one":      {http.MethodPost, `{"verification_token":""}`, false},
		"no text":           {http.MethodPost, `{"verification_token":1}`, false},
		"markup with space": {http.MethodPost, `{"verification_token":"<a b>"}`, false},
		"too long":          {http.MethodPost, `{"verification_token":"` + strings.Repeat("x", 1025) + `"}`, false},
		"by GET":            {http.MethodGet, `{"verification_token":"secret_abc"}`, false},
		"no JSON":           {http.MethodPost, `verification_token`, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := request("Content-Type", "application/json", tt.body)
			r.Method = tt.method
			answer, ok := notion.Source{}.Greet(r)
			if ok != tt.want {
				t.Fatalf("greeted %t, want %t", ok, tt.want)
			}
			if got := (notion.Source{}).Entrust(r).Reveal(); (got == "secret_abc") != tt.want || !tt.want && got != "" {
				t.Errorf("entrusted with %q, want what is echoed", got)
			}
			if ok && (string(answer.Body) != "secret_abc" || answer.Status != http.StatusOK ||
				answer.Header.Get("Content-Type") != "text/plain; charset=utf-8" || answer.Header.Get("X-Content-Type-Options") != "nosniff") {
				t.Errorf("got %+v, want the token as plain text", answer)
			}
		})
	}
}

func TestWithoutASecretOnlyTheHandshakeIsTaken(t *testing.T) {
	t.Parallel()
	v, err := notion.Source{}.Verification(verify.Keys{})
	if err != nil {
		t.Fatal(err)
	}
	if c, ok := v.(interface{ Configured() bool }); !ok || !c.Configured() {
		t.Error("the verifier does not say that it is configured, want it to")
	}
	if err := v.Verify(t.Context(), request("X-Notion-Signature", "sha256=00", `{}`)); !errors.Is(err, verify.ErrNotConfigured) {
		t.Errorf("got %v, want %v", err, verify.ErrNotConfigured)
	}
}
