package ecdsa_test

import (
	"crypto"
	stdecdsa "crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"time"

	"postern/pkg/secret"
	"postern/pkg/verify"
	"postern/pkg/verify/ecdsa"
	"postern/pkg/verify/verifytest"
	"postern/pkg/webhook"
)

func private(curve elliptic.Curve) *stdecdsa.PrivateKey {
	key, err := stdecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		panic(err)
	}
	return key
}

func encode(public crypto.PublicKey) string {
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		panic(err)
	}
	return base64.StdEncoding.EncodeToString(der)
}

var pairs = sync.OnceValue(func() []*stdecdsa.PrivateKey {
	return []*stdecdsa.PrivateKey{private(elliptic.P256()), private(elliptic.P256())}
})

// sign signs with the private key behind a public one: the same message in the
// same way each time, as RFC 6979 says.
func sign(public secret.Text, message string) string {
	for _, pair := range pairs() {
		if encode(pair.Public()) != public.Reveal() {
			continue
		}
		sum := sha256.Sum256([]byte(message))
		signature, err := pair.Sign(nil, sum[:], crypto.SHA256)
		if err != nil {
			panic(err)
		}
		return base64.StdEncoding.EncodeToString(signature)
	}
	return ""
}

func scheme(c ecdsa.Config, s verifytest.Scheme) verifytest.Scheme {
	s.New = func(secrets ...secret.Text) (verify.Verifier, error) {
		return ecdsa.Definition().Build(func(into any) error {
			written := into.(*ecdsa.Config)
			*written = c
			if len(secrets) > 0 {
				written.PublicKey = secrets[0].Reveal()
			}
			return nil
		}, verify.Keys{})
	}
	s.Credential = verifytest.Place{Header: c.Header, Encoding: verifytest.Base64}
	s.Secrets = []secret.Text{secret.New(encode(pairs()[0].Public())), secret.New(encode(pairs()[1].Public()))}
	s.Private = func(public secret.Text) secret.Text {
		for _, pair := range pairs() {
			if der, err := x509.MarshalPKCS8PrivateKey(pair); err == nil && encode(pair.Public()) == public.Reveal() {
				return secret.New(base64.StdEncoding.EncodeToString(der))
			}
		}
		return secret.Text{}
	}
	s.OneSecret = true
	return s
}

func sendGrid() verifytest.Scheme {
	c := ecdsa.SendGrid("")
	return scheme(c, verifytest.Scheme{
		Sign: func(r *webhook.Request, key secret.Text) {
			stamp := strconv.FormatInt(r.ReceivedAt.Unix(), 10)
			r.Header.Set(c.TimestampHeader, stamp)
			r.Header.Set(c.Header, sign(key, stamp+string(r.Body)))
		},
		SignedHeaders: []string{c.TimestampHeader},
		Tolerance:     verify.DefaultTolerance,
	})
}

func bodyAlone() verifytest.Scheme {
	return scheme(ecdsa.Config{Header: "X-Sig"}, verifytest.Scheme{
		Sign: func(r *webhook.Request, key secret.Text) { r.Header.Set("X-Sig", sign(key, string(r.Body))) },
	})
}

func TestContract(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]verifytest.Scheme{"SendGrid": sendGrid(), "the body alone": bodyAlone()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			verifytest.Run(t, s)
		})
	}
}

func FuzzVerify(f *testing.F) { verifytest.Fuzz(f, sendGrid()) }

// TestPublished: the event in the tests of SendGrid's own library.
func TestPublished(t *testing.T) {
	t.Parallel()
	c := ecdsa.SendGrid("MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEEDr2LjtURuePQzplybdC+u4CwrqDqBaWjcMMsTbhdbcwHBcepxo7yAQGhHPTnlvFYPAZFceEu/1FwCM/QmGUhA==")
	v, err := ecdsa.New(c, verify.Keys{})
	if err != nil {
		t.Fatal(err)
	}
	r := &webhook.Request{
		Header: http.Header{}, ReceivedAt: time.Unix(1_588_788_367, 0),
		Body: []byte(`{"category":"example_payload","event":"test_event","message_id":"message_id"}`),
	}
	r.Header.Set(c.TimestampHeader, "1588788367")
	r.Header.Set(c.Header, "MEUCIQCtIHJeH93Y+qpYeWrySphQgpNGNr/U+UyUlBkU6n7RAwIgJTz2C+8a8xonZGi6BpSzoQsbVRamr2nlxFDWYNH2j/0=")
	if err := v.Verify(t.Context(), r); err != nil {
		t.Errorf("got %v, want nil", err)
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	key := encode(pairs()[0].Public())
	edwards, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	verifytest.RunSettings(t, ecdsa.Definition(), map[string]verifytest.Settings{
		"header and key":    {Written: ecdsa.Config{Header: "X-Sig", PublicKey: key}},
		"SendGrid's":        {Written: ecdsa.SendGrid(key)},
		"a key in lines":    {Written: ecdsa.Config{Header: "X-Sig", PublicKey: key[:64] + "\n" + key[64:] + "\n"}},
		"a key in PEM":      {Written: ecdsa.Config{Header: "X-Sig", PublicKey: "-----BEGIN PUBLIC KEY-----\n" + key + "\n-----END PUBLIC KEY-----\n"}},
		"no header":         {Written: ecdsa.Config{PublicKey: key}, Fault: "header"},
		"no key":            {Written: ecdsa.Config{Header: "X-Sig"}, Fault: "public_key"},
		"no base64":         {Written: ecdsa.Config{Header: "X-Sig", PublicKey: "!"}, Fault: "public_key"},
		"no key in base64":  {Written: ecdsa.Config{Header: "X-Sig", PublicKey: "AAAA"}, Fault: "public_key"},
		"another curve":     {Written: ecdsa.Config{Header: "X-Sig", PublicKey: encode(private(elliptic.P384()).Public())}, Fault: "public_key"},
		"another algorithm": {Written: ecdsa.Config{Header: "X-Sig", PublicKey: encode(edwards)}, Fault: "public_key"},
	})
}
