// Package field is the scheme of a shared secret in the body, for senders that
// can write nothing but a payload: Microsoft Graph's clientState, small
// devices. It reads that one field; it proves nothing about the rest, and the
// secret is stored with the body.
package field

import (
	"context"
	"errors"
	"strings"

	"postern/pkg/secret"
	"postern/pkg/verify"
	"postern/pkg/webhook"
)

// Config is the scheme in the config file: {type: field, field: ..., token: ...}.
type Config struct {
	// Field is the path of the token in a JSON body, "auth.token", where * is
	// each element of a list: "value.*.clientState". In a form it is the
	// field's name.
	Field  string        `yaml:"field"`
	Token  secret.Text   `yaml:"token"`
	Tokens []secret.Text `yaml:"tokens"` // instead of token: any one may match
}

// Definition registers this scheme as "field".
func Definition() verify.Definition { return verify.Define("field", New) }

// New makes the check that a config describes.
func New(c Config, _ verify.Keys) (Verifier, error) {
	if c.Field == "" {
		return Verifier{}, errors.New("field: the field of the token must be named")
	}
	tokens, err := verify.Tokens(c.Token, c.Tokens)
	if err != nil {
		return Verifier{}, err
	}
	return Verifier{Field: c.Field, Tokens: tokens}, nil
}

// Verifier wants one of the tokens in a field of the body. Without a token it
// refuses everything.
type Verifier struct {
	Field  string
	Tokens []secret.Text
}

var _ verify.Verifier = Verifier{}

// Verify wants the field once in a form. In JSON with a * it wants a token in
// each element, and at least one element.
func (v Verifier) Verify(_ context.Context, r *webhook.Request) error {
	values, err := v.values(r)
	if err != nil {
		return err
	}
	if len(secret.NonEmpty(v.Tokens)) == 0 {
		return verify.NotConfigured()
	}
	genuine := true
	for _, value := range values {
		if !verify.Match(value, v.Tokens) {
			genuine = false
		}
	}
	if !genuine {
		return verify.Reject("the token in the field " + v.Field + " is none of those configured")
	}
	return nil
}

func (v Verifier) values(r *webhook.Request) ([]string, error) {
	if !r.IsForm() {
		if len(r.Body) == 0 {
			return nil, v.missing()
		}
		body, err := webhook.DecodeJSON(r.Body)
		if err != nil {
			return nil, verify.Reject("the body is not JSON")
		}
		return v.within(body, v.Field, nil)
	}
	form, err := r.Form()
	if err != nil {
		return nil, verify.Reject("the body is not the form that it is said to be")
	}
	values := form.Values[v.Field]
	switch {
	case len(values) == 0 || len(values) == 1 && values[0] == "":
		return nil, v.missing()
	case len(values) > 1:
		return nil, verify.Reject("the field " + v.Field + " is given several times")
	default:
		return values, nil
	}
}

// within collects the text at a path. One element that lacks it makes the
// whole body lack it.
func (v Verifier) within(value any, path string, found []string) ([]string, error) {
	if value == nil || value == "" {
		return nil, v.missing()
	}
	if path == "" {
		text, ok := value.(string)
		if !ok {
			return nil, verify.Reject("the field " + v.Field + " is not a text")
		}
		return append(found, text), nil
	}
	name, rest, _ := strings.Cut(path, ".")
	list, ok := value.([]any)
	if !ok || name != "*" {
		object, _ := value.(map[string]any)
		return v.within(object[name], rest, found)
	}
	if len(list) == 0 {
		return nil, v.missing()
	}
	for _, element := range list {
		var err error
		if found, err = v.within(element, rest, found); err != nil {
			return nil, err
		}
	}
	return found, nil
}

func (v Verifier) missing() error { return verify.Missing("the field " + v.Field + " is missing") }

// Credentials names nothing: it can name headers and parameters only, and a
// body is stored as it came.
func (Verifier) Credentials() verify.Credentials { return verify.Credentials{} }
