package travis_test

import (
	"context"
	"crypto"
	"crypto/ed25519"
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
	"sync"
	"testing"

	"postern/pkg/secret"
	"postern/pkg/verify"
	"postern/pkg/verify/travis"
	"postern/pkg/verify/verifytest"
	"postern/pkg/webhook"
)

const payload = `{"state":"passed","branch":"wörld"}`

// pairs are the keys by name. 1024 bits are quick to sign with.
var pairs = sync.OnceValue(func() map[string]*rsa.PrivateKey {
	made := map[string]*rsa.PrivateKey{}
	for _, name := range []string{"the key of Travis", "the key of a stranger"} {
		key, err := rsa.GenerateKey(rand.Reader, 1024)
		if err != nil {
			panic(err)
		}
		made[name] = key
	}
	return made
})

func sign(name, text string) string {
	key, ok := pairs()[name]
	if !ok {
		return ""
	}
	sum := sha1.Sum([]byte(text))
	signature, err := rsa.SignPKCS1v15(nil, key, crypto.SHA1, sum[:])
	if err != nil {
		panic(err)
	}
	return base64.StdEncoding.EncodeToString(signature)
}

// published is what Travis answers at travis.KeyURL.
func published(public crypto.PublicKey) []byte {
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		panic(err)
	}
	type object = map[string]any
	text, err := json.Marshal(object{"config": object{"notifications": object{"webhook": object{
		"public_key": string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})),
	}}}})
	if err != nil {
		panic(err)
	}
	return text
}

func fetches(answer []byte, err error) verify.Keys {
	return verify.Keys{Fetch: func(_ context.Context, url string) ([]byte, error) {
		if url != "https://api.travis-ci.com/config" {
			return nil, errors.New("a wrong address")
		}
		return answer, err
	}}
}

// scheme has no secrets: those of the suite name the key that signs. The
// form's escapes have several spellings, so not every bit of it is covered.
func scheme() verifytest.Scheme {
	return verifytest.Scheme{
		New: func(secrets ...secret.Text) (verify.Verifier, error) {
			if len(secrets) == 0 || secrets[0].Empty() {
				return nil, errors.New("secrets: the test names none")
			}
			return travis.New(fetches(published(pairs()[secrets[0].Reveal()].Public()), nil)), nil
		},
		Sign:       func(r *webhook.Request, key secret.Text) { r.Header.Set("Signature", sign(key.Reveal(), payload)) },
		Credential: verifytest.Place{Header: "Signature", Encoding: verifytest.Base64},
		Secrets:    []secret.Text{secret.New("the key of Travis"), secret.New("the key of a stranger")},
		OneSecret:  true,
		Request: &webhook.Request{
			Method: http.MethodPost, Body: []byte("payload=" + url.QueryEscape(payload)),
			Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}},
		},
		BodyUnsigned: true,
	}
}

func TestContract(t *testing.T) {
	t.Parallel()
	verifytest.Run(t, scheme())
}

// FuzzBody: no form is taken with another one's signature.
func FuzzBody(f *testing.F) {
	f.Add("payload=" + url.QueryEscape(payload))
	f.Add("payload=%7B%7D&payload=" + url.QueryEscape(payload))
	f.Add("payload=%zz")
	v := travis.New(fetches(published(pairs()["the key of Travis"].Public()), nil))
	signature := sign("the key of Travis", payload)
	f.Fuzz(func(t *testing.T, body string) {
		r := &webhook.Request{Body: []byte(body), Header: http.Header{
			"Content-Type": {"application/x-www-form-urlencoded"}, "Signature": {signature},
		}}
		if v.Verify(t.Context(), r) != nil {
			return
		}
		if form, err := url.ParseQuery(body); err != nil || len(form) != 1 || form.Get("payload") != payload {
			t.Errorf("%q was accepted, which nobody signed", body)
		}
	})
}

func TestRequests(t *testing.T) {
	t.Parallel()
	good := published(pairs()["the key of Travis"].Public())
	edwards, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	body := "payload=" + url.QueryEscape(payload)
	for name, c := range map[string]struct {
		keys verify.Keys
		body string
		want error
	}{
		"good":                    {fetches(good, nil), body, nil},
		"another payload":         {fetches(good, nil), "payload=%7B%7D", verify.ErrRejected},
		"a field beside it":       {fetches(good, nil), body + "&a=1", verify.ErrRejected},
		"no payload":              {fetches(good, nil), "a=1", verify.ErrRejected},
		"nothing may be fetched":  {verify.Keys{}, body, verify.ErrUnavailable},
		"it cannot be fetched":    {fetches(nil, errors.New("timeout")), body, verify.ErrUnavailable},
		"it is no JSON":           {fetches([]byte("<html>"), nil), body, verify.ErrUnavailable},
		"it holds no key":         {fetches([]byte("{}"), nil), body, verify.ErrUnavailable},
		"it holds another's kind": {fetches(published(edwards), nil), body, verify.ErrUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := &webhook.Request{Body: []byte(c.body), Header: http.Header{
				"Content-Type": {"application/x-www-form-urlencoded"}, "Signature": {sign("the key of Travis", payload)},
			}}
			if err := travis.New(c.keys).Verify(t.Context(), r); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	if got := travis.Definition().Name; got != "travis" {
		t.Errorf("got name %q, want travis", got)
	}
	verifytest.RunSettings(t, travis.Definition(), map[string]verifytest.Settings{"none": {Written: struct{}{}}})
}
