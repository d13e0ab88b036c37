package compat_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"postern/pkg/verify"
)

// issuer signs tokens in one algorithm.
type issuer struct {
	method   jwt.SigningMethod
	private  any
	public   any
	settings map[string]string
	secrets  []string
}

// issuers give each algorithm that the scheme takes.
func issuers(t *testing.T) []issuer {
	t.Helper()
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	ecKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return []issuer{
		{jwt.SigningMethodHS256, []byte(shared), []byte(shared), map[string]string{"algorithm": "HS256"}, []string{shared}},
		{jwt.SigningMethodRS256, rsaKey, &rsaKey.PublicKey, map[string]string{"algorithm": "RS256", "public_key": written(t, &rsaKey.PublicKey)}, nil},
		{jwt.SigningMethodES256, ecKey, &ecKey.PublicKey, map[string]string{"algorithm": "ES256", "public_key": written(t, &ecKey.PublicKey)}, nil},
	}
}

func written(t *testing.T, public any) string {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

// TestTokens: what golang-jwt signs the scheme takes, and what it is not to
// take it refuses: another body, another key, another algorithm, none.
func TestTokens(t *testing.T) {
	t.Parallel()
	all := issuers(t)
	for i, is := range all {
		t.Run(is.method.Alg(), func(t *testing.T) {
			t.Parallel()
			r := arrives(asJSON, push)()
			sum := sha256.Sum256(r.Body)
			claims := jwt.MapClaims{
				"iss": "acme", "aud": []string{"postern", "others"}, "exp": r.ReceivedAt.Add(time.Minute).Unix(), "sha256": hex.EncodeToString(sum[:]),
			}
			settings := map[string]string{"issuer": "acme", "audience": "postern", "body_hash": "sha256"}
			maps.Copy(settings, is.settings)
			v := scheme(t, "jwt", settings, is.secrets...)
			judge := func(what, token string, body []byte, want error) {
				t.Helper()
				r := arrives(asJSON, string(body))()
				r.Header.Set("Authorization", "Bearer "+token)
				if err := v.Verify(t.Context(), r); !errors.Is(err, want) {
					t.Errorf("%s: got %v, want %v", what, err, want)
				}
			}
			judge("genuine", signed(t, is.method, is.private, claims), r.Body, nil)
			judge("another body", signed(t, is.method, is.private, claims), append(bytes.Clone(r.Body), ' '), verify.ErrRejected)
			other := all[(i+1)%len(all)]
			judge("another algorithm", signed(t, other.method, other.private, claims), r.Body, verify.ErrRejected)
			judge("none", signed(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, claims), r.Body, verify.ErrRejected)
			if public := is.settings["public_key"]; public != "" {
				judge("a public key taken for a secret", signed(t, jwt.SigningMethodHS256, []byte(public), claims), r.Body, verify.ErrRejected)
			}
			claims["exp"] = r.ReceivedAt.Add(-time.Hour).Unix()
			judge("an hour late", signed(t, is.method, is.private, claims), r.Body, verify.ErrOutOfRange)
		})
	}
}

func signed(t *testing.T, method jwt.SigningMethod, key any, claims jwt.MapClaims) string {
	t.Helper()
	token, err := jwt.NewWithClaims(method, claims).SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// TestOurTokens: a token that is put together by hand, as our own tests do it,
// is one to golang-jwt, too.
func TestOurTokens(t *testing.T) {
	t.Parallel()
	encode := func(v any) string {
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return base64.RawURLEncoding.EncodeToString(b)
	}
	body := sha256.Sum256([]byte(push))
	text := encode(map[string]string{"alg": "HS256", "typ": "JWT"}) + "." +
		encode(map[string]string{"iss": "netlify", "sha256": hex.EncodeToString(body[:])})
	text += "." + base64.RawURLEncoding.EncodeToString(sum(sha256.New, shared, text))
	parse := func(text string) error {
		_, err := jwt.Parse(text, func(*jwt.Token) (any, error) { return []byte(shared), nil },
			jwt.WithIssuer("netlify"), jwt.WithValidMethods([]string{"HS256"}))
		return err
	}
	if err := parse(text); err != nil {
		t.Errorf("the library refuses it: %v", err)
	}
	if parse(strings.Replace(text, ".", ".e", 1)) == nil {
		t.Error("the library takes it with other claims")
	}
	settings := map[string]string{"header": "X-Webhook-Signature", "algorithm": "HS256", "issuer": "netlify", "body_hash": "sha256"}
	r := arrives(asJSON, push, "X-Webhook-Signature", text)()
	if err := scheme(t, "jwt", settings, shared).Verify(t.Context(), r); err != nil {
		t.Errorf("the scheme refuses it: %v", err)
	}
}
