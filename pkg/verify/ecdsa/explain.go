package ecdsa

import (
	"encoding/hex"
	"errors"

	"postern/pkg/verify"
	"postern/pkg/webhook"
)

var _ verify.Explainer = (*Verifier)(nil)

// Explain finds out what was signed instead, or how the signature is written.
func (v *Verifier) Explain(r *webhook.Request, err error) string {
	stamp := r.Header.Get(v.timestamp)
	if errors.Is(err, verify.ErrOutOfRange) {
		signed, err := verify.Timestamp(stamp)
		if err != nil {
			return ""
		}
		return verify.Skewed(signed, r)
	}
	value := r.Header.Get(v.header)
	signature, notHex := hex.DecodeString(value) // first: hex may be base64 too, of something else
	if notHex != nil {
		signature, _ = verify.Base64(value)
	}
	signs := func(head string, body []byte) bool { return v.check(head, body, signature) == nil }
	switch {
	case len(signature) == 0:
		return ""
	case notHex == nil && signs(stamp, r.Body):
		return "the signature is written in hex, and base64 is wanted"
	case v.timestamp != "" && signs("", r.Body):
		return "the signature is over the body alone, without " + v.timestamp + " before it"
	}
	for _, b := range verify.BodyMistakes(r, r.Body) {
		if signs(stamp, b.Body) {
			return b.Says
		}
	}
	return ""
}
