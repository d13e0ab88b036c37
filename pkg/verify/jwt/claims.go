package jwt

import (
	"crypto/sha256"
	"encoding/hex"
	"math"
	"slices"
	"time"

	"postern/pkg/verify"
	"postern/pkg/webhook"
)

// judge is asked of claims that are signed.
func (v *Verifier) judge(claims map[string]any, r *webhook.Request) error {
	if v.config.Issuer != "" && claims["iss"] != v.config.Issuer {
		return verify.Reject("the token's iss is not the issuer configured")
	}
	if v.config.Audience != "" && !slices.Contains(audience(claims), any(v.config.Audience)) {
		return verify.Reject("the token's aud does not hold the audience configured")
	}
	if err := v.covers(claims, r.Body); err != nil {
		return err
	}
	return v.timely(claims, r.ReceivedAt)
}

// audience gives aud, which is one value or a list.
func audience(claims map[string]any) []any {
	if list, ok := claims["aud"].([]any); ok {
		return list
	}
	return []any{claims["aud"]}
}

// covers compares the hash of the body with the claim that holds it.
func (v *Verifier) covers(claims map[string]any, body []byte) error {
	if v.config.BodyHash == "" {
		return nil
	}
	text, _ := claims[v.config.BodyHash].(string)
	given, err := hex.DecodeString(text)
	sum := sha256.Sum256(body)
	if err != nil || string(given) != string(sum[:]) {
		return verify.Reject("the token's " + v.config.BodyHash + " is not the hash of the body")
	}
	return nil
}

// timely wants the arrival between nbf and exp, give or take the tolerance. A
// token that holds for any body must have an end.
func (v *Verifier) timely(claims map[string]any, now time.Time) error {
	if claims["exp"] == nil && v.config.BodyHash == "" {
		return verify.Reject("the token has no exp, so it would hold for ever")
	}
	for _, name := range []string{"exp", "nbf", "iat"} {
		if claims[name] == nil {
			continue
		}
		at, ok := date(claims[name])
		if !ok {
			return verify.Reject("the token's " + name + " is not a time")
		}
		skew := now.Sub(at)
		if name == "exp" && skew > v.tolerance || name != "exp" && skew < -v.tolerance {
			return verify.OutOfRange(skew, v.tolerance)
		}
	}
	return nil
}

// date reads seconds since 1970, which may have a fraction.
func date(claim any) (time.Time, bool) {
	switch n := claim.(type) {
	case int64:
		return time.Unix(n, 0), true
	case float64:
		return time.Unix(int64(math.Floor(n)), 0), math.Abs(n) < math.MaxInt32*1000
	default:
		return time.Time{}, false
	}
}
