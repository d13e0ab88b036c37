package path_test

import (
	"errors"
	"net/url"
	"testing"

	"postern/pkg/secret"
	"postern/pkg/verify"
	"postern/pkg/verify/path"
	"postern/pkg/verify/verifytest"
	"postern/pkg/webhook"
)

func scheme() verifytest.Scheme {
	return verifytest.Scheme{
		New: func(secrets ...secret.Text) (verify.Verifier, error) {
			return path.Verifier{Param: "key", Tokens: secrets}, nil
		},
		Sign: func(r *webhook.Request, key secret.Text) {
			r.Params = map[string]string{"device": "7", "key": key.Reveal()}
			r.Path = "/7/" + url.PathEscape(key.Reveal())
			r.URL += r.Path
		},
		Credential:   verifytest.Place{Param: "key"},
		BodyUnsigned: true,
	}
}

func TestContract(t *testing.T) {
	t.Parallel()
	verifytest.Run(t, scheme())
}

func FuzzVerify(f *testing.F) { verifytest.Fuzz(f, scheme()) }

func TestOnlyItsOwnParameterCounts(t *testing.T) {
	t.Parallel()
	v := path.Verifier{Param: "key", Tokens: []secret.Text{secret.New("device token/1")}}
	for name, c := range map[string]struct {
		params map[string]string
		want   error
	}{
		"the token":            {map[string]string{"key": "device token/1"}, nil},
		"still escaped":        {map[string]string{"key": "device%20token%2F1"}, verify.ErrRejected},
		"in another parameter": {map[string]string{"id": "device token/1"}, verify.ErrMissing},
		"its name in capitals": {map[string]string{"KEY": "device token/1"}, verify.ErrMissing},
		"no parameter":         {nil, verify.ErrMissing},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := v.Verify(t.Context(), &webhook.Request{Params: c.params}); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	a, empty := secret.New("a"), secret.New("")
	verifytest.RunSettings(t, path.Definition(), map[string]verifytest.Settings{
		"one token":         {Written: path.Config{Param: "key", Token: a}},
		"several tokens":    {Written: path.Config{Param: "key", Tokens: []secret.Text{a, a}}},
		"no parameter":      {Written: path.Config{Token: a}, Fault: "param"},
		"no token":          {Written: path.Config{Param: "key"}, Fault: "token"},
		"an empty token":    {Written: path.Config{Param: "key", Token: empty}, Fault: "token"},
		"one of them empty": {Written: path.Config{Param: "key", Tokens: []secret.Text{a, empty}}, Fault: "tokens"},
		"both kinds":        {Written: path.Config{Param: "key", Token: a, Tokens: []secret.Text{a}}, Fault: "token"},
	})
}
