// Package standardwebhooks is the scheme of standardwebhooks.com, which Svix
// and whoever sends through it also use: id, timestamp and raw body, signed
// with a shared secret (v1, HMAC-SHA-256) or a private key (v1a, Ed25519). It
// ignores versions that it does not know, and never takes a request in which
// no version that it knows matches.
package standardwebhooks

import (
	"context"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"strings"
	"time"

	"postern/pkg/secret"
	"postern/pkg/verify"
	"postern/pkg/webhook"
)

// DefaultHeaderPrefix begins the three headers of the standard; Svix's own are
// svix-id, svix-timestamp and svix-signature.
const DefaultHeaderPrefix = "webhook-"

const publicKeyPrefix = "whpk_"

// Config is the scheme in the config file: {type: standard_webhooks}.
type Config struct {
	// Secrets are whsec_ and base64 (or base64 alone) for v1, or a whpk_
	// public key for v1a. Not written: the endpoint's.
	Secrets      []secret.Text `yaml:"secrets"`
	HeaderPrefix string        `yaml:"header_prefix"` // empty: webhook-
}

// Definition registers this scheme as "standard_webhooks".
func Definition() verify.Definition { return verify.Define("standard_webhooks", New) }

// New makes the check that a config describes. It wants a secret.
func New(c Config, keys verify.Keys) (*Verifier, error) {
	secrets, err := verify.Keyed(c.Secrets, keys)
	if err != nil {
		return nil, err
	}
	if c.HeaderPrefix == "" {
		c.HeaderPrefix = DefaultHeaderPrefix
	}
	v := &Verifier{prefix: c.HeaderPrefix, tolerance: keys.Tolerance}
	for _, text := range secrets {
		if err := v.add(text.Reveal()); err != nil {
			return nil, err
		}
	}
	return v, nil
}

// Verifier checks the signatures of one sender.
type Verifier struct {
	prefix    string
	secrets   []secret.Text // decoded
	public    []ed25519.PublicKey
	tolerance time.Duration
}

var _ verify.Verifier = (*Verifier)(nil)

func (v *Verifier) add(text string) error {
	if encoded, ok := strings.CutPrefix(text, publicKeyPrefix); ok {
		key, err := verify.Base64(encoded)
		if err != nil || len(key) != ed25519.PublicKeySize {
			return errors.New("secrets: a whpk_ key is not 32 bytes in base64")
		}
		v.public = append(v.public, key)
		return nil
	}
	key, err := verify.Base64(strings.TrimPrefix(text, "whsec_"))
	if err != nil || len(key) == 0 {
		return errors.New("secrets: one of them is not whsec_ and base64")
	}
	v.secrets = append(v.secrets, secret.New(string(key)))
	return nil
}

// Verify checks the signatures first and the timestamp after them: only the
// genuine sender hears that its clock is off.
func (v *Verifier) Verify(_ context.Context, r *webhook.Request) error {
	header := v.prefix + "signature"
	value, err := verify.Header(r, header)
	if err != nil {
		return err
	}
	given, err := read(header, value)
	if err != nil {
		return err
	}
	id, err := verify.Header(r, v.prefix+"id")
	if err != nil {
		return err
	}
	stamp, err := verify.Header(r, v.prefix+"timestamp")
	if err != nil {
		return err
	}
	message := signed(id, stamp, r.Body)
	if !v.matches(given, message) {
		return verify.Reject("no signature in " + header + " matches a secret")
	}
	at, err := verify.Timestamp(stamp)
	if err != nil {
		return err
	}
	return verify.Fresh(at, r, v.tolerance)
}

// signatures are those of the versions that we know.
type signatures struct{ symmetric, asymmetric [][]byte }

// read takes the list apart: "v1,B v1a,B".
func read(header, value string) (signatures, error) {
	var s signatures
	for candidate := range strings.SplitSeq(value, " ") {
		version, encoded, _ := strings.Cut(candidate, ",")
		list, size := &s.symmetric, sha256.Size
		switch version {
		case "v1":
		case "v1a":
			list, size = &s.asymmetric, ed25519.SignatureSize
		default:
			continue
		}
		raw, err := verify.Base64(encoded)
		if err != nil || len(raw) != size {
			return signatures{}, verify.Reject("a " + version + " signature in " + header + " cannot be decoded")
		}
		*list = append(*list, raw)
	}
	if len(s.symmetric)+len(s.asymmetric) == 0 {
		return signatures{}, verify.Reject(header + " holds no v1 or v1a signature")
	}
	return s, nil
}

// mostAsymmetric bounds what a stranger can make us compute: checking a v1a
// signature takes far longer than comparing a v1.
const mostAsymmetric = 8

// matches tries every secret on every signature, so that its time does not
// tell which one it was.
func (v *Verifier) matches(given signatures, message []byte) bool {
	found := false
	for _, key := range v.secrets {
		mac := hmac.New(sha256.New, []byte(key.Reveal()))
		mac.Write(message)
		want := mac.Sum(nil)
		for _, signature := range given.symmetric {
			if hmac.Equal(want, signature) {
				found = true
			}
		}
	}
	for _, key := range v.public {
		for _, signature := range given.asymmetric[:min(mostAsymmetric, len(given.asymmetric))] {
			if ed25519.Verify(key, message, signature) {
				found = true
			}
		}
	}
	return found
}

// Credentials names the header of the signatures.
func (v *Verifier) Credentials() verify.Credentials {
	return verify.Credentials{Headers: []string{v.prefix + "signature"}}
}
