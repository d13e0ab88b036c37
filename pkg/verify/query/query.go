// Package query is the scheme of a shared secret in a query parameter, for
// senders that can set nothing but a URL: Docker Hub, Uptime Kuma, small
// devices. Proxies on the way may log it; it proves nothing about the body.
package query

import (
	"context"
	"errors"
	"net/url"
	"strings"

	"postern/pkg/secret"
	"postern/pkg/verify"
	"postern/pkg/webhook"
)

// Config is the scheme in the config file: {type: query, param: ..., token: ...}.
type Config struct {
	Param  string        `yaml:"param"`
	Token  secret.Text   `yaml:"token"`
	Tokens []secret.Text `yaml:"tokens"` // instead of token: any one may match
}

// Definition registers this scheme as "query".
func Definition() verify.Definition { return verify.Define("query", New) }

// New makes the check that a config describes.
func New(c Config, _ verify.Keys) (Verifier, error) {
	if c.Param == "" {
		return Verifier{}, errors.New("param: the parameter of the token must be named")
	}
	tokens, err := verify.Tokens(c.Token, c.Tokens)
	if err != nil {
		return Verifier{}, err
	}
	return Verifier{Param: c.Param, Tokens: tokens}, nil
}

// Verifier wants one of the tokens in a query parameter. Without a token it
// refuses everything.
type Verifier struct {
	Param  string
	Tokens []secret.Text
}

var _ verify.Verifier = Verifier{}

// Verify wants the parameter exactly once.
func (v Verifier) Verify(_ context.Context, r *webhook.Request) error {
	values := v.values(r.RawQuery)
	switch {
	case len(values) == 0 || len(values) == 1 && values[0] == "":
		return verify.Missing("the query parameter " + v.Param + " is missing")
	case len(secret.NonEmpty(v.Tokens)) == 0:
		return verify.NotConfigured()
	case len(values) > 1:
		return verify.Reject("the query parameter " + v.Param + " is given several times")
	}
	given, err := url.QueryUnescape(values[0])
	if err != nil {
		return verify.Reject("the query parameter " + v.Param + " cannot be decoded")
	}
	if !verify.Match(given, v.Tokens) {
		return verify.Reject("the token in " + v.Param + " is none of those configured")
	}
	return nil
}

// values gives every value of the parameter, still escaped. url.ParseQuery
// would drop the pairs that it cannot read, and so hide a second one.
func (v Verifier) values(raw string) []string {
	var values []string
	for pair := range strings.SplitSeq(raw, "&") {
		key, value, _ := strings.Cut(pair, "=")
		if name, err := url.QueryUnescape(key); err == nil && name == v.Param {
			values = append(values, value)
		}
	}
	return values
}

// Credentials names the parameter of the token.
func (v Verifier) Credentials() verify.Credentials {
	return verify.Credentials{Query: []string{v.Param}}
}
