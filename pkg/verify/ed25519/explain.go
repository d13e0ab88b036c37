package ed25519

import (
	"crypto/ed25519"
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
	signature, notHex := hex.DecodeString(value)
	if notHex != nil {
		signature, _ = verify.Base64(value)
	}
	if len(signature) != ed25519.SignatureSize || len(v.public) != ed25519.PublicKeySize {
		return ""
	}
	signs := func(head string, body []byte) bool {
		return ed25519.Verify(v.public, append([]byte(head), body...), signature)
	}
	switch {
	case notHex != nil && signs(stamp, r.Body):
		return "the signature is written in base64, and hex is wanted"
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
