// Package basic is the scheme of a user name and a password in the
// Authorization header (RFC 7617), as Azure DevOps and Bitbucket Data Center
// send it. The password travels with each request: it proves the sender, and
// nothing about the body.
package basic

import (
	"context"
	"encoding/base64"
	"errors"
	"strings"

	"postern/pkg/secret"
	"postern/pkg/verify"
	"postern/pkg/webhook"
)

// Config is the scheme in the config file: {type: basic, username: ..., password: ...}.
type Config struct {
	Username string      `yaml:"username"` // may be empty: some senders have a password only
	Password secret.Text `yaml:"password"`
}

// Definition registers this scheme as "basic".
func Definition() verify.Definition { return verify.Define("basic", New) }

// New makes the check that a config describes.
func New(c Config, _ verify.Keys) (Verifier, error) {
	if c.Password.Empty() {
		return Verifier{}, errors.New("password: none is set")
	}
	if strings.Contains(c.Username, ":") {
		return Verifier{}, errors.New("username: it may hold no colon, no sender could send it")
	}
	return Verifier(c), nil
}

// Verifier wants this user name with this password. Without a password it
// refuses everything.
type Verifier struct {
	Username string
	Password secret.Text
}

var _ verify.Verifier = Verifier{}

// Verify takes "Basic", in any case, one space and strict base64 of name and
// password. It does not tell which of the two was wrong.
func (v Verifier) Verify(_ context.Context, r *webhook.Request) error {
	value, err := verify.Header(r, "Authorization")
	if errors.Is(err, verify.ErrMissing) {
		return err
	}
	if v.Password.Empty() {
		return verify.NotConfigured()
	}
	if err != nil {
		return err
	}
	scheme, encoded, _ := strings.Cut(value, " ")
	if !strings.EqualFold(scheme, "Basic") {
		return verify.Reject("the Authorization header is not basic authentication")
	}
	given, err := base64.StdEncoding.Strict().DecodeString(encoded)
	if err != nil || strings.ContainsAny(encoded, "\r\n") {
		return verify.Reject("the basic credentials cannot be decoded")
	}
	// The configured name holds no colon, so the pair is compared as one.
	want := secret.New(v.Username + ":" + v.Password.Reveal())
	if !verify.Match(string(given), []secret.Text{want}) {
		return verify.Reject("user name or password is wrong")
	}
	return nil
}

// Credentials names the Authorization header.
func (Verifier) Credentials() verify.Credentials {
	return verify.Credentials{Headers: []string{"Authorization"}}
}
