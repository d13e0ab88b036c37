package field_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"postern/pkg/secret"
	"postern/pkg/verify"
	"postern/pkg/verify/field"
	"postern/pkg/webhook"
)

func TestSignPutsTheTokenIntoItsField(t *testing.T) {
	t.Parallel()
	const form = "application/x-www-form-urlencoded"
	for name, c := range map[string]struct {
		field, contentType, body, want string
		err                            error
	}{
		"a field that is not there":  {"token", "application/json", `{"a":1}`, `{"a":1,"token":"s<3"}`, nil},
		"another one's":              {"token", "application/json", `{"token":"x"}`, `{"token":"s<3"}`, nil},
		"its own, to the byte":       {"token", "application/json", `{ "token": "s<3" }`, `{ "token": "s<3" }`, nil},
		"within what is not there":   {"a.b.c", "application/json", `{}`, `{"a":{"b":{"c":"s<3"}}}`, nil},
		"each element of a list":     {"value.*.state", "application/json", `{"value":[{"id":1},{}]}`, `{"value":[{"id":1,"state":"s<3"},{"state":"s<3"}]}`, nil},
		"an element that is no list": {"value.*.state", "application/json", `{"value":7}`, "", verify.ErrCannotSign},
		"no object at all":           {"token", "application/json", `7`, "", verify.ErrCannotSign},
		"not JSON":                   {"token", "application/json", `{`, "", verify.ErrCannotSign},
		"a form":                     {"token", form, "a=1&token=x", "a=1&token=s%3C3", nil},
		"files":                      {"token", "multipart/form-data; boundary=x", "--x--", "", verify.ErrCannotSign},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := field.Verifier{Field: c.field, Tokens: []secret.Text{secret.New("s<3"), secret.New("other")}}
			r := &webhook.Request{Header: http.Header{"Content-Type": {c.contentType}}, Body: []byte(c.body)}
			err := v.Sign(r, time.Now())
			if !errors.Is(err, c.err) {
				t.Fatalf("got %v, want %v", err, c.err)
			}
			if err != nil {
				return
			}
			if string(r.Body) != c.want {
				t.Errorf("got %s, want %s", r.Body, c.want)
			}
			if err := v.Verify(t.Context(), r); err != nil {
				t.Errorf("what was signed: got %v, want nil", err)
			}
		})
	}
}
