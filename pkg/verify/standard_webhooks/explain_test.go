package standardwebhooks_test

import (
	"net/http"
	"strconv"
	"testing"
	"time"

	"postern/pkg/secret"
	"postern/pkg/verify"
	standardwebhooks "postern/pkg/verify/standard_webhooks"
	"postern/pkg/verify/verifytest"
	"postern/pkg/webhook"
)

// explained is a request that a sender made of these.
type explained struct {
	configured []secret.Text
	with       secret.Text // the sender's key, as whsec_ and base64
	prefix     string      // of the headers
	signed     string      // in the place of the body
	late       time.Duration
}

func (e explained) mistake(t *testing.T, says string) verifytest.Mistake {
	t.Helper()
	v, err := standardwebhooks.New(standardwebhooks.Config{}, verify.Keys{Secrets: e.configured})
	if err != nil {
		t.Fatal(err)
	}
	if e.prefix == "" {
		e.prefix = "webhook-"
	}
	const body = `{"type":"a"}`
	if e.signed == "" {
		e.signed = body
	}
	r := &webhook.Request{Header: http.Header{}, Body: []byte(body), ReceivedAt: time.Unix(1_700_000_000, 0)}
	stamp := strconv.FormatInt(r.ReceivedAt.Add(-e.late).Unix(), 10)
	r.Header.Set(e.prefix+"id", "msg_1")
	r.Header.Set(e.prefix+"timestamp", stamp)
	r.Header.Set(e.prefix+"signature", sign(e.with, "msg_1."+stamp+"."+e.signed))
	return verifytest.Mistake{Verifier: v, Request: r, Says: says, Hidden: append(e.configured, e.with)}
}

func TestExplain(t *testing.T) {
	t.Parallel()
	text := func(key string) secret.Text { return secret.New("whsec_" + encode([]byte(key))) }
	const bytes = "the bytes of the one key"
	one, two := text(bytes), text("the bytes of another key")
	pair, stranger := public(private(1)), public(private(2))
	ours := []secret.Text{one}
	verifytest.RunExplain(t, map[string]verifytest.Mistake{
		"the text as the key":      explained{configured: ours, with: text(one.Reveal())}.mistake(t, "it is to be decoded from base64 first"),
		"the base64 as the key":    explained{configured: ours, with: text(encode([]byte(bytes)))}.mistake(t, "it is to be decoded from base64 first"),
		"a newline behind the key": explained{configured: ours, with: text(bytes + "\n")}.mistake(t, "a trailing newline at the sender"),
		"another body":             explained{configured: ours, with: one, signed: `{"type": "a"}`}.mistake(t, "as Python's json.dumps writes it"),
		"Svix's headers":           explained{configured: ours, with: one, prefix: "svix-"}.mistake(t, "the request carries svix-signature, and webhook-signature is wanted"),
		"a clock that is ahead":    explained{configured: []secret.Text{two, one}, with: one, late: -10 * time.Minute}.mistake(t, "600 s ahead of this one; signed with secret 2 of 2, the previous one"),
		"an old one":               explained{configured: ours, with: one, late: time.Hour}.mistake(t, "signed 3600 s ago"),
		"a private key":            explained{configured: ours, with: pair}.mistake(t, "its whpk_ public key is wanted here"),
		"a shared secret":          explained{configured: []secret.Text{pair}, with: one}.mistake(t, "its whsec_ secret is wanted here"),
		"another body, v1a":        explained{configured: []secret.Text{pair}, with: pair, signed: "{\"type\":\"a\"}\n"}.mistake(t, "a newline behind it, which is not sent"),
		"a stranger":               explained{configured: ours, with: two}.mistake(t, ""),
		"a stranger, v1a":          explained{configured: []secret.Text{pair}, with: stranger}.mistake(t, ""),
		"other headers":            explained{configured: ours, with: one, prefix: "x-"}.mistake(t, ""),
	})
}
