package token_test

import (
	"testing"

	"postern/pkg/secret"
	"postern/pkg/verify"
	"postern/pkg/verify/token"
	"postern/pkg/verify/verifytest"
	"postern/pkg/webhook"
)

func scheme() verifytest.Scheme {
	return verifytest.Scheme{
		New: func(secrets ...secret.Text) (verify.Verifier, error) {
			return token.Verifier{Header: "x-gitlab-token", Tokens: secrets}, nil
		},
		Sign:         func(r *webhook.Request, key secret.Text) { r.Header.Set("X-Gitlab-Token", key.Reveal()) },
		Credential:   verifytest.Place{Header: "X-Gitlab-Token"},
		BodyUnsigned: true,
	}
}

func TestContract(t *testing.T) {
	t.Parallel()
	verifytest.Run(t, scheme())
}

func FuzzVerify(f *testing.F) { verifytest.Fuzz(f, scheme()) }

func TestSettings(t *testing.T) {
	t.Parallel()
	verifytest.RunSettings(t, token.Definition(), map[string]verifytest.Settings{
		"one token":      {Written: token.Config{Header: "X-Token", Token: secret.New("a")}},
		"several tokens": {Written: token.Config{Header: "X-Token", Tokens: texts("a", "b")}},
		"no header":      {Written: token.Config{Token: secret.New("a")}, Fault: "header"},
		"no token":       {Written: token.Config{Header: "X-Token"}, Fault: "token"},
		"an empty token": {Written: token.Config{Header: "X-Token", Token: secret.New("")}, Fault: "token"},
		"an empty list":  {Written: token.Config{Header: "X-Token", Tokens: texts()}, Fault: "token"},
		"one of them empty": {
			Written: token.Config{Header: "X-Token", Tokens: texts("a", "")}, Fault: "tokens",
		},
		"both kinds": {
			Written: token.Config{Header: "X-Token", Token: secret.New("a"), Tokens: texts("b")}, Fault: "token",
		},
		"the endpoint's secrets are no tokens": {
			Written: token.Config{Header: "X-Token"}, Keys: verify.Keys{Secrets: texts("a")}, Fault: "token",
		},
	})
}

func texts(values ...string) []secret.Text {
	list := []secret.Text{}
	for _, v := range values {
		list = append(list, secret.New(v))
	}
	return list
}
