package field

import (
	"bytes"
	"context"
	"encoding/json"
	"net/url"
	"strings"
	"time"

	"postern/pkg/secret"
	"postern/pkg/verify"
	"postern/pkg/webhook"
)

var _ verify.Signer = Verifier{}

// Sign puts the token into its field: the body is written anew, unless it
// holds the token already.
func (v Verifier) Sign(r *webhook.Request, _ time.Time) error {
	token, err := verify.FirstSecret(v.Tokens)
	if err != nil {
		return err
	}
	if (Verifier{Field: v.Field, Tokens: []secret.Text{token}}).Verify(context.Background(), r) == nil {
		return nil
	}
	if r.IsForm() {
		return v.signForm(r, token)
	}
	body, err := webhook.DecodeJSON(r.Body)
	if err != nil {
		return verify.CannotSign("the body is not JSON, so it has no field " + v.Field)
	}
	if body, err = v.put(body, v.Field, token); err != nil {
		return err
	}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(body); err != nil {
		return verify.CannotSign("the body cannot be written anew")
	}
	r.Body = bytes.TrimSuffix(out.Bytes(), []byte("\n"))
	return nil
}

func (v Verifier) signForm(r *webhook.Request, token secret.Text) error {
	fields, err := url.ParseQuery(string(r.Body))
	if err != nil || r.MediaType() != "application/x-www-form-urlencoded" {
		return verify.CannotSign("the token can be put into a urlencoded form only")
	}
	fields.Set(v.Field, token.Reveal())
	r.Body = []byte(fields.Encode())
	return nil
}

// put gives the value with the token at a path: a * is each element of a list,
// and objects that are missing on the way are made.
func (v Verifier) put(value any, path string, token secret.Text) (any, error) {
	if path == "" {
		return token.Reveal(), nil
	}
	name, rest, _ := strings.Cut(path, ".")
	if list, ok := value.([]any); ok && name == "*" {
		for i := range list {
			element, err := v.put(list[i], rest, token)
			if err != nil {
				return nil, err
			}
			list[i] = element
		}
		return list, nil
	}
	object, ok := value.(map[string]any)
	if value == nil {
		object, ok = map[string]any{}, true
	}
	if !ok {
		return nil, verify.CannotSign("the body has no place for the field " + v.Field)
	}
	inner, err := v.put(object[name], rest, token)
	if err != nil {
		return nil, err
	}
	object[name] = inner
	return object, nil
}
