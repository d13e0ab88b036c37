package jira_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"postern/pkg/secret"
	"postern/pkg/source/jira"
	"postern/pkg/verify"
	"postern/pkg/verify/verifytest"
	"postern/pkg/webhook"
)

// published is the example of the vendor's documentation.
const (
	published     = "sha256=a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9"
	publishedKey  = "It's a Secret to Everybody"
	publishedBody = "Hello World!"
)

// administrator is a webhook made with a secret.
func administrator() verifytest.Scheme {
	return verifytest.Scheme{
		New: verifier,
		Sign: func(r *webhook.Request, key secret.Text) {
			r.Header.Set("X-Hub-Signature", sign(key.Reveal(), string(r.Body)))
		},
		Credential: verifytest.Place{Header: "X-Hub-Signature", Prefix: "sha256=", Encoding: verifytest.Hex},
	}
}

// app is a webhook that an app made for itself.
func app() verifytest.Scheme {
	return verifytest.Scheme{
		New: verifier,
		Sign: func(r *webhook.Request, key secret.Text) {
			r.Header.Set("Authorization", "Bearer "+token(key.Reveal(), "HS256", r.ReceivedAt))
		},
		Credential: verifytest.Place{Header: "Authorization", Encoding: verifytest.Base64URL, Cut: func(value string) (before, credential, after string) {
			at := strings.LastIndexByte(value, '.') + 1
			return value[:at], value[at:], ""
		}},
		Tolerance:    verify.DefaultTolerance,
		BodyUnsigned: true,
		SignsAnew:    true, // the Signer makes the signature: it proves more
	}
}

func TestVerificationContract(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]verifytest.Scheme{"a signature": administrator(), "a token": app()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			verifytest.Run(t, s)
		})
	}
}

func FuzzSignature(f *testing.F) { verifytest.Fuzz(f, administrator()) }

func FuzzToken(f *testing.F) { verifytest.Fuzz(f, app()) }

func TestVerification(t *testing.T) {
	t.Parallel()
	now := time.Unix(1767323040, 0)
	if got := sign(publishedKey, publishedBody); got != published {
		t.Fatalf("the vector: got %s, want %s", got, published)
	}
	genuine := "Bearer " + token(publishedKey, "HS256", now)
	wrong := "Bearer " + token("another", "HS256", now)
	tests := map[string]struct {
		signatures, tokens []string
		body               string
		want               error
	}{
		"a signature":                      {[]string{published}, nil, publishedBody, nil},
		"a token":                          {nil, []string{genuine}, publishedBody, nil},
		"both":                             {[]string{published}, []string{genuine}, publishedBody, nil},
		"a signature and a wrong token":    {[]string{published}, []string{wrong}, publishedBody, nil},
		"a wrong signature and a token":    {[]string{sign("another", publishedBody)}, []string{genuine}, publishedBody, verify.ErrRejected},
		"an empty signature and a token":   {[]string{""}, []string{genuine}, publishedBody, nil},
		"an undecodable signature":         {[]string{"sha256="}, []string{genuine}, publishedBody, verify.ErrRejected},
		"a changed body":                   {[]string{published}, nil, publishedBody + " ", verify.ErrRejected},
		"another secret":                   {[]string{sign("another", publishedBody)}, nil, publishedBody, verify.ErrRejected},
		"a token of another secret":        {nil, []string{wrong}, publishedBody, verify.ErrRejected},
		"a token that is not signed":       {nil, []string{"Bearer " + token(publishedKey, "none", now)}, publishedBody, verify.ErrRejected},
		"a token of long ago":              {nil, []string{"Bearer " + token(publishedKey, "HS256", now.Add(-time.Hour))}, publishedBody, verify.ErrOutOfRange},
		"a password":                       {nil, []string{"Basic bW9uYTpzM2NyZXQ="}, publishedBody, verify.ErrRejected},
		"neither":                          {nil, nil, publishedBody, verify.ErrMissing},
		"both empty":                       {[]string{""}, []string{""}, publishedBody, verify.ErrMissing},
		"a signature twice":                {[]string{published, published}, nil, publishedBody, verify.ErrRejected},
		"a signature behind an empty one":  {[]string{"", published}, []string{genuine}, publishedBody, verify.ErrRejected},
		"a token twice":                    {nil, []string{genuine, genuine}, publishedBody, verify.ErrRejected},
		"a signature cut short":            {[]string{published[:30]}, nil, publishedBody, verify.ErrRejected},
		"a token cut short":                {nil, []string{genuine[:len(genuine)-4]}, publishedBody, verify.ErrRejected},
		"a signature of another algorithm": {[]string{"sha1=" + published[7:]}, nil, publishedBody, verify.ErrRejected},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v, err := verifier(secret.New("old"), secret.New(publishedKey))
			if err == nil {
				header := http.Header{"X-Hub-Signature": tt.signatures, "Authorization": tt.tokens}
				err = v.Verify(t.Context(), &webhook.Request{Header: header, Body: []byte(tt.body), ReceivedAt: now})
			}
			if !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
}

func TestWithoutASecretNothingIsTaken(t *testing.T) {
	t.Parallel()
	v, err := verifier()
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]error{"X-Hub-Signature": verify.ErrNotConfigured, "Authorization": verify.ErrNotConfigured, "X-Other": verify.ErrMissing} {
		r := &webhook.Request{Header: http.Header{name: {"sha256=" + strings.Repeat("0", 64)}}}
		if err := v.Verify(t.Context(), r); !errors.Is(err, want) {
			t.Errorf("with %s got %v, want %v", name, err, want)
		}
	}
}

func verifier(secrets ...secret.Text) (verify.Verifier, error) {
	return jira.Source{}.Verification(verify.Keys{Secrets: secrets})
}

func sign(key, body string) string { return "sha256=" + hex.EncodeToString(mac(key, body)) }

// token makes a token as Jira does for an app; it ends when it is made, so that
// the tolerance is what is left.
func token(key, algorithm string, at time.Time) string {
	encode := base64.RawURLEncoding.EncodeToString
	claims := fmt.Sprintf(`{"iss":"client-id","iat":%d,"exp":%d}`, at.Unix(), at.Unix())
	signed := encode([]byte(`{"alg":"`+algorithm+`","typ":"JWT"}`)) + "." + encode([]byte(claims))
	return signed + "." + encode(mac(key, signed))
}

func mac(key, text string) []byte {
	h := hmac.New(sha256.New, []byte(key))
	h.Write([]byte(text))
	return h.Sum(nil)
}

func TestExplain(t *testing.T) {
	t.Parallel()
	now := time.Unix(1767323040, 0)
	mistake := func(name, value, says string) verifytest.Mistake {
		v, err := verifier(secret.New(publishedKey))
		if err != nil {
			t.Fatal(err)
		}
		r := &webhook.Request{Header: http.Header{}, Body: []byte(publishedBody), ReceivedAt: now}
		r.Header.Set(name, value)
		return verifytest.Mistake{Verifier: v, Request: r, Says: says, Hidden: []secret.Text{secret.New(publishedKey)}}
	}
	verifytest.RunExplain(t, map[string]verifytest.Mistake{
		"neither":              mistake("X-Else", "x", "is a secret set at the sender?"),
		"a newline there":      mistake("X-Hub-Signature", sign(publishedKey+"\n", publishedBody), "a trailing newline at the sender"),
		"in another header":    mistake("X-Hub-Signature-256", published, "the signature stands in X-Hub-Signature-256"),
		"a token of another":   mistake("Authorization", "Bearer "+token("another-secret", "HS256", now), ""),
		"a token of old":       mistake("Authorization", "Bearer "+token(publishedKey, "HS256", now.Add(-time.Hour)), "the token expired 3600 s ago"),
		"a newline in a token": mistake("Authorization", "Bearer "+token(publishedKey+"\n", "HS256", now), "a trailing newline at the sender"),
		"a token alone":        mistake("Authorization", token(publishedKey, "HS256", now), "the sender must write Bearer before it"),
		"a stranger":           mistake("X-Hub-Signature", sign("another-secret", publishedBody), ""),
	})
}
