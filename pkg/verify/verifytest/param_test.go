package verifytest_test

import (
	"context"
	"testing"

	"postern/pkg/secret"
	"postern/pkg/verify"
	"postern/pkg/verify/verifytest"
	"postern/pkg/webhook"
)

// inPath takes its secret from the path; it may forget to name it.
type inPath struct {
	secrets []secret.Text
	names   []string
}

func (p inPath) Verify(_ context.Context, r *webhook.Request) error {
	switch {
	case r.Params["key"] == "":
		return verify.Missing("the key is missing")
	case len(p.secrets) == 0:
		return verify.NotConfigured()
	case !verify.Match(r.Params["key"], p.secrets):
		return verify.Reject("the key is wrong")
	default:
		return nil
	}
}

func (p inPath) Credentials() verify.Credentials { return verify.Credentials{Params: p.names} }

func TestPathParameters(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		names  []string
		faults int
	}{"named": {[]string{"key"}, 0}, "not named": {nil, 1}, "another is named": {[]string{"id"}, 1}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			faults, err := verifytest.Faults(verifytest.Scheme{
				New: func(secrets ...secret.Text) (verify.Verifier, error) {
					return inPath{secret.NonEmpty(secrets), c.names}, nil
				},
				Sign: func(r *webhook.Request, key secret.Text) {
					r.Params = map[string]string{"key": key.Reveal()}
					r.Path = "/in/" + key.Reveal()
					r.URL += r.Path
				},
				Credential: verifytest.Place{Param: "key"}, BodyUnsigned: true,
			})
			if err != nil {
				t.Fatal(err)
			}
			const promise = "a request without its credentials does not verify and holds no secret"
			if len(faults) != c.faults || c.faults > 0 && faults[promise] == nil {
				t.Errorf("got faults %v, want %d", faults, c.faults)
			}
		})
	}
}
