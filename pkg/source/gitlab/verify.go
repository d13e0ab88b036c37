package gitlab

import (
	"context"
	"errors"
	"strings"
	"time"

	"postern/pkg/secret"
	"postern/pkg/verify"
	"postern/pkg/verify/hmac"
	"postern/pkg/verify/token"
	"postern/pkg/webhook"
)

// signingPrefix begins every signing token that GitLab makes.
const signingPrefix = "whsec_"

// plainHeader holds the plain token.
const plainHeader = "X-Gitlab-Token"

// Verification checks what the secrets are for: one that begins with whsec_ is
// a signing token, any other is the plain token. Any one may prove a request.
func (Source) Verification(keys verify.Keys) (verify.Verifier, error) {
	var signing, plain []secret.Text
	for _, s := range secret.NonEmpty(keys.Secrets) {
		if strings.HasPrefix(s.Reveal(), signingPrefix) {
			signing = append(signing, s)
		} else {
			plain = append(plain, s)
		}
	}
	var v either
	if len(signing) > 0 {
		keys.Secrets = signing
		signature, err := scheme().Verifier(keys)
		if err != nil {
			return nil, err // never a typed nil in a Verifier
		}
		v = append(v, signature)
	}
	if len(plain) > 0 || len(signing) == 0 {
		v = append(v, token.Verifier{Header: plainHeader, Tokens: plain})
	}
	return v, nil
}

// scheme is how GitLab signs: as Standard Webhooks says.
func scheme() hmac.Scheme {
	return hmac.Scheme{
		Header: "webhook-signature", Separator: " ", Prefix: "v1,", Encoding: "base64",
		Signed: "{header:webhook-id}.{timestamp}.{body}", TimestampHeader: "webhook-timestamp",
		SecretPrefix: signingPrefix, SecretEncoding: "base64",
	}
}

// either wants one of its checks to pass. Without a check it refuses
// everything.
type either []verify.Verifier

// Verify tries every check. Of the refusals it gives the one that tells most:
// a wrong proof rather than a missing one.
func (v either) Verify(ctx context.Context, r *webhook.Request) error {
	refusal := verify.NotConfigured()
	for i, check := range v {
		err := check.Verify(ctx, r)
		if err == nil {
			return nil
		}
		if i == 0 || errors.Is(refusal, verify.ErrMissing) {
			refusal = err
		}
	}
	return refusal
}

// Credentials names both headers, whichever is checked: neither is to be kept.
func (either) Credentials() verify.Credentials {
	return verify.Credentials{Headers: []string{plainHeader, "webhook-signature"}}
}

// Sign signs for the first check: with the signing token, where there is one.
func (v either) Sign(r *webhook.Request, now time.Time) error {
	if len(v) == 0 {
		return verify.NotConfigured()
	}
	return verify.SignAs(v[0], r, now)
}
