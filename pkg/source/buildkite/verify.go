package buildkite

import (
	"context"
	"net/textproto"

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

// Verify asks the one check that the request has the material for.
func (v verifier) Verify(ctx context.Context, r *webhook.Request) error {
	_, signed := r.Header[textproto.CanonicalMIMEHeaderKey(signatureHeader)]
	_, named := r.Header[textproto.CanonicalMIMEHeaderKey(plainHeader)]
	switch {
	case signed:
		return v.signature.Verify(ctx, r)
	case named:
		return v.token.Verify(ctx, r)
	default:
		return verify.Missing("neither " + signatureHeader + " nor " + plainHeader + " is there")
	}
}

// Credentials names both headers: neither is to be kept.
func (verifier) Credentials() verify.Credentials {
	return verify.Credentials{Headers: []string{signatureHeader, plainHeader}}
}
