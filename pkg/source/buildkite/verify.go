package buildkite

import (
	"context"
	"net/textproto"
	"time"

	"postern/pkg/verify"
	"postern/pkg/verify/hmac"
	"postern/pkg/verify/token"
	"postern/pkg/webhook"
)

// The headers of the two proofs. A webhook sends one of them, by its setting.
const (
	signatureHeader = "X-Buildkite-Signature"
	plainHeader     = "X-Buildkite-Token"
)

// Verification checks the signature where there is one, else the token: the
// webhook's token is the secret of both. A signature that is wrong is not
// forgiven for a token beside it.
func (Source) Verification(keys verify.Keys) (verify.Verifier, error) {
	signature, err := hmac.Scheme{
		Header: signatureHeader, Separator: ",", Prefix: "signature=", TimestampPrefix: "timestamp=",
		Signed: "{timestamp}.{body}",
	}.Verifier(keys)
	if err != nil {
		return nil, err // never a typed nil in a Verifier
	}
	return verifier{signature: signature, token: token.Verifier{Header: plainHeader, Tokens: keys.Secrets}}, nil
}

type verifier struct {
	signature *hmac.Verifier
	token     token.Verifier
}

var (
	_ verify.Explainer = verifier{}
	_ verify.Signer    = verifier{}
)

// Verify asks the one check that the request has the material for.
func (v verifier) Verify(ctx context.Context, r *webhook.Request) error {
	_, named := r.Header[textproto.CanonicalMIMEHeaderKey(plainHeader)]
	switch {
	case signed(r):
		return v.signature.Verify(ctx, r)
	case named:
		return v.token.Verify(ctx, r)
	default:
		return verify.Missing("neither " + signatureHeader + " nor " + plainHeader + " is there")
	}
}

func signed(r *webhook.Request) bool {
	_, ok := r.Header[textproto.CanonicalMIMEHeaderKey(signatureHeader)]
	return ok
}

// Explain asks the check that refused. Where nothing is proved at all, the token
// may stand elsewhere.
func (v verifier) Explain(r *webhook.Request, err error) string {
	if signed(r) {
		return v.signature.Explain(r, err)
	}
	return v.token.Explain(r, err)
}

// Sign makes the signature: it proves more than the token.
func (v verifier) Sign(r *webhook.Request, now time.Time) error { return v.signature.Sign(r, now) }

// Credentials names both headers: neither is to be kept.
func (verifier) Credentials() verify.Credentials {
	return verify.Credentials{Headers: []string{signatureHeader, plainHeader}}
}
