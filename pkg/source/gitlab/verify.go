package gitlab

import (
	"context"
	"errors"
	"slices"
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

// plainHeader holds the plain token, signatureHeader what the signing token
// made.
const (
	plainHeader     = "X-Gitlab-Token"
	signatureHeader = "webhook-signature"
)

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
		Header: signatureHeader, Separator: " ", Prefix: "v1,", Encoding: "base64",
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

// Explain says what any of the checks knows of a refusal, the token first: it
// is the more common one. Of two proofs the one that is missing explains
// nothing where the other is wrong.
func (v either) Explain(r *webhook.Request, err error) string {
	if len(v) == 1 && v.signs() && r.Header.Get(plainHeader) != "" && r.Header.Get(signatureHeader) == "" {
		return "GitLab sends its plain secret token, and the secret here is a signing token (whsec_): set that in GitLab, or the plain one here"
	}
	for _, check := range slices.Backward(v) {
		refusal := check.Verify(context.Background(), r) // it fetches nothing
		e, ok := check.(verify.Explainer)
		if !ok || refusal == nil || errors.Is(refusal, verify.ErrMissing) && !errors.Is(err, verify.ErrMissing) {
			continue
		}
		if says := e.Explain(r, refusal); says != "" {
			return says
		}
	}
	return ""
}

// signs reports whether the first check wants a signature.
func (v either) signs() bool {
	_, ok := v[0].(*hmac.Verifier)
	return ok
}

// Credentials names both headers, whichever is checked: neither is to be kept.
func (either) Credentials() verify.Credentials {
	return verify.Credentials{Headers: []string{plainHeader, signatureHeader}}
}

// Sign signs for the first check: with the signing token, where there is one.
func (v either) Sign(r *webhook.Request, now time.Time) error {
	if len(v) == 0 {
		return verify.NotConfigured()
	}
	return verify.SignAs(v[0], r, now)
}
