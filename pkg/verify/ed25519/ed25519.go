// Package ed25519 is the scheme of a sender that signs with an Ed25519 private
// key, as Discord does its interactions: timestamp and raw body. The public
// key proves the sender and lets nobody sign, so it needs no hiding.
package ed25519

import (
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"time"

	"postern/pkg/verify"
	"postern/pkg/webhook"
)

// Config is the scheme in the config file: {type: ed25519, header: ..., public_key: ...}.
type Config struct {
	Header          string `yaml:"header"`           // of the signature, in hex
	TimestampHeader string `yaml:"timestamp_header"` // signed before the body; empty: the body alone is signed
	PublicKey       string `yaml:"public_key"`       // 32 bytes in hex
}

// Definition registers this scheme as "ed25519".
func Definition() verify.Definition { return verify.Define("ed25519", New) }

// New makes the check that a config describes.
func New(c Config, keys verify.Keys) (*Verifier, error) {
	if c.Header == "" {
		return nil, errors.New("header: the header of the signature must be named")
	}
	public, err := hex.DecodeString(c.PublicKey)
	if err != nil || len(public) != ed25519.PublicKeySize {
		return nil, errors.New("public_key: it must be 64 hex digits")
	}
	return &Verifier{header: c.Header, timestamp: c.TimestampHeader, public: public, tolerance: keys.Tolerance}, nil
}

// Verifier checks the signatures of one key.
type Verifier struct {
	header    string
	timestamp string
	public    ed25519.PublicKey
	tolerance time.Duration
}

var _ verify.Verifier = (*Verifier)(nil)

// Verify checks the signature first and the timestamp after it: only the
// genuine sender hears that its clock is off.
func (v *Verifier) Verify(_ context.Context, r *webhook.Request) error {
	value, err := verify.Header(r, v.header)
	if err != nil {
		return err
	}
	signature, err := hex.DecodeString(value)
	if err != nil || len(signature) != ed25519.SignatureSize {
		return verify.Reject("the " + v.header + " header is not a signature of 128 hex digits")
	}
	if v.timestamp == "" {
		return v.check(signed("", r.Body), signature)
	}
	stamp, err := verify.Header(r, v.timestamp)
	if err != nil {
		return err
	}
	if err := v.check(signed(stamp, r.Body), signature); err != nil {
		return err
	}
	at, err := verify.Timestamp(stamp)
	if err != nil {
		return err
	}
	return verify.Fresh(at, r, v.tolerance)
}

func (v *Verifier) check(message, signature []byte) error {
	if len(v.public) != ed25519.PublicKeySize { // the standard library panics
		return verify.NotConfigured()
	}
	if !ed25519.Verify(v.public, message, signature) {
		return verify.Reject("the " + v.header + " signature does not match the public key")
	}
	return nil
}

// Credentials names the header of the signature.
func (v *Verifier) Credentials() verify.Credentials {
	return verify.Credentials{Headers: []string{v.header}}
}
