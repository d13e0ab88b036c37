package meta

import (
	"cmp"
	"context"

	"postern/pkg/secret"
	"postern/pkg/verify"
	"postern/pkg/verify/hmac"
	"postern/pkg/webhook"
)

// verifier checks the signature, and refuses the greetings that Greet did not
// answer: Meta cannot sign those, so that a missing signature says nothing.
type verifier struct {
	*hmac.Verifier
	token secret.Text
}

// Verify refuses every greeting: one with the right token is answered before.
func (v verifier) Verify(ctx context.Context, r *webhook.Request) error {
	if _, _, ok := greeting(r); !ok {
		return v.Verifier.Verify(ctx, r)
	}
	if v.token.Empty() {
		return verify.Reject("Meta asks with a verify_token, and this endpoint has none")
	}
	return verify.Reject("the verify_token is wrong")
}

// Explain says how the token of a greeting is wrong, and what to do about it.
func (v verifier) Explain(r *webhook.Request, err error) string {
	given, _, ok := greeting(r)
	switch {
	case !ok:
		return v.Verifier.Explain(r, err)
	case v.token.Empty():
		return "Meta asks with a verify_token, and this endpoint has none: write verify_token here, as it is entered at Meta"
	default:
		says := verify.ExplainToken(r, "the query parameter "+tokenParam, given, []secret.Text{v.token})
		return cmp.Or(says, "the verify_token that is entered at Meta is another than the one configured here")
	}
}

// Credentials are also what a greeting proves itself with.
func (v verifier) Credentials() verify.Credentials {
	c := v.Verifier.Credentials()
	c.Query = append(c.Query, tokenParam)
	return c
}
