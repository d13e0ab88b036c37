package verify_test

import (
	"errors"
	"net/http"
	"testing"

	"postern/pkg/secret"
	"postern/pkg/verify"
	"postern/pkg/webhook"
)

// TestBase64: each has one spelling of the same bytes.
func TestBase64(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		decode func(string) ([]byte, error)
		text   string
		want   string
		ok     bool
	}{
		"standard":                {verify.Base64, "+/8=", "\xfb\xff", true},
		"empty":                   {verify.Base64, "", "", true},
		"without padding":         {verify.Base64, "+/8", "", false},
		"in the URL alphabet":     {verify.Base64, "-_8=", "", false},
		"with stray bits":         {verify.Base64, "+/9=", "", false},
		"with a line break":       {verify.Base64, "+/8=\n", "", false},
		"with one in the middle":  {verify.Base64, "+/\r8=", "", false},
		"URL":                     {verify.Base64URL, "-_8", "\xfb\xff", true},
		"URL with padding":        {verify.Base64URL, "-_8=", "", false},
		"URL in another alphabet": {verify.Base64URL, "+/8", "", false},
		"URL with stray bits":     {verify.Base64URL, "-_9", "", false},
		"URL with a line break":   {verify.Base64URL, "-_8\n", "", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := c.decode(c.text)
			if string(got) != c.want || (err == nil) != c.ok {
				t.Errorf("got %q and error %v, want %q and success %v", got, err, c.want, c.ok)
			}
		})
	}
}

func TestKeyed(t *testing.T) {
	t.Parallel()
	a, b, empty := secret.New("a"), secret.New("b"), secret.New("")
	for name, c := range map[string]struct {
		own, endpoints []secret.Text
		want           string
	}{
		"its own before the endpoint's": {[]secret.Text{a}, []secret.Text{b}, "a"},
		"the endpoint's":                {nil, []secret.Text{empty, b}, "b"},
		"none":                          {nil, nil, ""},
		"an empty list of its own":      {[]secret.Text{}, []secret.Text{b}, ""},
		"nothing but empty ones":        {[]secret.Text{empty}, []secret.Text{b}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := verify.Keyed(c.own, verify.Keys{Secrets: c.endpoints})
			if c.want == "" {
				if err == nil || got != nil {
					t.Errorf("got %d secrets and error %v, want an error alone", len(got), err)
				}
				return
			}
			if err != nil || len(got) != 1 || got[0].Reveal() != c.want {
				t.Errorf("got %d secrets and error %v, want one", len(got), err)
			}
		})
	}
}

func TestOnlyField(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		contentType, body, want string
		err                     error
	}{
		"alone":          {"application/x-www-form-urlencoded", "payload=%7B+%7D", "{ }", nil},
		"empty":          {"application/x-www-form-urlencoded", "payload=", "", nil},
		"twice":          {"application/x-www-form-urlencoded", "payload=1&payload=1", "", verify.ErrRejected},
		"beside another": {"application/x-www-form-urlencoded", "payload=1&a", "", verify.ErrRejected},
		"not there":      {"application/x-www-form-urlencoded", "a=1", "", verify.ErrRejected},
		"not to be read": {"application/x-www-form-urlencoded", "payload=%zz", "", verify.ErrRejected},
		"not in a form":  {"application/json", "payload=1", "", verify.ErrRejected},
		"beside a file": {
			"multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=payload\r\n\r\n1\r\n" +
				"--x\r\nContent-Disposition: form-data; name=a; filename=a\r\n\r\n1\r\n--x--\r\n", "", verify.ErrRejected,
		},
		"said to be parts": {"multipart/form-data; boundary=x", "payload=1", "", verify.ErrRejected},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := &webhook.Request{Header: http.Header{"Content-Type": {c.contentType}}, Body: []byte(c.body)}
			got, err := verify.OnlyField(r, "payload")
			if string(got) != c.want || !errors.Is(err, c.err) {
				t.Errorf("got %q and error %v, want %q and %v", got, err, c.want, c.err)
			}
		})
	}
}
