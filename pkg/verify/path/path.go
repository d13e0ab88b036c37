// Package path is the scheme of a shared secret in the path, for senders that
// can set nothing but a URL and would lose its query. Proxies on the way may
// log it; it proves nothing about the body.
package path

import (
	"context"
	"errors"

	"postern/pkg/secret"
	"postern/pkg/verify"
	"postern/pkg/webhook"
)

// Config is the scheme in the config file: {type: path, param: ..., token: ...}.
type Config struct {
	// Param is the path parameter that is the token: "key" of an endpoint
	// /in/{key}.
	Param  string        `yaml:"param"`
	Token  secret.Text   `yaml:"token"`
	Tokens []secret.Text `yaml:"tokens"` // instead of token: any one may match
}

// Definition registers this scheme as "path".
func Definition() verify.Definition { return verify.Define("path", New) }

// New makes the check that a config describes.
func New(c Config, _ verify.Keys) (Verifier, error) {
	if c.Param == "" {
		return Verifier{}, errors.New("param: the path parameter of the token must be named")
	}
	tokens, err := verify.Tokens(c.Token, c.Tokens)
	if err != nil {
		return Verifier{}, err
	}
	return Verifier{Param: c.Param, Tokens: tokens}, nil
}

// Verifier wants one of the tokens as a path parameter. Without a token it
// refuses everything.
type Verifier struct {
	Param  string
	Tokens []secret.Text
}

var _ verify.Verifier = Verifier{}

// Verify wants the parameter as it is unescaped.
func (v Verifier) Verify(_ context.Context, r *webhook.Request) error {
	given := r.Params[v.Param]
	switch {
	case given == "":
		return verify.Missing("the path parameter " + v.Param + " is missing")
	case len(secret.NonEmpty(v.Tokens)) == 0:
		return verify.NotConfigured()
	case !verify.Match(given, v.Tokens):
		return verify.Reject("the token in the path is none of those configured")
	default:
		return nil
	}
}

// Credentials names the parameter of the token.
func (v Verifier) Credentials() verify.Credentials {
	return verify.Credentials{Params: []string{v.Param}}
}
