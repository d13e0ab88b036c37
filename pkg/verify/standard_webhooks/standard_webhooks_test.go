package standardwebhooks_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"postern/pkg/secret"
	"postern/pkg/verify"
	standardwebhooks "postern/pkg/verify/standard_webhooks"
	"postern/pkg/verify/verifytest"
	"postern/pkg/webhook"
)

func encode(b []byte) string { return base64.StdEncoding.EncodeToString(b) }

var pairs = sync.OnceValue(func() map[byte]ed25519.PrivateKey {
	made := map[byte]ed25519.PrivateKey{}
	for _, seed := range []byte{1, 2} {
		made[seed] = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, ed25519.SeedSize))
	}
	return made
})

// private gives the key pair of a sender.
func private(seed byte) ed25519.PrivateKey { return pairs()[seed] }

func public(key ed25519.PrivateKey) secret.Text {
	return secret.New("whpk_" + encode(key[ed25519.SeedSize:]))
}

// sign is what the genuine sender writes, for a shared secret or for the
// private key behind a public one.
func sign(key secret.Text, message string) string {
	for _, seed := range []byte{1, 2} {
		if pair := private(seed); public(pair).Reveal() == key.Reveal() {
			return "v1a," + encode(ed25519.Sign(pair, []byte(message)))
		}
	}
	raw, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(key.Reveal(), "whsec_"))
	mac := hmac.New(sha256.New, raw)
	mac.Write([]byte(message))
	return "v1," + encode(mac.Sum(nil))
}

func scheme(prefix, version string, secrets ...secret.Text) verifytest.Scheme {
	return verifytest.Scheme{
		New: func(secrets ...secret.Text) (verify.Verifier, error) {
			return standardwebhooks.Definition().Build(func(into any) error {
				*into.(*standardwebhooks.Config) = standardwebhooks.Config{HeaderPrefix: prefix}
				return nil
			}, verify.Keys{Secrets: secrets})
		},
		Sign: func(r *webhook.Request, key secret.Text) {
			stamp := strconv.FormatInt(r.ReceivedAt.Unix(), 10)
			r.Header.Set(prefix+"id", "msg_1")
			r.Header.Set(prefix+"timestamp", stamp)
			r.Header.Set(prefix+"signature", sign(key, "msg_1."+stamp+"."+string(r.Body)))
		},
		Credential:    verifytest.Place{Header: prefix + "signature", Prefix: version, Encoding: verifytest.Base64},
		Secrets:       secrets,
		SignedHeaders: []string{prefix + "id", prefix + "timestamp"},
		Tolerance:     verify.DefaultTolerance,
	}
}

func symmetric() verifytest.Scheme {
	return scheme("webhook-", "v1,", secret.New("whsec_MDEyMzQ1Njc4OWFiY2RlZg=="), secret.New("YW5vdGhlciBzZWNyZXQh"))
}

func asymmetric() verifytest.Scheme {
	s := scheme("svix-", "v1a,", public(private(1)), public(private(2)))
	s.Private = func(key secret.Text) secret.Text {
		for _, seed := range []byte{1, 2} {
			if pair := private(seed); public(pair).Reveal() == key.Reveal() {
				return secret.New("whsk_" + encode(pair))
			}
		}
		return secret.Text{}
	}
	return s
}

func TestContract(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]verifytest.Scheme{"shared secrets": symmetric(), "public keys": asymmetric()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			verifytest.Run(t, s)
		})
	}
}

func FuzzSymmetric(f *testing.F)  { verifytest.Fuzz(f, symmetric()) }
func FuzzAsymmetric(f *testing.F) { verifytest.Fuzz(f, asymmetric()) }

// TestPublished: requests that Svix shows in its documentation.
func TestPublished(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		secret, id, signature, body string
		at                          int64
	}{
		"in the libraries' tests": {
			"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek",
			"v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", `{"test": 2432232314}`, 1614265330,
		},
		"on the page about manual checks": {
			"whsec_plJ3nmyCDGBKInavdOK15jsl", "msg_loFOjxBNrRLzqYUf",
			"v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0=", `{"event_type":"ping","data":{"success":true}}`, 1731705121,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v, err := standardwebhooks.New(standardwebhooks.Config{HeaderPrefix: "svix-"},
				verify.Keys{Secrets: []secret.Text{secret.New(c.secret)}})
			if err != nil {
				t.Fatal(err)
			}
			r := &webhook.Request{Header: http.Header{}, Body: []byte(c.body), ReceivedAt: time.Unix(c.at, 0)}
			r.Header.Set("Svix-Id", c.id)
			r.Header.Set("Svix-Timestamp", strconv.FormatInt(c.at, 10))
			r.Header.Set("Svix-Signature", c.signature)
			if err := v.Verify(t.Context(), r); err != nil {
				t.Errorf("got %v, want nil", err)
			}
		})
	}
}

// TestLists: several signatures, for secrets of both kinds.
func TestLists(t *testing.T) {
	t.Parallel()
	shared, pair := secret.New("whsec_MDEyMzQ1Njc4OWFiY2RlZg=="), public(private(1))
	const message = "msg_1.1700000000.{}"
	stranger := sign(secret.New("whsec_c3RyYW5nZXI="), message)
	strangers := sign(public(private(2)), message)
	both := []secret.Text{shared, pair}
	for name, c := range map[string]struct {
		secrets []secret.Text
		value   string
		want    error
	}{
		"the second of two":                         {both, stranger + " " + sign(shared, message), nil},
		"the public key's behind a shared secret's": {both, stranger + " " + sign(pair, message), nil},
		"beside versions that we do not know":       {both, "v0,zz v2 " + sign(shared, message), nil},
		"none that matches":                         {both, stranger + " " + strangers, verify.ErrRejected},
		"no version that we know":                   {both, "v2," + strings.TrimPrefix(sign(shared, message), "v1,"), verify.ErrRejected},
		"a shared one under the other version":      {both, "v1a," + strings.TrimPrefix(sign(shared, message), "v1,"), verify.ErrRejected},
		"beside one that cannot be decoded":         {both, sign(shared, message) + " v1,", verify.ErrRejected},
		"the public key taken for a secret": {
			[]secret.Text{pair}, sign(secret.New(strings.TrimPrefix(pair.Reveal(), "whpk_")), message), verify.ErrRejected,
		},
		"behind more than anybody would send": {
			both, strings.Repeat(strangers+" ", 100) + sign(pair, message), verify.ErrRejected,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v, err := standardwebhooks.New(standardwebhooks.Config{Secrets: c.secrets}, verify.Keys{})
			if err != nil {
				t.Fatal(err)
			}
			r := &webhook.Request{Header: http.Header{}, Body: []byte("{}"), ReceivedAt: time.Unix(1_700_000_000, 0)}
			r.Header.Set("Webhook-Id", "msg_1")
			r.Header.Set("Webhook-Timestamp", "1700000000")
			r.Header.Set("Webhook-Signature", c.value)
			if err := v.Verify(t.Context(), r); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	list := func(s string) []secret.Text { return []secret.Text{secret.New(s)} }
	verifytest.RunSettings(t, standardwebhooks.Definition(), map[string]verifytest.Settings{
		"its own secret":         {Written: standardwebhooks.Config{Secrets: list("whsec_AAAA")}},
		"the endpoint's":         {Written: standardwebhooks.Config{}, Keys: verify.Keys{Secrets: list("AAAA")}},
		"no secret":              {Written: standardwebhooks.Config{}, Fault: "secrets"},
		"an empty one":           {Written: standardwebhooks.Config{Secrets: list("")}, Fault: "secrets"},
		"nothing but a prefix":   {Written: standardwebhooks.Config{Secrets: list("whsec_")}, Fault: "secrets"},
		"no base64":              {Written: standardwebhooks.Config{Secrets: list("whsec_!!!!")}, Fault: "secrets"},
		"a private key":          {Written: standardwebhooks.Config{Secrets: list("whsk_AAAA")}, Fault: "secrets"},
		"too short a public key": {Written: standardwebhooks.Config{Secrets: list("whpk_AAAA")}, Fault: "secrets"},
	})
}
