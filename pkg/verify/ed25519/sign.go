package ed25519

import (
	"crypto/ed25519"
	"encoding/hex"
	"strconv"
	"time"

	"postern/pkg/secret"
	"postern/pkg/verify"
	"postern/pkg/webhook"
)

var _ verify.KeySigner = (*Verifier)(nil)

// SignerOf makes the Signer of a private key: 128 hex digits, or the 64 of its
// seed.
func (v *Verifier) SignerOf(private secret.Text) (verify.Signer, error) {
	return Signer(Config{Header: v.header, TimestampHeader: v.timestamp}, private)
}

// Signer signs as a config says, whose public key it does not need.
func Signer(c Config, private secret.Text) (verify.Signer, error) {
	raw, err := hex.DecodeString(private.Reveal())
	if err == nil && len(raw) == ed25519.SeedSize {
		raw = ed25519.NewKeyFromSeed(raw)
	}
	if err != nil || len(raw) != ed25519.PrivateKeySize {
		return nil, verify.CannotSign("an Ed25519 private key is 128 hex digits, or the 64 of its seed")
	}
	return verify.SignerFunc(func(r *webhook.Request, now time.Time) error {
		stamp := ""
		if c.TimestampHeader != "" {
			stamp = strconv.FormatInt(now.Unix(), 10)
			r.Header.Set(c.TimestampHeader, stamp)
		}
		r.Header.Set(c.Header, hex.EncodeToString(ed25519.Sign(raw, signed(stamp, r.Body))))
		return nil
	}), nil
}

// signed is the timestamp, where there is one, and the body.
func signed(stamp string, body []byte) []byte { return append([]byte(stamp), body...) }
