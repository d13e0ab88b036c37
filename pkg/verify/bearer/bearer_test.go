package bearer_test

import (
	"errors"
	"net/http"
	"testing"

	"postern/pkg/secret"
	"postern/pkg/verify"
	"postern/pkg/verify/bearer"
	"postern/pkg/verify/verifytest"
	"postern/pkg/webhook"
)

func scheme() verifytest.Scheme {
	return verifytest.Scheme{
		New: func(secrets ...secret.Text) (verify.Verifier, error) {
			return bearer.Verifier{Tokens: secrets}, nil
		},
		Sign:         func(r *webhook.Request, key secret.Text) { r.Header.Set("Authorization", "Bearer "+key.Reveal()) },
		Credential:   verifytest.Place{Header: "Authorization", Prefix: "Bearer "},
		BodyUnsigned: true,
	}
}

func TestContract(t *testing.T) {
	t.Parallel()
	verifytest.Run(t, scheme())
}

func FuzzVerify(f *testing.F) { verifytest.Fuzz(f, scheme()) }

func TestAuthorization(t *testing.T) {
	t.Parallel()
	v := bearer.Verifier{Tokens: []secret.Text{secret.New("device-token")}}
	for name, c := range map[string]struct {
		value string
		want  error
	}{
		"the scheme in any case": {"bEARER device-token", nil},
		"nothing at all":         {"", verify.ErrMissing},
		"the scheme alone":       {"Bearer", verify.ErrRejected},
		"an empty token":         {"Bearer ", verify.ErrRejected},
		"another scheme":         {"Basic device-token", verify.ErrRejected},
		"the token alone":        {"device-token", verify.ErrRejected},
		"two spaces":             {"Bearer  device-token", verify.ErrRejected},
		"two tokens":             {"Bearer device-token device-token", verify.ErrRejected},
		"the token in capitals":  {"Bearer DEVICE-TOKEN", verify.ErrRejected},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := &webhook.Request{Header: http.Header{"Authorization": {c.value}}}
			if err := v.Verify(t.Context(), r); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	a, empty := secret.New("a"), secret.New("")
	verifytest.RunSettings(t, bearer.Definition(), map[string]verifytest.Settings{
		"one token":         {Written: bearer.Config{Token: a}},
		"several tokens":    {Written: bearer.Config{Tokens: []secret.Text{a, a}}},
		"no token":          {Written: bearer.Config{}, Fault: "token"},
		"an empty token":    {Written: bearer.Config{Token: empty}, Fault: "token"},
		"one of them empty": {Written: bearer.Config{Tokens: []secret.Text{a, empty}}, Fault: "tokens"},
		"both kinds":        {Written: bearer.Config{Token: a, Tokens: []secret.Text{a}}, Fault: "token"},
	})
}
