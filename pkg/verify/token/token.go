// Package token is the scheme of a shared secret in a header of its own, as
// GitLab (X-Gitlab-Token), Buildkite and Telegram bots send it, and any script
// can. The secret travels with each request: it proves the sender, and nothing
// about the body.
package token

import (
	"context"
	"errors"

	"postern/pkg/secret"
	"postern/pkg/verify"
	"postern/pkg/webhook"
)

// Config is the scheme in the config file: {type: token, header: ..., token: ...}.
type Config struct {
	Header string        `yaml:"header"`
	Token  secret.Text   `yaml:"token"`
	Tokens []secret.Text `yaml:"tokens"` // instead of token: any one may match
}

// Definition registers this scheme as "token".
func Definition() verify.Definition { return verify.Define("token", New) }

// New makes the check that a config describes.
func New(c Config, _ verify.Keys) (Verifier, error) {
	var unnamed error
	if c.Header == "" {
		unnamed = errors.New("header: the header of the token must be named")
	}
	tokens, unset := verify.Tokens(c.Token, c.Tokens)
	if err := errors.Join(unnamed, unset); err != nil {
		return Verifier{}, err
	}
	return Verifier{Header: c.Header, Tokens: tokens}, nil
}

// Verifier wants one of the tokens in a header. Without a token it refuses
// everything.
type Verifier struct {
	Header string
	Tokens []secret.Text
}

var _ verify.Verifier = Verifier{}

// Verify compares the whole value of the header.
func (v Verifier) Verify(_ context.Context, r *webhook.Request) error {
	value, err := verify.Header(r, v.Header)
	if errors.Is(err, verify.ErrMissing) {
		return err
	}
	if len(secret.NonEmpty(v.Tokens)) == 0 {
		return verify.NotConfigured()
	}
	if err != nil {
		return err
	}
	if !verify.Match(value, v.Tokens) {
		return verify.Reject("the token in " + v.Header + " is none of those configured")
	}
	return nil
}

// Credentials names the header of the token.
func (v Verifier) Credentials() verify.Credentials {
	return verify.Credentials{Headers: []string{v.Header}}
}
