package hmac_test

import (
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"postern/pkg/secret"
	"postern/pkg/verify"
	"postern/pkg/verify/hmac"
	"postern/pkg/verify/verifytest"
	"postern/pkg/webhook"
)

// behind finds the credential behind a prefix, up to the end of its candidate.
func behind(prefix, end string) func(string) (before, credential, after string) {
	return func(value string) (before, credential, after string) {
		i := strings.Index(value, prefix)
		if i < 0 {
			return value, "", ""
		}
		before, rest := value[:i+len(prefix)], value[i+len(prefix):]
		if n := strings.Index(rest, end); end != "" && n >= 0 {
			return before, rest[:n], rest[n:]
		}
		return before, rest, ""
	}
}

const another = "0000000000000000000000000000000000000000000000000000000000000000"

// pagerDuty lists a signature for each secret while it rotates.
func pagerDuty() verifytest.Scheme {
	const header = "X-PagerDuty-Signature"
	return verifytest.Scheme{
		New: verifier(hmac.Scheme{Header: header, Prefix: "v1=", Separator: ","}, 0),
		Sign: func(r *webhook.Request, key secret.Text) {
			r.Header.Set(header, "v1="+hex.EncodeToString(sum(sha256.New, key, string(r.Body)))+",v1="+another)
		},
		Credential: verifytest.Place{Header: header, Encoding: verifytest.Hex, Cut: behind("v1=", ",")},
	}
}

// stripe puts the timestamp into the same header.
func stripe() verifytest.Scheme {
	const header = "Stripe-Signature"
	return verifytest.Scheme{
		New: verifier(hmac.Scheme{
			Header: header, Prefix: "v1=", Separator: ",", Signed: "{timestamp}.{body}", TimestampPrefix: "t=",
		}, 0),
		Sign: func(r *webhook.Request, key secret.Text) {
			seconds := strconv.FormatInt(r.ReceivedAt.Unix(), 10)
			mac := hex.EncodeToString(sum(sha256.New, key, seconds+"."+string(r.Body)))
			r.Header.Set(header, "t="+seconds+",v1="+mac)
		},
		Credential: verifytest.Place{Header: header, Encoding: verifytest.Hex, Cut: behind("v1=", ",")},
		Tolerance:  verify.DefaultTolerance,
	}
}

// listed puts spaces around its candidates, and the timestamp last.
func listed() verifytest.Scheme {
	return verifytest.Scheme{
		New: verifier(hmac.Scheme{
			Header: "X-Sig", Algorithm: "sha384", Encoding: "base64", Prefix: "sig=", Separator: ";",
			Signed: "{body}{timestamp}", TimestampPrefix: "time=",
		}, time.Minute),
		Sign: func(r *webhook.Request, key secret.Text) {
			millis := strconv.FormatInt(r.ReceivedAt.UnixMilli(), 10)
			mac := base64.StdEncoding.EncodeToString(sum(sha512.New384, key, string(r.Body)+millis))
			r.Header.Set("X-Sig", "sig="+mac+" ;\t time="+millis+" ")
		},
		Credential: verifytest.Place{Header: "X-Sig", Encoding: verifytest.Base64, Cut: behind("sig=", " ;")},
		Tolerance:  time.Minute,
		SignsAnew:  true, // the Signer counts seconds
	}
}

// standardWebhooks writes its secrets in base64 behind a prefix.
func standardWebhooks() verifytest.Scheme {
	return verifytest.Scheme{
		New: verifier(hmac.Scheme{
			Header: "webhook-signature", Encoding: "base64", Prefix: "v1,", Separator: " ",
			Signed: "{header:webhook-id}.{timestamp}.{body}", TimestampHeader: "webhook-timestamp",
			SecretPrefix: "whsec_", SecretEncoding: "base64",
		}, 0),
		Sign: func(r *webhook.Request, key secret.Text) {
			seconds := strconv.FormatInt(r.ReceivedAt.Unix(), 10)
			r.Header.Set("Webhook-Id", "msg_1")
			r.Header.Set("Webhook-Timestamp", seconds)
			mac := sum(sha256.New, decoded(key, "whsec_"), "msg_1."+seconds+"."+string(r.Body))
			r.Header.Set("Webhook-Signature", "v1,"+base64.StdEncoding.EncodeToString(mac))
		},
		Credential:    verifytest.Place{Header: "Webhook-Signature", Encoding: verifytest.Base64, Cut: behind("v1,", " ")},
		Secrets:       []secret.Text{secret.New("whsec_MDEyMzQ1Njc4OWFi"), secret.New("YW5vdGhlciBvbmUgaGVyZQ==")},
		SignedHeaders: []string{"Webhook-Id", "Webhook-Timestamp"},
		Tolerance:     verify.DefaultTolerance,
	}
}

func decoded(key secret.Text, prefix string) secret.Text {
	raw, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(key.Reveal(), prefix))
	return secret.New(string(raw))
}

// teams writes its token in base64.
func teams() verifytest.Scheme {
	return verifytest.Scheme{
		New: verifier(hmac.Scheme{Header: "Authorization", Encoding: "base64", Prefix: "HMAC ", SecretEncoding: "base64"}, 0),
		Sign: func(r *webhook.Request, key secret.Text) {
			mac := sum(sha256.New, decoded(key, ""), string(r.Body))
			r.Header.Set("Authorization", "HMAC "+base64.StdEncoding.EncodeToString(mac))
		},
		Credential: verifytest.Place{Header: "Authorization", Prefix: "HMAC ", Encoding: verifytest.Base64},
		Secrets:    []secret.Text{secret.New("MDEyMzQ1Njc4OWFi"), secret.New("YW5vdGhlciBvbmUgaGVyZQ==")},
	}
}

const payload = `{"hello":"wörld"}`

// gitea signs the JSON within the form. Its escapes have several spellings,
// so not every bit of the body is covered.
func gitea() verifytest.Scheme {
	return verifytest.Scheme{
		New: verifier(hmac.Scheme{Header: "X-Gitea-Signature", FormField: "payload"}, 0),
		Sign: func(r *webhook.Request, key secret.Text) {
			r.Header.Set("X-Gitea-Signature", hex.EncodeToString(sum(sha256.New, key, payload)))
		},
		Credential: verifytest.Place{Header: "X-Gitea-Signature", Encoding: verifytest.Hex},
		Request: &webhook.Request{
			Method: http.MethodPost, Body: []byte("payload=" + url.QueryEscape(payload)),
			Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}},
		},
		BodyUnsigned: true,
	}
}

func giteaJSON() verifytest.Scheme {
	s := github()
	s.New = verifier(hmac.Scheme{Header: "X-Hub-Signature-256", Prefix: "sha256=", FormField: "payload"}, 0)
	return s
}

// addressed signs method and address too.
func addressed() verifytest.Scheme {
	return verifytest.Scheme{
		New: verifier(hmac.Scheme{Header: "X-Sig", Signed: "{method} {url}\n{body}"}, 0),
		Sign: func(r *webhook.Request, key secret.Text) {
			r.Header.Set("X-Sig", hex.EncodeToString(sum(sha256.New, key, r.Method+" "+r.URL+"\n"+string(r.Body))))
		},
		Credential: verifytest.Place{Header: "X-Sig", Encoding: verifytest.Hex},
	}
}

func FuzzList(f *testing.F) { verifytest.Fuzz(f, stripe()) }

// TestLists: which candidates may prove a request genuine.
func TestLists(t *testing.T) {
	t.Parallel()
	key, now := secret.New("correct-horse"), time.Unix(1_700_000_000, 0)
	good := "v1=" + hex.EncodeToString(sum(sha256.New, key, "1700000000.{}"))
	v, err := hmac.Scheme{
		Header: "X-Sig", Prefix: "v1=", Separator: ",", Signed: "{timestamp}.{body}", TimestampPrefix: "t=",
	}.Verifier(verify.Keys{Secrets: []secret.Text{key}})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		value string
		want  error
	}{
		"the only one":                   {"t=1700000000," + good, nil},
		"the second one":                 {"t=1700000000,v1=" + another + "," + good, nil},
		"before the timestamp":           {good + ",t=1700000000", nil},
		"beside versions of other kinds": {"v0=zz,t=1700000000," + good + ",v2=zz,,x", nil},
		"with spaces around":             {" t=1700000000 , " + good + " ", nil},
		"none that matches":              {"t=1700000000,v1=" + another + ",v1=" + another, verify.ErrRejected},
		"none at all":                    {"t=1700000000", verify.ErrRejected},
		"under an older version":         {"t=1700000000,v0=" + strings.TrimPrefix(good, "v1="), verify.ErrRejected},
		"beside one that is no hex":      {"t=1700000000," + good + ",v1=zz", verify.ErrRejected},
		"beside one that is too short":   {"t=1700000000," + good + ",v1=00", verify.ErrRejected},
		"without a timestamp":            {good, verify.ErrRejected},
		"with an empty timestamp":        {"t=," + good, verify.ErrRejected},
		"with two timestamps":            {"t=1700000000,t=1700000000," + good, verify.ErrRejected},
		"with another timestamp":         {"t=1700000001," + good, verify.ErrRejected},
		"with a timestamp spelled anew":  {"t=01700000000," + good, verify.ErrRejected},
		"with another separator":         {"t=1700000000;" + good, verify.ErrRejected},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := &webhook.Request{Header: http.Header{"X-Sig": {c.value}}, Body: []byte("{}"), ReceivedAt: now}
			if err := v.Verify(t.Context(), r); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

// TestForms: a form is genuine only if all of it is what was signed.
func TestForms(t *testing.T) {
	t.Parallel()
	key := secret.New("correct-horse")
	v, err := hmac.Scheme{Header: "X-Sig", FormField: "payload"}.Verifier(verify.Keys{Secrets: []secret.Text{key}})
	if err != nil {
		t.Fatal(err)
	}
	const urlencoded = "application/x-www-form-urlencoded"
	for name, c := range map[string]struct {
		contentType string
		body        string
		want        error
	}{
		"the field":                       {urlencoded, "payload=%7B%7D", nil},
		"the field with a charset":        {urlencoded + "; charset=utf-8", "payload={}", nil},
		"JSON":                            {"application/json", "{}", nil},
		"no content type":                 {"", "{}", nil},
		"another field":                   {urlencoded, "data=%7B%7D", verify.ErrRejected},
		"another value":                   {urlencoded, "payload=%7B%7D+", verify.ErrRejected},
		"the field twice":                 {urlencoded, "payload=%7B%7D&payload=%7B%7D", verify.ErrRejected},
		"a field beside it":               {urlencoded, "payload=%7B%7D&more=1", verify.ErrRejected},
		"a form that cannot be decoded":   {urlencoded, "payload=%7B%7D&%zz", verify.ErrRejected},
		"the JSON itself, said to be one": {urlencoded, "{}", verify.ErrRejected},
		"a form, said to be JSON":         {"application/json", "payload=%7B%7D", verify.ErrRejected},
		"no body":                         {urlencoded, "", verify.ErrRejected},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := &webhook.Request{Header: http.Header{"Content-Type": {c.contentType}}, Body: []byte(c.body)}
			r.Header.Set("X-Sig", hex.EncodeToString(sum(sha256.New, key, "{}")))
			if err := v.Verify(t.Context(), r); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}
