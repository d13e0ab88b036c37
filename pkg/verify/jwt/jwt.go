// Package jwt is the scheme of a JSON Web Token that comes with the request,
// in Authorization or a header of its own. The config says which algorithm
// signs; what the token says of itself is only ever compared with that. A
// token proves who sent it, and the body only where it holds a hash of it.
package jwt

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"postern/pkg/secret"
	"postern/pkg/verify"
	"postern/pkg/webhook"
)

// The algorithms.
const (
	HS256 = "HS256"
	RS256 = "RS256"
	ES256 = "ES256"
)

// Config is the scheme in the config file: {type: jwt, algorithm: ..., ...}.
type Config struct {
	// Header holds the token alone. Empty: "Authorization: Bearer TOKEN".
	Header    string        `yaml:"header"`
	Algorithm string        `yaml:"algorithm"` // HS256 | RS256 | ES256
	Secrets   []secret.Text `yaml:"secrets"`   // for HS256; not written: the endpoint's
	// PublicKey is a PEM public key or certificate, or a JWKS document, for
	// RS256 and ES256.
	PublicKey secret.Text `yaml:"public_key"` // a secret.Text so that it may be a file
	Issuer    string      `yaml:"issuer"`     // what iss must be; empty: anything
	Audience  string      `yaml:"audience"`   // what aud must hold; empty: anything
	// BodyHash is the claim that holds the SHA-256 of the body in hex. Without
	// it the token must expire.
	BodyHash string `yaml:"body_hash"`
}

// Definition registers this scheme as "jwt".
func Definition() verify.Definition { return verify.Define("jwt", New) }

// Netlify makes the check of Netlify's deploy notifications: a JWS that holds
// the hash of the body and no time.
func Netlify(keys verify.Keys) (*Verifier, error) {
	return New(Config{Header: "X-Webhook-Signature", Algorithm: HS256, Issuer: "netlify", BodyHash: "sha256"}, keys)
}

// New makes the check that a config describes. It wants a key of the kind that
// the algorithm needs, and no other: a public key taken for a shared secret
// would let anybody sign.
func New(c Config, keys verify.Keys) (*Verifier, error) {
	v := &Verifier{config: c, tolerance: keys.Tolerance, secrets: textsOf(c, keys)}
	if v.tolerance <= 0 {
		v.tolerance = verify.DefaultTolerance
	}
	var err error
	switch c.Algorithm {
	case HS256:
		v.secrets, v.keys, err = shared(c, keys)
	case RS256, ES256:
		v.keys, err = public(c)
	case "":
		err = errors.New("algorithm: it must be named: HS256, RS256 or ES256")
	default:
		err = fmt.Errorf("algorithm: %q is none of HS256, RS256, ES256", c.Algorithm)
	}
	if err != nil {
		return nil, err
	}
	return v, nil
}

// Verifier checks the tokens of one issuer.
type Verifier struct {
	config    Config
	keys      []key
	secrets   []secret.Text // of HS256
	tolerance time.Duration
}

var _ verify.Verifier = (*Verifier)(nil)

// Verify checks the signature first, then the claims, the times last: only
// the genuine sender hears that its token is too old.
func (v *Verifier) Verify(_ context.Context, r *webhook.Request) error {
	text, err := v.token(r)
	if err != nil {
		return err
	}
	t, err := parse(text)
	if err != nil {
		return err
	}
	if t.algorithm != v.config.Algorithm {
		return verify.Reject("the token is not signed with " + v.config.Algorithm)
	}
	if !v.matches(t) {
		return verify.Reject("the token's signature matches no key")
	}
	return v.judge(t.claims, r)
}

func (v *Verifier) token(r *webhook.Request) (string, error) {
	if v.config.Header != "" {
		return verify.Header(r, v.config.Header)
	}
	value, err := verify.Header(r, "Authorization")
	if err != nil {
		return "", err
	}
	scheme, token, _ := strings.Cut(value, " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return "", verify.Reject("the Authorization header is not a bearer token")
	}
	return token, nil
}

// matches tries every key that the token may mean.
func (v *Verifier) matches(t token) bool {
	found := false
	for _, k := range v.keys {
		if k.id != "" && t.keyID != "" && k.id != t.keyID {
			continue
		}
		if k.check(t.signed, t.signature) {
			found = true
		}
	}
	return found
}

// Credentials names the header of the token.
func (v *Verifier) Credentials() verify.Credentials {
	if v.config.Header == "" {
		return verify.Credentials{Headers: []string{"Authorization"}}
	}
	return verify.Credentials{Headers: []string{v.config.Header}}
}
