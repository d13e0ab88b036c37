// Package ecdsa is the scheme of a sender that signs with an ECDSA private key
// on the curve P-256, as SendGrid does its event webhooks: timestamp and raw
// body, hashed with SHA-256. The public key proves the sender and lets nobody
// sign, so it needs no hiding.
package ecdsa

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"strings"
	"time"

	"postern/pkg/verify"
	"postern/pkg/webhook"
)

// Config is the scheme in the config file: {type: ecdsa, header: ..., public_key: ...}.
type Config struct {
	Header          string `yaml:"header"`           // of the signature: ASN.1 in base64
	TimestampHeader string `yaml:"timestamp_header"` // signed before the body; empty: the body alone is signed
	PublicKey       string `yaml:"public_key"`       // DER in base64, with or without the lines of PEM around it
}

// Definition registers this scheme as "ecdsa".
func Definition() verify.Definition { return verify.Define("ecdsa", New) }

// SendGrid is the Config of SendGrid's event webhook with the key that its
// settings page shows.
func SendGrid(publicKey string) Config {
	const header = "X-Twilio-Email-Event-Webhook-"
	return Config{Header: header + "Signature", TimestampHeader: header + "Timestamp", PublicKey: publicKey}
}

// New makes the check that a config describes.
func New(c Config, keys verify.Keys) (*Verifier, error) {
	if c.Header == "" {
		return nil, errors.New("header: the header of the signature must be named")
	}
	public, err := parse(c.PublicKey)
	if err != nil {
		return nil, err
	}
	return &Verifier{header: c.Header, timestamp: c.TimestampHeader, public: public, tolerance: keys.Tolerance}, nil
}

func parse(text string) (*ecdsa.PublicKey, error) {
	text = strings.TrimSpace(text)
	text = strings.TrimSuffix(strings.TrimPrefix(text, "-----BEGIN PUBLIC KEY-----"), "-----END PUBLIC KEY-----")
	der, err := verify.Base64(strings.Join(strings.Fields(text), ""))
	if err != nil {
		return nil, errors.New("public_key: it is not DER in base64")
	}
	parsed, err := x509.ParsePKIXPublicKey(der)
	if err != nil {
		return nil, errors.New("public_key: it is not a public key")
	}
	public, ok := parsed.(*ecdsa.PublicKey)
	if !ok || public.Curve != elliptic.P256() {
		return nil, errors.New("public_key: it is not a key on the curve P-256")
	}
	return public, nil
}

// Verifier checks the signatures of one key.
type Verifier struct {
	header    string
	timestamp string
	public    *ecdsa.PublicKey
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
	signature, err := verify.Base64(value)
	if err != nil {
		return verify.Reject("the " + v.header + " header cannot be decoded")
	}
	if v.timestamp == "" {
		return v.check("", r.Body, signature)
	}
	stamp, err := verify.Header(r, v.timestamp)
	if err != nil {
		return err
	}
	if err := v.check(stamp, r.Body, signature); err != nil {
		return err
	}
	signed, err := verify.Timestamp(stamp)
	if err != nil {
		return err
	}
	return verify.Fresh(signed, r, v.tolerance)
}

func (v *Verifier) check(stamp string, body, signature []byte) error {
	if !ecdsa.VerifyASN1(v.public, digest(stamp, body), signature) {
		return verify.Reject("the " + v.header + " signature does not match the public key")
	}
	return nil
}

// digest hashes what is signed: the timestamp, where there is one, and the body.
func digest(stamp string, body []byte) []byte {
	hash := sha256.New()
	hash.Write([]byte(stamp))
	hash.Write(body)
	return hash.Sum(nil)
}

// Credentials names the header of the signature.
func (v *Verifier) Credentials() verify.Credentials {
	return verify.Credentials{Headers: []string{v.header}}
}
