// Package twilio is the scheme of Twilio's webhooks: HMAC-SHA-1 over the public
// URL and the sorted fields of the form, or over a URL that holds the hash of
// any other body. It needs the URL exactly as Twilio was told it, so base_url
// must be right. No timestamp is signed: what keeps a request from being
// repeated is the memory of deliveries, not this.
package twilio

import (
	"context"
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // Twilio signs with it, and HMAC-SHA-1 is not broken by collisions
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"net"
	"net/url"
	"slices"
	"strings"

	"postern/pkg/secret"
	"postern/pkg/verify"
	"postern/pkg/webhook"
)

const (
	header   = "X-Twilio-Signature"
	bodyHash = "bodySHA256" // the query parameter that Twilio adds
)

// Config is the scheme in the config file: {type: twilio}.
type Config struct {
	Secrets []secret.Text `yaml:"secrets"` // Auth Tokens; not written: the endpoint's
}

// Definition registers this scheme as "twilio".
func Definition() verify.Definition { return verify.Define("twilio", New) }

// New makes the check that a config describes. It wants an Auth Token.
func New(c Config, keys verify.Keys) (*Verifier, error) {
	secrets, err := verify.Keyed(c.Secrets, keys)
	if err != nil {
		return nil, err
	}
	return &Verifier{secrets: secrets}, nil
}

// Verifier checks the signatures of one account.
type Verifier struct{ secrets []secret.Text }

var _ verify.Verifier = (*Verifier)(nil)

// Verify tries every token on the URL as it is, without its port and with it:
// which of them Twilio signs is not the same for all of its products.
func (v *Verifier) Verify(_ context.Context, r *webhook.Request) error {
	value, err := verify.Header(r, header)
	if err != nil {
		return err
	}
	given, err := verify.Base64(value)
	if err != nil {
		return verify.Reject("the " + header + " header cannot be decoded")
	}
	fields, err := fields(r)
	if err != nil {
		return err
	}
	found := false
	for _, address := range spellings(r.URL) {
		for _, key := range v.secrets {
			mac := hmac.New(sha1.New, []byte(key.Reveal()))
			mac.Write([]byte(address + fields))
			if hmac.Equal(mac.Sum(nil), given) {
				found = true
			}
		}
	}
	if !found {
		return verify.Reject("the " + header + " signature matches no Auth Token for " + withoutQuery(r.URL) + ": is base_url right?")
	}
	return nil
}

// fields gives what is signed behind the URL. A body that neither the fields
// nor the URL cover is rejected: nobody signed it.
func fields(r *webhook.Request) (string, error) {
	if hashes, ok := r.Query()[bodyHash]; ok {
		sum := sha256.Sum256(r.Body)
		given, err := hex.DecodeString(hashes[0])
		if err != nil || len(hashes) > 1 || string(given) != string(sum[:]) {
			return "", verify.Reject("the query's " + bodyHash + " is not the hash of the body")
		}
		return "", nil
	}
	if len(r.Body) == 0 {
		return "", nil
	}
	if r.MediaType() != "application/x-www-form-urlencoded" {
		return "", verify.Reject("the body is no form, and no " + bodyHash + " covers it")
	}
	form, err := r.Form()
	if err != nil {
		return "", verify.Reject("the body cannot be decoded as a form")
	}
	return sorted(form.Values), nil
}

// sorted writes names and values behind each other, a repeated value once.
func sorted(form url.Values) string {
	var text strings.Builder
	for _, name := range slices.Sorted(maps.Keys(form)) {
		values := slices.Sorted(slices.Values(form[name]))
		for _, value := range slices.Compact(values) {
			text.WriteString(name + value)
		}
	}
	return text.String()
}

// spellings gives the URL as it is, and with its port changed from written to
// not written, or back. It works on the text: a parsed URL could be written in
// another way than it was signed.
func spellings(address string) []string {
	scheme, rest, ok := strings.Cut(address, "://")
	if !ok {
		return []string{address}
	}
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	host, tail := rest[:end], rest[end:]
	if name, port, err := net.SplitHostPort(host); err == nil && port != "" {
		if strings.Contains(name, ":") {
			name = "[" + name + "]"
		}
		return []string{address, scheme + "://" + name + tail}
	}
	port := ":443"
	if scheme == "http" {
		port = ":80"
	}
	return []string{address, scheme + "://" + host + port + tail}
}

// withoutQuery keeps a token that stands in the query out of the log.
func withoutQuery(address string) string {
	address, _, _ = strings.Cut(address, "?")
	return address
}

// Credentials names the header of the signature.
func (*Verifier) Credentials() verify.Credentials {
	return verify.Credentials{Headers: []string{header}}
}
