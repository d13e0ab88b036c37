package verify_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"postern/pkg/secret"
	"postern/pkg/verify"
	"postern/pkg/verify/ed25519"
	"postern/pkg/verify/field"
	"postern/pkg/verify/hmac"
	"postern/pkg/verify/query"
	"postern/pkg/verify/sns"
	"postern/pkg/verify/token"
	"postern/pkg/verify/twilio"
	"postern/pkg/webhook"
)

func request(body string) *webhook.Request {
	now := time.Unix(1_700_000_000, 0)
	return &webhook.Request{
		Method: http.MethodPost, URL: "https://hooks.example.com/hook?a=1", RawQuery: "a=1", ReceivedAt: now,
		Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte(body),
	}
}

func texts(s ...string) (all []secret.Text) {
	for _, text := range s {
		all = append(all, secret.New(text))
	}
	return all
}

func signature(t *testing.T, secrets ...string) verify.Verifier {
	t.Helper()
	v, err := hmac.Scheme{Header: "X-Sig"}.Verifier(verify.Keys{Secrets: texts(secrets...)})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// TestAllSignsForEveryCheck: what one check writes, another covers, whichever
// comes first.
func TestAllSignsForEveryCheck(t *testing.T) {
	t.Parallel()
	address, err := twilio.New(twilio.Config{}, verify.Keys{Secrets: texts("auth")})
	if err != nil {
		t.Fatal(err)
	}
	inBody := field.Verifier{Field: "token", Tokens: texts("in-body")}
	inQuery := query.Verifier{Param: "key", Tokens: texts("a&b")}
	for name, v := range map[string]verify.Verifier{
		"before": verify.All(signature(t, "s", "t"), address, inBody, inQuery),
		"after":  verify.All(inBody, inQuery, address, signature(t, "s", "t")),
	} {
		r := request(`{"x":1}`)
		if err := verify.SignAs(v, r, r.ReceivedAt); err != nil {
			t.Fatal(err)
		}
		if err := v.Verify(t.Context(), r); err != nil {
			t.Errorf("%s: got %v, want nil", name, err)
		}
		if !strings.HasPrefix(r.RawQuery, "a=1&") || !strings.Contains(r.RawQuery, "&key=a%26b") || !strings.HasSuffix(r.URL, "?"+r.RawQuery) {
			t.Errorf("%s: got the query %q of %q", name, r.RawQuery, r.URL)
		}
	}
}

func TestWhatCannotBeSignedSaysWhy(t *testing.T) {
	t.Parallel()
	public, err := ed25519.New(ed25519.Config{Header: "X-Sig", PublicKey: strings.Repeat("00", 32)}, verify.Keys{})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		v    verify.Verifier
		want error
		text string
	}{
		"no check at all":       {verify.All(), verify.ErrNotConfigured, "no secret"},
		"one without a secret":  {verify.All(signature(t), token.Verifier{Header: "X"}), verify.ErrNotConfigured, "no secret"},
		"a key of somebody's":   {sns.New(verify.Keys{}), verify.ErrCannotSign, "only Amazon"},
		"a public key":          {verify.All(signature(t, "s"), public), verify.ErrCannotSign, "private key"},
		"a check that says not": {silent{}, verify.ErrCannotSign, "does not say"},
	} {
		r := request("{}")
		if err := verify.SignAs(c.v, r, r.ReceivedAt); !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.text) {
			t.Errorf("%s: got %v, want %v that says %q", name, err, c.want, c.text)
		}
	}
}

type silent struct{ verify.Verifier }

func TestAllGivesThePrivateKeyToWhoNeedsIt(t *testing.T) {
	t.Parallel()
	seed := strings.Repeat("07", 32)
	public, err := ed25519.New(ed25519.Config{
		Header: "X-Ed", PublicKey: "ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c",
	}, verify.Keys{})
	if err != nil {
		t.Fatal(err)
	}
	both := verify.All(public, signature(t, "s"))
	signer, err := both.(verify.KeySigner).SignerOf(secret.New(seed))
	if err != nil {
		t.Fatal(err)
	}
	r := request("{}")
	if err := errors.Join(signer.Sign(r, r.ReceivedAt), both.Verify(t.Context(), r)); err != nil {
		t.Errorf("got %v, want nil", err)
	}
	for name, v := range map[string]verify.Verifier{"of another form": both, "that nobody takes": verify.All(signature(t, "s"), signature(t, "t"))} {
		key := "no key"
		if name == "that nobody takes" {
			key = seed
		}
		if _, err := v.(verify.KeySigner).SignerOf(secret.New(key)); !errors.Is(err, verify.ErrCannotSign) || strings.Contains(err.Error(), key) {
			t.Errorf("a key %s: got %v, want verify.ErrCannotSign without it", name, err)
		}
	}
}

func TestSetQueryKeepsTheRest(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"":                      "k=v%2B",
		"a=1&b=%20+":            "a=1&b=%20+&k=v%2B",
		"k=old&a=1&%6b=older&k": "k=v%2B&a=1",
		"%zz&a":                 "%zz&a&k=v%2B",
	} {
		r := &webhook.Request{RawQuery: raw, URL: "https://h/x?" + raw}
		verify.SetQuery(r, "k", "v+")
		if r.RawQuery != want || r.URL != "https://h/x?"+want {
			t.Errorf("%q: got %q of %q, want %q", raw, r.RawQuery, r.URL, want)
		}
	}
}
