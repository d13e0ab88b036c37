package jwt

import (
	"errors"
	"slices"
	"strconv"

	"postern/pkg/secret"
	"postern/pkg/verify"
	"postern/pkg/webhook"
)

var _ verify.Explainer = (*Verifier)(nil)

// Explain says what of a token is not as it should be. Of a claim that is not
// signed by a key of ours it says nothing.
func (v *Verifier) Explain(r *webhook.Request, err error) string {
	text, unfound := v.token(r)
	if unfound != nil {
		return v.absent(r, unfound)
	}
	t, unread := parse(text)
	if unread != nil {
		return ""
	}
	switch {
	case errors.Is(err, verify.ErrOutOfRange):
		return v.late(t, r)
	case t.algorithm != v.config.Algorithm:
		return otherAlgorithm(t, v.config.Algorithm)
	case !v.matches(t):
		return v.mistake(t)
	default:
		return v.stale(t, r)
	}
}

// absent is said where there is no token in its place.
func (v *Verifier) absent(r *webhook.Request, err error) string {
	_, other := parse(r.Header.Get("Authorization"))
	switch {
	case v.config.Header != "" && errors.Is(err, verify.ErrMissing):
		return "the " + v.config.Header + " header is missing: is a secret set at the sender?"
	case v.config.Header == "" && other == nil:
		return "the Authorization header is the token alone: the sender must write Bearer before it"
	default:
		return ""
	}
}

// otherAlgorithm names the algorithm where it is one that exists: it is the
// stranger's word.
func otherAlgorithm(t token, want string) string {
	known := []string{"none", "HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "ES512", "EdDSA"}
	if !slices.Contains(known, t.algorithm) {
		return ""
	}
	return "the token says that it is signed with " + t.algorithm + ", and " + want + " is wanted"
}

// mistake tries the common mistakes with a shared secret.
func (v *Verifier) mistake(t token) string {
	for _, g := range verify.KeyMistakes(v.secrets) {
		if symmetric(g.Key)(t.signed, t.signature) {
			return g.Says
		}
	}
	if t.keyID != "" && slices.ContainsFunc(v.keys, func(k key) bool { return k.check(t.signed, t.signature) }) {
		return "the token is signed with a key of ours, and names another one as its kid"
	}
	return ""
}

// late says by how much a time of the token is missed.
func (v *Verifier) late(t token, r *webhook.Request) string {
	for _, name := range []string{"exp", "nbf", "iat"} {
		at, ok := date(t.claims[name])
		if !ok {
			continue
		}
		skew := r.ReceivedAt.Sub(at)
		seconds := strconv.FormatInt(int64(skew.Abs().Seconds()), 10)
		switch {
		case name == "exp" && skew > v.tolerance:
			return "the token expired " + seconds + " s ago: the sender's clock is behind, or it sends an old token"
		case name != "exp" && skew < -v.tolerance:
			return "the token holds from " + seconds + " s on only (" + name + "): the sender's clock is ahead of this one"
		}
	}
	return ""
}

// stale is said of a token that a key of ours signed.
func (v *Verifier) stale(t token, r *webhook.Request) string {
	if v.config.BodyHash == "" || v.covers(t.claims, r.Body) == nil {
		return ""
	}
	for _, b := range verify.BodyMistakes(r, r.Body) {
		if v.covers(t.claims, b.Body) == nil {
			return b.Says
		}
	}
	return ""
}

// textsOf are the shared secrets that the mistakes are made of.
func textsOf(c Config, keys verify.Keys) []secret.Text {
	if c.Algorithm != HS256 {
		return nil
	}
	secrets, _ := verify.Keyed(c.Secrets, keys)
	return secrets
}
