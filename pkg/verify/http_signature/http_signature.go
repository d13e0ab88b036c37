// Package httpsignature is the scheme of the older HTTP-signatures draft with a
// shared secret, as Drone signs its webhooks: a Signature header over date and
// digest, and a Digest header over the raw body. It speaks hmac-sha256 only.
package httpsignature

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"net/http"
	"slices"
	"strings"
	"time"

	"postern/pkg/secret"
	"postern/pkg/verify"
	"postern/pkg/webhook"
)

const header = "Signature"

// Config is the scheme in the config file: {type: http_signature}.
type Config struct {
	Secrets []secret.Text `yaml:"secrets"` // not written: the endpoint's
}

// Definition registers this scheme as "http_signature".
func Definition() verify.Definition { return verify.Define("http_signature", New) }

// New makes the check that a config describes. It wants a secret.
func New(c Config, keys verify.Keys) (*Verifier, error) {
	secrets, err := verify.Keyed(c.Secrets, keys)
	if err != nil {
		return nil, err
	}
	return &Verifier{secrets: secrets, tolerance: keys.Tolerance}, nil
}

// Verifier checks the signatures of one sender.
type Verifier struct {
	secrets   []secret.Text
	tolerance time.Duration
}

var _ verify.Verifier = (*Verifier)(nil)

// Verify checks the signature over the headers, the digest over the body and
// the date last: only the genuine sender hears that its clock is off.
func (v *Verifier) Verify(_ context.Context, r *webhook.Request) error {
	value, err := verify.Header(r, header)
	if err != nil {
		return err
	}
	names, given, err := read(value)
	if err != nil {
		return err
	}
	message, err := message(r, names)
	if err != nil {
		return err
	}
	if !v.matches(given, message) {
		return verify.Reject("the signature matches no secret")
	}
	if err := digest(r); err != nil {
		return err
	}
	date, err := http.ParseTime(r.Header.Get("Date"))
	if err != nil {
		return verify.Reject("the Date header is not a date of HTTP")
	}
	return verify.Fresh(date, r, v.tolerance)
}

// read gives the names of the signed headers and the signature. A signature
// that covers no digest or no date proves too little, and one that covers a
// header many times makes a stranger's few bytes a message of any length.
func read(value string) (names []string, signature []byte, err error) {
	params, ok := parameters(value)
	if !ok {
		return nil, nil, verify.Reject("the Signature header cannot be read")
	}
	if params["algorithm"] != "hmac-sha256" {
		return nil, nil, verify.Reject("the signature is not made with hmac-sha256")
	}
	names = strings.Fields(strings.ToLower(params["headers"]))
	if !slices.Contains(names, "date") || !slices.Contains(names, "digest") {
		return nil, nil, verify.Reject("the signature does not cover both date and digest")
	}
	if len(slices.Compact(slices.Sorted(slices.Values(names)))) < len(names) {
		return nil, nil, verify.Reject("the signature covers a header twice")
	}
	signature, err = verify.Base64(params["signature"])
	if err != nil {
		return nil, nil, verify.Reject("the signature cannot be decoded")
	}
	return names, signature, nil
}

// parameters reads name="value" pairs, each name once.
func parameters(text string) (map[string]string, bool) {
	params := map[string]string{}
	for {
		name, rest, opened := strings.Cut(text, `="`)
		value, rest, closed := strings.Cut(rest, `"`)
		name = strings.TrimLeft(name, " ")
		if _, again := params[name]; !opened || !closed || again || name == "" || strings.Contains(name, "=") {
			return nil, false
		}
		params[name] = value
		if rest == "" {
			return params, true
		}
		if rest[0] != ',' {
			return nil, false
		}
		text = rest[1:]
	}
}

// message writes the signed headers in lines, in their order.
func message(r *webhook.Request, names []string) ([]byte, error) {
	lines := make([]string, 0, len(names))
	for _, name := range names {
		if strings.HasPrefix(name, "(") {
			return nil, verify.Reject("the signature covers what is no header")
		}
		value, err := verify.Header(r, name)
		if err != nil {
			return nil, err
		}
		lines = append(lines, name+": "+value)
	}
	return []byte(strings.Join(lines, "\n")), nil
}

// matches tries every secret, so that its time does not tell which one it was.
func (v *Verifier) matches(given, message []byte) bool {
	found := false
	for _, key := range v.secrets {
		mac := hmac.New(sha256.New, []byte(key.Reveal()))
		mac.Write(message)
		if hmac.Equal(mac.Sum(nil), given) {
			found = true
		}
	}
	return found
}

// digest compares the body with the Digest header, which is signed.
func digest(r *webhook.Request) error {
	algorithm, encoded, _ := strings.Cut(r.Header.Get("Digest"), "=")
	given, err := verify.Base64(encoded)
	sum := sha256.Sum256(r.Body)
	if err != nil || !strings.EqualFold(algorithm, "SHA-256") || string(given) != string(sum[:]) {
		return verify.Reject("the Digest header is not the SHA-256 of the body")
	}
	return nil
}

// Credentials names the header of the signature.
func (*Verifier) Credentials() verify.Credentials {
	return verify.Credentials{Headers: []string{header}}
}
