// Package hmac is the declarative scheme of the many services that differ only
// in header, algorithm, encoding, prefix and signed string: one row describes
// one service. It signs with a shared secret (RFC 2104) and never parses the
// body, save to find the field of a form that is signed; a service that signs
// anything but pieces of the request needs a scheme of its own.
package hmac

import (
	"cmp"
	"crypto/sha1" //nolint:gosec // Vercel and old GitHub servers sign with it, and HMAC-SHA-1 is not broken by collisions
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"time"

	"postern/pkg/secret"
	"postern/pkg/verify"
)

// Scheme is how one service signs. Only Header has no default.
type Scheme struct {
	Header    string // the header of the signature
	Algorithm string // sha256 | sha1 | sha384 | sha512; empty: sha256
	Encoding  string // hex | base64; empty: hex
	Prefix    string // before the signature: "sha256="
	// Separator splits a header that holds several candidates: "v1=A,v1=B".
	// Any that carries Prefix may match, each of them must be decodable, and
	// those with other prefixes are not looked at. Empty: one signature.
	Separator string
	// Signed is what the signature covers; empty: "{body}", which it must
	// hold. It may hold {header:NAME}, {method}, {url} (the public one) and,
	// where a timestamp is sent, {timestamp}.
	Signed string
	// TimestampHeader holds the time of signing: Unix seconds, or milliseconds
	// if it has 13 digits. Signed must cover it.
	TimestampHeader string
	// TimestampPrefix instead marks the candidate of Header that is the time
	// of signing: "t=". It needs a Separator.
	TimestampPrefix string
	// FormField is the field of a urlencoded form that is signed, decoded, in
	// the place of {body}; the form may hold nothing else. Of a GET without a
	// body it is that field of the query, which must be there once. Other
	// bodies are signed as they are.
	FormField string
	// SecretPrefix is dropped from secrets that begin with it: "whsec_".
	SecretPrefix string
	// SecretEncoding says what a secret is, less its prefix: "" the key
	// itself, base64 the key in base64.
	SecretEncoding string
}

// Verifier makes the check of this scheme. Without secrets it refuses
// everything: ErrMissing for want of the header, else ErrNotConfigured. A
// scheme that makes no sense is an error that joins all its faults, each of which
// names its key.
func (s Scheme) Verifier(keys verify.Keys) (*Verifier, error) {
	var unnamed error
	if s.Header == "" {
		unnamed = errors.New("header: the header of the signature must be named")
	}
	if s.Signed == "" {
		s.Signed = "{body}"
	}
	newHash, unhashed := algorithm(s.Algorithm)
	decode, undecoded := encoding(s.Encoding)
	parts, unsigned := s.parts()
	secrets, unkeyed := s.keys(keys.Secrets)
	if err := errors.Join(unnamed, unhashed, undecoded, s.candidates(), unsigned, unkeyed); err != nil {
		return nil, err
	}
	tolerance := keys.Tolerance
	if tolerance <= 0 {
		tolerance = verify.DefaultTolerance
	}
	return &Verifier{
		scheme: s, newHash: newHash, decode: decode, parts: parts,
		secrets: secrets, tolerance: tolerance,
	}, nil
}

func algorithm(name string) (func() hash.Hash, error) {
	switch name {
	case "", "sha256":
		return sha256.New, nil
	case "sha1":
		return sha1.New, nil
	case "sha384":
		return sha512.New384, nil
	case "sha512":
		return sha512.New, nil
	default:
		return nil, fmt.Errorf("algorithm: %q is none of sha256, sha1, sha384, sha512", name)
	}
}

func encoding(name string) (func(string) ([]byte, error), error) {
	switch name {
	case "", "hex":
		return hex.DecodeString, nil
	case "base64":
		return verify.Base64, nil
	default:
		return nil, fmt.Errorf("encoding: %q is none of hex, base64", name)
	}
}

// Config is the scheme in the config file: {type: hmac, header: ...}.
type Config struct {
	Header          string        `yaml:"header"`
	Secrets         []secret.Text `yaml:"secrets"` // not written: the endpoint's
	Algorithm       string        `yaml:"algorithm"`
	Encoding        string        `yaml:"encoding"`
	Prefix          string        `yaml:"prefix"`
	Signed          string        `yaml:"signed"`
	TimestampHeader string        `yaml:"timestamp_header"`
}

// Definition registers this scheme as "hmac".
func Definition() verify.Definition { return verify.Define("hmac", New) }

// New makes the check that a config describes. Unlike Scheme.Verifier it wants
// a secret: its own, else the endpoint's.
func New(c Config, keys verify.Keys) (*Verifier, error) {
	secrets, unkeyed := verify.Keyed(c.Secrets, keys)
	keys.Secrets = secrets
	v, err := Scheme{
		Header: c.Header, Algorithm: c.Algorithm, Encoding: c.Encoding, Prefix: c.Prefix,
		Signed: c.Signed, TimestampHeader: c.TimestampHeader,
	}.Verifier(keys)
	if err := errors.Join(unkeyed, err); err != nil {
		return nil, err
	}
	return v, nil
}

// Verifier checks the signatures of one Scheme.
type Verifier struct {
	scheme    Scheme
	newHash   func() hash.Hash
	decode    func(string) ([]byte, error)
	parts     []part
	secrets   []secret.Text // the keys themselves, decoded
	tolerance time.Duration
}

var _ verify.Verifier = (*Verifier)(nil)

// Algorithm names the hash, as the config does.
func (v *Verifier) Algorithm() string { return cmp.Or(v.scheme.Algorithm, "sha256") }
