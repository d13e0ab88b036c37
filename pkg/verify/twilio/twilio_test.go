package twilio_test

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"net/http"
	"net/url"
	"testing"

	"postern/pkg/secret"
	"postern/pkg/verify"
	"postern/pkg/verify/twilio"
	"postern/pkg/verify/verifytest"
	"postern/pkg/webhook"
)

const (
	header     = "X-Twilio-Signature"
	urlencoded = "application/x-www-form-urlencoded"
)

func sign(key secret.Text, message string) string {
	mac := hmac.New(sha1.New, []byte(key.Reveal()))
	mac.Write([]byte(message))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func build(secrets ...secret.Text) (verify.Verifier, error) {
	return twilio.Definition().Build(func(any) error { return nil }, verify.Keys{Secrets: secrets})
}

// form is a message's status. Escapes have several spellings, so not every bit
// of the body is covered.
func form() verifytest.Scheme {
	const address = "https://hooks.example.com/hook?a=1"
	return verifytest.Scheme{
		New: build,
		Sign: func(r *webhook.Request, key secret.Text) {
			r.Header.Set(header, sign(key, address+"Body"+"a b"+"To"+"+1"))
		},
		Credential: verifytest.Place{Header: header, Encoding: verifytest.Base64},
		Request: &webhook.Request{
			Method: http.MethodPost, URL: address, RawQuery: "a=1", Body: []byte("To=%2B1&Body=a+b"),
			Header: http.Header{"Content-Type": {urlencoded}},
		},
		BodyUnsigned: true,
	}
}

// hashed is a body of JSON, whose hash stands in the signed URL.
func hashed() verifytest.Scheme {
	return verifytest.Scheme{
		New: build,
		Sign: func(r *webhook.Request, key secret.Text) {
			sum := sha256.Sum256(r.Body)
			r.RawQuery = "bodySHA256=" + hex.EncodeToString(sum[:])
			r.URL = "https://hooks.example.com/hook?" + r.RawQuery
			r.Header.Set(header, sign(key, r.URL))
		},
		Credential: verifytest.Place{Header: header, Encoding: verifytest.Base64},
	}
}

func TestContract(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]verifytest.Scheme{"a form": form(), "JSON": hashed()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			verifytest.Run(t, s)
		})
	}
}

func FuzzJSON(f *testing.F) { verifytest.Fuzz(f, hashed()) }

// FuzzRequest: no body and no address is taken with another one's signature.
func FuzzRequest(f *testing.F) {
	f.Add("https://hooks.example.com/hook?a=1", "a=1", "To=%2B1&Body=a+b", urlencoded)
	f.Add("https://hooks.example.com:443/hook?a=1", "a=1", "", "")
	f.Add("://[", "bodySHA256=00", "{}", "application/json")
	s := form()
	v, err := build(secret.New("correct-horse"))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, address, query, body, contentType string) {
		r := *s.Request
		r.URL, r.RawQuery, r.Body = address, query, []byte(body)
		r.Header = http.Header{"Content-Type": {contentType}}
		s.Sign(&r, secret.New("a stranger's"))
		if v.Verify(t.Context(), &r) == nil {
			t.Errorf("%q with %q was accepted, which nobody signed", address, body)
		}
	})
}

// TestPublished: the request in the tests of Twilio's own library.
func TestPublished(t *testing.T) {
	t.Parallel()
	v, err := build(secret.New("12345"))
	if err != nil {
		t.Fatal(err)
	}
	r := &webhook.Request{
		Method: http.MethodPost, URL: "https://mycompany.com/myapp.php?foo=1&bar=2", RawQuery: "foo=1&bar=2",
		Header: http.Header{"Content-Type": {urlencoded}, header: {"vOEb5UThFn24KEfnOFLQY2AE5FY="}},
		Body: []byte("CallSid=CA1234567890ABCDE&Caller=%2B14158675309&Digits=1234&From=%2B14158675309" +
			"&Reason=Participant&ReasonConferenceEnded=test&To=%2B18005551212"),
	}
	if err := v.Verify(t.Context(), r); err != nil {
		t.Errorf("got %v, want nil", err)
	}
}

// TestRequests: what is signed, and what a signature does not cover.
func TestRequests(t *testing.T) {
	t.Parallel()
	key := secret.New("12345")
	const empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	for name, c := range map[string]struct {
		signed, address, contentType, body string
		want                               error
	}{
		"no body":                      {"https://a.example/h?x=1", "https://a.example/h?x=1", "", "", nil},
		"signed with the port":         {"https://a.example:443/h", "https://a.example/h", "", "", nil},
		"signed with the port 80":      {"http://a.example:80/h", "http://a.example/h", "", "", nil},
		"signed without the port":      {"https://a.example/h", "https://a.example:8443/h", "", "", nil},
		"an IPv6 address":              {"https://[::1]/h", "https://[::1]:8443/h", "", "", nil},
		"no path":                      {"https://a.example:443?x=1", "https://a.example?x=1", "", "", nil},
		"a value given twice":          {"https://a.example/ha1a2", "https://a.example/h", urlencoded, "a=2&a=1&a=2", nil},
		"another port":                 {"https://a.example:444/h", "https://a.example/h", "", "", verify.ErrRejected},
		"another path":                 {"https://a.example/h", "https://a.example/i", "", "", verify.ErrRejected},
		"another scheme":               {"http://a.example/h", "https://a.example/h", "", "", verify.ErrRejected},
		"a field more":                 {"https://a.example/ha1", "https://a.example/h", urlencoded, "a=1&b=2", verify.ErrRejected},
		"a form said to be JSON":       {"https://a.example/h", "https://a.example/h", "application/json", "a=1", verify.ErrRejected},
		"a form out of form":           {"https://a.example/ha1", "https://a.example/h", urlencoded, "a=1&%zz", verify.ErrRejected},
		"a body that nobody signed":    {"https://a.example/h", "https://a.example/h", "", "{}", verify.ErrRejected},
		"the hash of another body":     {"https://a.example/h?bodySHA256=" + empty, "https://a.example/h?bodySHA256=" + empty, "", "{}", verify.ErrRejected},
		"the hash of no body":          {"https://a.example/h?bodySHA256=" + empty, "https://a.example/h?bodySHA256=" + empty, "", "", nil},
		"two hashes":                   {"https://a.example/h?bodySHA256=" + empty + "&bodySHA256=", "https://a.example/h?bodySHA256=" + empty + "&bodySHA256=", "", "", verify.ErrRejected},
		"a form beside another's hash": {"https://a.example/h?bodySHA256=" + empty + "a1", "https://a.example/h?bodySHA256=" + empty, urlencoded, "a=1", verify.ErrRejected},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v, err := build(key)
			if err != nil {
				t.Fatal(err)
			}
			at, err := url.Parse(c.address)
			if err != nil {
				t.Fatal(err)
			}
			r := &webhook.Request{
				URL: c.address, RawQuery: at.RawQuery, Body: []byte(c.body),
				Header: http.Header{"Content-Type": {c.contentType}, header: {sign(key, c.signed)}},
			}
			if err := v.Verify(t.Context(), r); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	one := []secret.Text{secret.New("s")}
	verifytest.RunSettings(t, twilio.Definition(), map[string]verifytest.Settings{
		"its own token":  {Written: twilio.Config{Secrets: one}},
		"the endpoint's": {Written: twilio.Config{}, Keys: verify.Keys{Secrets: one}},
		"no token":       {Written: twilio.Config{}, Fault: "secrets"},
	})
}
