package field_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"postern/pkg/secret"
	"postern/pkg/verify"
	"postern/pkg/verify/field"
	"postern/pkg/verify/verifytest"
	"postern/pkg/webhook"
)

// carrier is the header that stands for the field: the suite knows headers and
// query parameters only, so what it writes there is put into the body.
const carrier = "X-Carrier"

type carried struct {
	verify.Verifier
	form bool
}

func (c carried) Verify(ctx context.Context, r *webhook.Request) error {
	moved := *r
	values := r.Header.Values(carrier)
	if c.form {
		moved.Header = http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
		moved.Body = []byte(url.Values{"a.token": values}.Encode())
		return c.Verifier.Verify(ctx, &moved)
	}
	inner := map[string]any{}
	if len(values) > 0 {
		inner["token"] = strings.Join(values, ",")
	}
	moved.Body, _ = json.Marshal(map[string]any{"a": inner})
	return c.Verifier.Verify(ctx, &moved)
}

func (carried) Credentials() verify.Credentials {
	return verify.Credentials{Headers: []string{carrier}}
}

func scheme(form bool) verifytest.Scheme {
	return verifytest.Scheme{
		New: func(secrets ...secret.Text) (verify.Verifier, error) {
			return carried{field.Verifier{Field: "a.token", Tokens: secrets}, form}, nil
		},
		Sign:         func(r *webhook.Request, key secret.Text) { r.Header.Set(carrier, key.Reveal()) },
		Credential:   verifytest.Place{Header: carrier},
		BodyUnsigned: true,
	}
}

func TestContract(t *testing.T) {
	t.Parallel()
	for name, form := range map[string]bool{"in JSON": false, "in a form": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			verifytest.Run(t, scheme(form))
		})
	}
}

// FuzzBody: whatever the body is, it passes only with the token in it.
func FuzzBody(f *testing.F) {
	for _, path := range []string{"a.token", "value.*.clientState", "*", "", "a.", "*.*.*"} {
		for _, body := range []string{
			`{"a":{"token":"device-token"}}`, `{"value":[{"clientState":"device-token"}]}`, `["device-token"]`, `[[],[[]]]`,
			"a.token=device-token", "{", "null", "",
		} {
			f.Add(path, body, true)
			f.Add(path, body, false)
		}
	}
	f.Fuzz(func(t *testing.T, path, body string, form bool) {
		r := &webhook.Request{Header: http.Header{}, Body: []byte(body)}
		if form {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		v := field.Verifier{Field: path, Tokens: []secret.Text{secret.New("device-token")}}
		if v.Verify(t.Context(), r) != nil {
			return
		}
		payload, err := r.Payload()
		if !form {
			payload, err = webhook.DecodeJSON(r.Body)
		}
		if text, _ := json.Marshal(payload); err != nil || !strings.Contains(string(text), "device-token") {
			t.Errorf("body %q passed, which does not hold the token", body)
		}
	})
}

func TestBodies(t *testing.T) {
	t.Parallel()
	const form, json = "application/x-www-form-urlencoded", "application/json"
	for name, c := range map[string]struct {
		field, contentType, body string
		want                     error
	}{
		"a member":                     {"token", json, `{"token":"right"}`, nil},
		"without a content type":       {"token", "", `{"token":"right"}`, nil},
		"deep within":                  {"a.b.token", json, `{"a":{"b":{"token":"right"}}}`, nil},
		"each element":                 {"value.*.state", json, `{"value":[{"state":"right"},{"state":"right"}]}`, nil},
		"a form's field":               {"a.token", form, "x=1&a.token=right", nil},
		"a wrong one":                  {"token", json, `{"token":"wrong"}`, verify.ErrRejected},
		"one wrong element":            {"value.*.state", json, `{"value":[{"state":"right"},{"state":"wrong"}]}`, verify.ErrRejected},
		"one element without it":       {"value.*.state", json, `{"value":[{"state":"right"},{}]}`, verify.ErrMissing},
		"one list of several is empty": {"*.*", json, `[["right"],[]]`, verify.ErrMissing},
		"no element":                   {"value.*.state", json, `{"value":[]}`, verify.ErrMissing},
		"no list":                      {"value.*.state", json, `{"value":{"state":"right"}}`, verify.ErrMissing},
		"no star for a list":           {"value.state", json, `{"value":[{"state":"right"}]}`, verify.ErrMissing},
		"no member":                    {"token", json, `{"other":"right"}`, verify.ErrMissing},
		"another case":                 {"token", json, `{"Token":"right"}`, verify.ErrMissing},
		"empty":                        {"token", json, `{"token":""}`, verify.ErrMissing},
		"null":                         {"token", json, `{"token":null}`, verify.ErrMissing},
		"no object on the way":         {"a.token", json, `{"a":1}`, verify.ErrMissing},
		"not a text":                   {"token", json, `{"token":["right"]}`, verify.ErrRejected},
		"an empty body":                {"token", json, "", verify.ErrMissing},
		"no JSON":                      {"token", json, "right", verify.ErrRejected},
		"no field in the form":         {"token", form, "x=right", verify.ErrMissing},
		"an empty field in the form":   {"token", form, "token=", verify.ErrMissing},
		"twice in the form":            {"token", form, "token=right&token=right", verify.ErrRejected},
		"a form out of form":           {"token", form, "token=right&%zz", verify.ErrRejected},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := &webhook.Request{Header: http.Header{"Content-Type": {c.contentType}}, Body: []byte(c.body)}
			v := field.Verifier{Field: c.field, Tokens: []secret.Text{secret.New("right")}}
			if err := v.Verify(t.Context(), r); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	a, empty := secret.New("a"), secret.New("")
	verifytest.RunSettings(t, field.Definition(), map[string]verifytest.Settings{
		"one token":         {Written: field.Config{Field: "token", Token: a}},
		"several tokens":    {Written: field.Config{Field: "token", Tokens: []secret.Text{a, a}}},
		"no field":          {Written: field.Config{Token: a}, Fault: "field"},
		"no token":          {Written: field.Config{Field: "token"}, Fault: "token"},
		"one of them empty": {Written: field.Config{Field: "token", Tokens: []secret.Text{a, empty}}, Fault: "tokens"},
	})
}
