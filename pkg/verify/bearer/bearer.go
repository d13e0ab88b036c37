// Package bearer is the scheme of a shared secret in the Authorization header
// (RFC 6750), as Alertmanager and Grafana send it. The secret travels with each
// request: it proves the sender, and nothing about the body.
package bearer

import (
	"context"
	"errors"
	"strings"

	"postern/pkg/secret"
	"postern/pkg/verify"
	"postern/pkg/webhook"
)

// Config is the scheme in the config file: {type: bearer, token: ...}.
type Config struct {
	Token  secret.Text   `yaml:"token"`
	Tokens []secret.Text `yaml:"tokens"` // instead of token: any one may match
}

// Definition registers this scheme as "bearer".
func Definition() verify.Definition { return verify.Define("bearer", New) }

// New makes the check that a config describes.
func New(c Config, _ verify.Keys) (Verifier, error) {
	tokens, err := verify.Tokens(c.Token, c.Tokens)
	if err != nil {
		return Verifier{}, err
	}
	return Verifier{Tokens: tokens}, nil
}

// Verifier wants one of the tokens as a bearer's. Without a token it refuses
// everything.
type Verifier struct{ Tokens []secret.Text }

var _ verify.Verifier = Verifier{}

// Verify takes "Bearer", in any case, one space and the token.
func (v Verifier) Verify(_ context.Context, r *webhook.Request) error {
	value, err := verify.Header(r, "Authorization")
	if errors.Is(err, verify.ErrMissing) {
		return err
	}
	if len(secret.NonEmpty(v.Tokens)) == 0 {
		return verify.NotConfigured()
	}
	if err != nil {
		return err
	}
	scheme, token, _ := strings.Cut(value, " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return verify.Reject("the Authorization header is not a bearer token")
	}
	if !verify.Match(token, v.Tokens) {
		return verify.Reject("the bearer token is none of those configured")
	}
	return nil
}

// Credentials names the Authorization header.
func (Verifier) Credentials() verify.Credentials {
	return verify.Credentials{Headers: []string{"Authorization"}}
}
