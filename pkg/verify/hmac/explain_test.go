package hmac_test

import (
	"bytes"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"testing"
	"time"

	"postern/pkg/secret"
	"postern/pkg/verify"
	"postern/pkg/verify/hmac"
	"postern/pkg/verify/verifytest"
	"postern/pkg/webhook"
)

const key = "correct-horse-battery-staple"

// json is a body as a sender writes it; spaced and compact are the same text.
const (
	compact = `{"ref":"main","note":"a, b: \" c"}`
	spaced  = `{"ref": "main", "note": "a, b: \" c"}`
	pretty  = "{\n  \"ref\": \"main\",\n  \"note\": \"a, b: \\\" c\"\n}"
)

// sent is a request that carries a body and the signature of what was signed.
type sent struct {
	scheme  hmac.Scheme
	secrets []string // configured; none: key
	body    string   // none: compact
	form    bool
	signed  string // none: the body
	with    string // the sender's key; "-": an empty one; none: key
	header  string // none: X-Hub-Signature-256
	write   func([]byte) string
	more    http.Header
}

func prefixed(sum []byte) string { return "sha256=" + hex.EncodeToString(sum) }
func inHex(sum []byte) string    { return hex.EncodeToString(sum) }

// mistake makes the request, and the check that refuses it.
func (s sent) mistake(t *testing.T, says string) verifytest.Mistake {
	t.Helper()
	if s.scheme.Header == "" {
		s.scheme = hmac.Scheme{Header: "X-Hub-Signature-256", Prefix: "sha256="}
	}
	if s.secrets == nil {
		s.secrets = []string{key}
	}
	m := verifytest.Mistake{Says: says, Hidden: []secret.Text{secret.New(key)}}
	keys := verify.Keys{}
	for _, text := range s.secrets {
		keys.Secrets = append(keys.Secrets, secret.New(text))
	}
	m.Hidden = append(m.Hidden, keys.Secrets...)
	v, err := s.scheme.Verifier(keys)
	if err != nil {
		t.Fatal(err)
	}
	m.Verifier = v
	m.Request = s.request()
	return m
}

func or(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

func (s sent) request() *webhook.Request {
	body := or(s.body, compact)
	r := &webhook.Request{
		Method: http.MethodPost, Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte(body),
		ReceivedAt: time.Unix(1_700_000_000, 0),
	}
	if s.form {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	with := secret.New(or(s.with, key))
	if s.with == "-" {
		with = secret.New("")
	}
	write := s.write
	if write == nil {
		write = prefixed
	}
	r.Header.Set(or(s.header, "X-Hub-Signature-256"), write(sum(sha256.New, with, or(s.signed, body))))
	maps.Copy(r.Header, s.more)
	return r
}

func TestExplainSecrets(t *testing.T) {
	t.Parallel()
	encoded := base64.StdEncoding.EncodeToString([]byte("the bytes of a key"))
	decoding := hmac.Scheme{Header: "X-Hub-Signature-256", Prefix: "sha256=", SecretPrefix: "whsec_", SecretEncoding: "base64"}
	verifytest.RunExplain(t, map[string]verifytest.Mistake{
		"a newline here":              sent{secrets: []string{key + "\n"}}.mistake(t, "the secret is configured with a trailing newline"),
		"blanks here":                 sent{secrets: []string{key + " "}}.mistake(t, "the secret is configured with a trailing blank"),
		"a blank before it here":      sent{secrets: []string{" " + key}}.mistake(t, "the secret is configured with a blank before it"),
		"quotes here":                 sent{secrets: []string{`"` + key + `"`}}.mistake(t, "configured with quotation marks"),
		"a newline there":             sent{with: key + "\n"}.mistake(t, "the secret has a trailing newline at the sender"),
		"CRLF there":                  sent{with: key + "\r\n"}.mistake(t, "the secret has a trailing newline at the sender"),
		"a blank there":               sent{with: key + " "}.mistake(t, "the secret has a trailing blank at the sender"),
		"a blank before it there":     sent{with: " " + key}.mistake(t, "the secret has a blank before it at the sender"),
		"quotes there":                sent{with: `"` + key + `"`}.mistake(t, "quotation marks around it at the sender"),
		"the second has a newline":    sent{secrets: []string{"another-secret", key + "\n"}}.mistake(t, "secret 2 of 2 is configured with a trailing newline"),
		"an empty one there":          sent{with: "-"}.mistake(t, "the sender signs with an empty secret"),
		"base64 decoded there":        sent{secrets: []string{encoded}, with: "the bytes of a key"}.mistake(t, "the sender decodes the secret from base64"),
		"whsec_ decoded there":        sent{secrets: []string{"whsec_" + encoded}, with: "the bytes of a key"}.mistake(t, "the sender decodes the secret from base64"),
		"whsec_ dropped there":        sent{secrets: []string{"whsec_" + key}}.mistake(t, "without its whsec_"),
		"hex decoded there":           sent{secrets: []string{hex.EncodeToString([]byte(key))}}.mistake(t, "the sender decodes the secret from hex"),
		"base64 used as it is":        sent{scheme: decoding, secrets: []string{encoded}, with: encoded}.mistake(t, "the sender signs with the text of the secret"),
		"whsec_ used as it is":        sent{scheme: decoding, secrets: []string{"whsec_" + encoded}, with: "whsec_" + encoded}.mistake(t, "the sender signs with the text of the secret"),
		"another secret is no such":   sent{with: "another-secret"}.mistake(t, ""),
		"nor is a part of it":         sent{with: key[:10]}.mistake(t, ""),
		"nor is another in its place": sent{with: "another-secret\n", secrets: []string{key, "whsec_" + encoded, "'quoted'"}}.mistake(t, ""),
	})
}

func TestExplainBodies(t *testing.T) {
	t.Parallel()
	form := url.Values{"payload": {compact}}.Encode()
	gitea := hmac.Scheme{Header: "X-Hub-Signature-256", Prefix: "sha256=", FormField: "payload"}
	verifytest.RunExplain(t, map[string]verifytest.Mistake{
		"the JSON in a form":            sent{body: form, form: true, signed: compact}.mistake(t, "body was re-encoded: the sender posts a form"),
		"the form around JSON":          sent{signed: form}.mistake(t, "body was re-encoded: the sender posts a form"),
		"the form, not its field":       sent{scheme: gitea, body: form, form: true}.mistake(t, "over the form as it is sent"),
		"JSON without blanks":           sent{body: pretty, signed: compact}.mistake(t, "the same JSON without blanks"),
		"JSON as Python writes it":      sent{body: compact, signed: spaced}.mistake(t, "as Python's json.dumps writes it"),
		"a newline that is not sent":    sent{signed: compact + "\n"}.mistake(t, "a newline behind it, which is not sent"),
		"CRLF that is not sent":         sent{signed: compact + "\r\n"}.mistake(t, "a newline behind it, which is not sent"),
		"a newline that is not signed":  sent{body: compact + "\n", signed: compact}.mistake(t, "without its trailing newline"),
		"a mark that is not sent":       sent{signed: "\xef\xbb\xbf" + compact}.mistake(t, "the mark is not sent"),
		"a mark that is not signed":     sent{body: "\xef\xbb\xbf" + compact, signed: compact}.mistake(t, "begins with a byte order mark"),
		"LF that became CRLF":           sent{body: "a\r\nb", signed: "a\nb"}.mistake(t, "from LF to CRLF"),
		"CRLF that became LF":           sent{body: "a\nb", signed: "a\r\nb"}.mistake(t, "from CRLF to LF"),
		"another body is no such":       sent{signed: `{"ref":"other"}`}.mistake(t, ""),
		"a form without a payload":      sent{body: "a=1", form: true, signed: "a=2"}.mistake(t, ""),
		"a form that cannot be decoded": sent{body: "payload=%zz", form: true, signed: "x"}.mistake(t, ""),
	})
}

func TestExplainSignatures(t *testing.T) {
	t.Parallel()
	bare := hmac.Scheme{Header: "X-Hub-Signature-256"}
	with := func(sum func() []byte, prefix string) func([]byte) string {
		return func([]byte) string { return prefix + hex.EncodeToString(sum()) }
	}
	one := with(func() []byte { return sum(sha1.New, secret.New(key), compact) }, "sha1=")
	long := with(func() []byte { return sum(sha512.New, secret.New(key), compact) }, "sha512=")
	base := func(sum []byte) string { return base64.StdEncoding.EncodeToString(sum) }
	raw := func(sum []byte) string { return "sha256=" + base64.RawURLEncoding.EncodeToString(sum) }
	verifytest.RunExplain(t, map[string]verifytest.Mistake{
		"SHA-1 in its own header":    sent{header: "X-Hub-Signature", write: one}.mistake(t, "the signature stands in X-Hub-Signature, and X-Hub-Signature-256 is wanted; the signature is made with SHA-1, and SHA-256 is wanted"),
		"SHA-1":                      sent{write: one}.mistake(t, "made with SHA-1, and SHA-256 is wanted"),
		"SHA-512":                    sent{write: long}.mistake(t, "made with SHA-512, and SHA-256 is wanted"),
		"SHA-256 for SHA-1":          sent{scheme: hmac.Scheme{Header: "X-Hub-Signature-256", Algorithm: "sha1"}, write: inHex}.mistake(t, "made with SHA-256, and SHA-1 is wanted"),
		"base64":                     sent{scheme: bare, write: base}.mistake(t, "written in base64, and hex is wanted"),
		"base64 of its own kind":     sent{write: raw}.mistake(t, "written in URL-safe base64 without padding"),
		"hex for base64":             sent{scheme: hmac.Scheme{Header: "X-Hub-Signature-256", Encoding: "base64"}, write: inHex}.mistake(t, "written in hex, and base64 is wanted"),
		"no prefix":                  sent{write: inHex}.mistake(t, `the signature lacks the prefix "sha256="`),
		"a prefix too many":          sent{scheme: bare}.mistake(t, "nothing is wanted before it"),
		"another prefix":             sent{write: func(b []byte) string { return "v1=" + inHex(b) }}.mistake(t, `begins with "v1=", and "sha256=" is wanted`),
		"in quotes":                  sent{write: func(b []byte) string { return `"sha256=` + inHex(b) + `"` }}.mistake(t, ""),
		"two mistakes":               sent{write: inHex, with: key + "\n"}.mistake(t, `the signature lacks the prefix "sha256="; the secret has a trailing newline at the sender`),
		"by the previous secret":     sent{secrets: []string{"the-new-secret", key}, write: inHex}.mistake(t, "signed with secret 2 of 2, the previous one"),
		"another header, a stranger": sent{header: "X-Other-Signature", with: "another-secret"}.mistake(t, "header is missing, the request carries X-Other-Signature"),
		"nothing at all":             sent{header: "X-Nothing"}.mistake(t, "is missing: is a secret set at the sender?"),
		"nothing behind the prefix":  sent{write: func([]byte) string { return "sha256=" }}.mistake(t, "there and empty: no secret is set at the sender"),
		"an empty header":            sent{write: func([]byte) string { return "" }}.mistake(t, "there and empty: no secret is set at the sender"),
		"what is no signature":       sent{write: func([]byte) string { return "sha256=zz" }}.mistake(t, ""),
	})
}

// TestExplainTimestamps: whose signature it is, and how far the clock is off.
func TestExplainTimestamps(t *testing.T) {
	t.Parallel()
	scheme := hmac.Scheme{Header: "X-Sig", Signed: "{timestamp}.{body}", TimestampHeader: "X-Time"}
	stripe := hmac.Scheme{Header: "X-Sig", Separator: ",", Prefix: "v1=", TimestampPrefix: "t=", Signed: "{timestamp}.{body}"}
	at := func(seconds int64) (string, http.Header) {
		stamp := strconv.FormatInt(1_700_000_000+seconds, 10)
		return stamp + "." + compact, http.Header{"X-Time": {stamp}}
	}
	early, earlyHeader := at(-900)
	late, lateHeader := at(312)
	now, nowHeader := at(0)
	two := []string{"the-new-secret", key}
	verifytest.RunExplain(t, map[string]verifytest.Mistake{
		"behind":             sent{scheme: scheme, header: "X-Sig", write: inHex, signed: early, more: earlyHeader}.mistake(t, "signed 900 s ago"),
		"ahead":              sent{scheme: scheme, header: "X-Sig", write: inHex, signed: late, more: lateHeader}.mistake(t, "sent by a clock that is 312 s ahead"),
		"of the old secret":  sent{scheme: scheme, header: "X-Sig", write: inHex, signed: late, more: lateHeader, secrets: two}.mistake(t, "312 s ahead of this one; signed with secret 2 of 2, the previous one"),
		"beside a signature": sent{scheme: stripe, header: "X-Sig", signed: late, write: func(b []byte) string { return "t=1700000312,v1=" + inHex(b) }}.mistake(t, "312 s ahead"),
		"not signed":         sent{scheme: scheme, header: "X-Sig", write: inHex, more: nowHeader}.mistake(t, "over the body alone"),
		"not sent":           sent{scheme: scheme, header: "X-Sig", write: inHex, signed: now}.mistake(t, ""),
		"with a newline":     sent{scheme: scheme, header: "X-Sig", write: inHex, signed: now, more: nowHeader, with: key + "\n"}.mistake(t, "a trailing newline at the sender"),
		"a stranger's":       sent{scheme: scheme, header: "X-Sig", write: inHex, signed: now, more: nowHeader, with: "another-secret"}.mistake(t, ""),
	})
}

// TestNothingIsExplainedIntoAcceptance: what explains a refusal never lifts it.
func TestNothingIsExplainedIntoAcceptance(t *testing.T) {
	t.Parallel()
	m := sent{with: key + "\n"}.mistake(t, "")
	before := bytes.Clone(m.Request.Body)
	for range 2 {
		err := m.Verifier.Verify(t.Context(), m.Request)
		if err == nil {
			t.Fatal("accepted, want it refused")
		}
		_ = m.Verifier.(verify.Explainer).Explain(m.Request, err)
	}
	if !bytes.Equal(before, m.Request.Body) {
		t.Error("the body was changed")
	}
}
