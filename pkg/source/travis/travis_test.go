package travis_test

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"net/http"
	"net/url"
	"testing"
	"time"

	"postern/pkg/source/sourcetest"
	"postern/pkg/source/travis"
	"postern/pkg/verify"
	scheme "postern/pkg/verify/travis"
	"postern/pkg/webhook"
)

func suite() sourcetest.Suite { return sourcetest.Suite{Source: travis.Source{}} }

func TestContract(t *testing.T) { sourcetest.Run(t, suite()) }

func FuzzTravis(f *testing.F) { sourcetest.Fuzz(f, suite()) }

func TestDefinition(t *testing.T) {
	t.Parallel()
	d := travis.Definition()
	if s, err := d.Build(func(any) error { return nil }); d.Name != "travis" || !d.Duplicates || s == nil || err != nil {
		t.Errorf("got %+v, %v, %v, want travis with duplicates", d, s, err)
	}
}

const payload = `{"id":1,"state":"passed","branch":"wörld"}`

func TestVerification(t *testing.T) {
	t.Parallel()
	key, stranger := newKey(t), newKey(t)
	genuine := sign(t, key, payload)
	published := answer(t, key)
	for name, c := range map[string]struct {
		signature []string
		payload   string
		more      string
		fetched   error
		want      error
	}{
		"genuine":           {[]string{genuine}, payload, "", nil, nil},
		"changed payload":   {[]string{genuine}, payload + " ", "", nil, verify.ErrRejected},
		"another key":       {[]string{sign(t, stranger, payload)}, payload, "", nil, verify.ErrRejected},
		"cut short":         {[]string{genuine[:40]}, payload, "", nil, verify.ErrRejected},
		"no base64":         {[]string{"%" + genuine}, payload, "", nil, verify.ErrRejected},
		"doubled":           {[]string{genuine, genuine}, payload, "", nil, verify.ErrRejected},
		"an unsigned field": {[]string{genuine}, payload, "&a=1", nil, verify.ErrRejected},
		"empty":             {[]string{""}, payload, "", nil, verify.ErrMissing},
		"none":              {nil, payload, "", nil, verify.ErrMissing},
		"no key to be had":  {[]string{genuine}, payload, "", errors.New("timeout"), verify.ErrUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v, err := travis.Source{}.Verification(verify.Keys{Fetch: func(_ context.Context, address string) ([]byte, error) {
				if address != scheme.KeyURL {
					t.Errorf("the key is fetched from %s, want %s", address, scheme.KeyURL)
				}
				return published, c.fetched
			}})
			if err != nil {
				t.Fatal(err)
			}
			r := request(c.payload)
			r.Body = append(r.Body, c.more...)
			if c.signature != nil {
				r.Header["Signature"] = c.signature
			}
			if err = v.Verify(t.Context(), r); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

func TestItNeedsNoSecret(t *testing.T) {
	t.Parallel()
	v, err := travis.Source{}.Verification(verify.Keys{})
	if err != nil {
		t.Fatal(err)
	}
	if c, ok := v.(interface{ Configured() bool }); !ok || !c.Configured() {
		t.Error("the check does not say that it works without a secret")
	}
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		state, message string
		severity       webhook.Severity
		told           bool
	}{
		"failed":                    {"failed", "Broken", webhook.Error, true},
		"failed again":              {"failed", "Still Failing", webhook.Error, true},
		"errored":                   {"errored", "Errored", webhook.Error, true},
		"passed":                    {"passed", "Passed", webhook.Info, false},
		"passed after it failed":    {"passed", "Fixed", webhook.Info, true},
		"canceled":                  {"canceled", "Canceled", webhook.Warning, false},
		"started":                   {"started", "Pending", webhook.Debug, false},
		"of old, failed":            {"", "Still Failing", webhook.Error, true},
		"of old, fixed":             {"", "Fixed", webhook.Info, true},
		"of old, passed":            {"", "Passed", webhook.Info, false},
		"of old, pending":           {"", "Pending", webhook.Debug, false},
		"of old, canceled":          {"", "Canceled", webhook.Warning, false},
		"a state to come":           {"boiled", "Fixed", webhook.Info, false},
		"nothing said of its state": {"", "", webhook.Info, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			events, err := travis.Source{}.Events(request(`{"id":1,"state":"` + c.state + `","status_message":"` + c.message + `"}`))
			if err != nil || len(events) != 1 {
				t.Fatalf("got %d events, %v, want one", len(events), err)
			}
			if e := events[0]; e.Severity != c.severity || e.Default != c.told {
				t.Errorf("got %s, default %t, want %s, %t", e.Severity, e.Default, c.severity, c.told)
			}
		})
	}
}

func TestDeliveries(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		first, second string
		same          bool
		window        time.Duration
	}{
		"the same again":     {`{"id":1,"state":"passed"}`, `{"id":1,"state":"passed","x":1}`, true, 0},
		"another state":      {`{"id":1,"state":"started"}`, `{"id":1,"state":"passed"}`, false, 0},
		"another build":      {`{"id":1,"state":"passed"}`, `{"id":2,"state":"passed"}`, false, 0},
		"a restarted build":  {`{"id":1,"state":"failed","started_at":"a"}`, `{"id":1,"state":"failed","started_at":"b"}`, false, 0},
		"no build":           {`{"a":1}`, `{"a":2}`, false, time.Minute},
		"no build, the same": {`{"a":1}`, `{"a":1}`, true, time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, err := travis.Source{}.Identify(request(c.first))
			if err != nil {
				t.Fatal(err)
			}
			b, err := travis.Source{}.Identify(request(c.second))
			if err != nil || a.DeliveryID == "" || (a.DeliveryID == b.DeliveryID) != c.same || a.Window != c.window {
				t.Errorf("got %+v and %+v, %v, want the same: %t, for %v", a, b, err, c.same, c.window)
			}
		})
	}
}

func request(payload string) *webhook.Request {
	return &webhook.Request{
		Method: http.MethodPost, Body: []byte("payload=" + url.QueryEscape(payload)),
		Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}},
	}
}

func newKey(t *testing.T) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 1024) // quick to sign with
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func sign(t *testing.T, key *rsa.PrivateKey, text string) string {
	t.Helper()
	sum := sha1.Sum([]byte(text))
	signature, err := rsa.SignPKCS1v15(nil, key, crypto.SHA1, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(signature)
}

// answer is what Travis publishes at scheme.KeyURL.
func answer(t *testing.T, key *rsa.PrivateKey) []byte {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	type object = map[string]any
	text, err := json.Marshal(object{"config": object{"notifications": object{"webhook": object{
		"public_key": string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})),
	}}}})
	if err != nil {
		t.Fatal(err)
	}
	return text
}
