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
// a signing token, any other is the plain token. Where there are both, GitLab
// sends both, and both must hold: the plain one alone proves nothing about the
// body. Of one kind any one may match.
func (Source) Verification(keys verify.Keys) (verify.Verifier, error) {
	var signing, plain []secret.Text
	for _, s := range secret.NonEmpty(keys.Secrets) {
		if strings.HasPrefix(s.Reveal(), signingPrefix) {
			signing = append(signing, s)
		} else {
			plain = append(plain, s)
		}
	}
	var v every
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

// every wants all of its checks to pass. Without a check it refuses
// everything.
type every []verify.Verifier

// Verify tries every check. Of the refusals it gives the one that tells most:
// a wrong proof rather than a missing one.
func (v every) Verify(ctx context.Context, r *webhook.Request) error {
	if len(v) == 0 {
		return verify.NotConfigured()
	}
	var refusal error
	for _, check := range v {
		err := check.Verify(ctx, r)
		if err != nil && (refusal == nil || errors.Is(refusal, verify.ErrMissing)) {
			refusal = err
		}
	}
	return refusal
}

// Explain says what any of the checks knows of a refusal, the token first: it
// is the more common one. Of two proofs the one that is missing explains
// nothing where the other is wrong.
func (v every) Explain(r *webhook.Request, err error) string {
	if says := v.half(r, err); says != "" {
		return says
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

// half says which of the two kinds GitLab sends and which it lacks.
func (v every) half(r *webhook.Request, err error) string {
	token, signature := r.Header.Get(plainHeader) != "", r.Header.Get(signatureHeader) != ""
	switch {
	case token == signature || !errors.Is(err, verify.ErrMissing):
		return ""
	case len(v) == 1 && v.signs() && token:
		return "GitLab sends its plain secret token, and the secret here is a signing token (whsec_): set that in GitLab, or the plain one here"
	case len(v) == 2 && token:
		return "GitLab sends its plain secret token and no signature, and both are configured here: set the signing token (whsec_) in GitLab too, or remove it here"
	case len(v) == 2:
		return "GitLab sends a signature and no secret token, and both are configured here: set the secret token in GitLab too, or remove it here"
	default:
		return ""
	}
}

// signs reports whether the first check wants a signature.
func (v every) signs() bool {
	_, ok := v[0].(*hmac.Verifier)
	return ok
}

// Credentials names both headers, whichever is checked: neither is to be kept.
func (every) Credentials() verify.Credentials {
	return verify.Credentials{Headers: []string{plainHeader, signatureHeader}}
}

// Sign signs as GitLab does: with each kind that is configured.
func (v every) Sign(r *webhook.Request, now time.Time) error {
	return verify.SignAs(verify.All(v...), r, now)
}
