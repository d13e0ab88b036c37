package jira

import (
	"context"
	"strings"

	"postern/pkg/secret"
	"postern/pkg/verify"
	"postern/pkg/verify/hmac"
	"postern/pkg/verify/jwt"
	"postern/pkg/webhook"
)

const signatureHeader = "X-Hub-Signature"

// Verification checks what the webhook has: X-Hub-Signature where an
// administrator made it with a secret, else the bearer token that Jira gives to
// the webhooks of an app, signed with the app's client secret.
func (Source) Verification(keys verify.Keys) (verify.Verifier, error) {
	signature, err := hmac.Scheme{Header: signatureHeader, Prefix: "sha256="}.Verifier(keys)
	if err != nil {
		return nil, err // never a typed nil in a Verifier
	}
	v := Verifier{Verifier: signature}
	if len(secret.NonEmpty(keys.Secrets)) == 0 {
		return v, nil // which refuses everything
	}
	if v.token, err = jwt.New(jwt.Config{Algorithm: jwt.HS256}, keys); err != nil {
		return nil, err
	}
	return v, nil
}

// Verifier wants a signature or a token. A signature that is there must match:
// it covers the body, and the token does not.
type Verifier struct {
	*hmac.Verifier
	token *jwt.Verifier // nil without a secret
}

var (
	_ verify.Verifier  = Verifier{}
	_ verify.Explainer = Verifier{}
)

// Verify asks for the token only where there is no signature at all.
func (v Verifier) Verify(ctx context.Context, r *webhook.Request) error {
	switch {
	case signed(r):
		return v.Verifier.Verify(ctx, r)
	case r.Header.Get("Authorization") == "":
		return verify.Missing("there is neither an " + signatureHeader + " header nor a bearer token")
	case v.token == nil:
		return verify.NotConfigured()
	default:
		return v.token.Verify(ctx, r)
	}
}

func signed(r *webhook.Request) bool {
	return strings.Join(r.Header.Values(signatureHeader), "") != ""
}

// Explain asks the check that refused.
func (v Verifier) Explain(r *webhook.Request, err error) string {
	if v.token != nil && !signed(r) && r.Header.Get("Authorization") != "" {
		return v.token.Explain(r, err)
	}
	return v.Verifier.Explain(r, err)
}

// Credentials names both headers, whichever is checked: neither is to be kept.
func (Verifier) Credentials() verify.Credentials {
	return verify.Credentials{Headers: []string{signatureHeader, "Authorization"}}
}
