package hmac

import (
	"crypto/hmac"
	"encoding/base64"
	"encoding/hex"
	"strconv"
	"time"

	"postern/pkg/verify"
	"postern/pkg/webhook"
)

var _ verify.Signer = (*Verifier)(nil)

// Sign writes one signature, with its timestamp where the scheme has one.
func (v *Verifier) Sign(r *webhook.Request, now time.Time) error {
	key, err := verify.FirstSecret(v.secrets)
	if err != nil {
		return err
	}
	s := v.scheme
	stamp := strconv.FormatInt(now.Unix(), 10)
	if s.TimestampHeader != "" {
		r.Header.Set(s.TimestampHeader, stamp)
	}
	signed, err := v.message(r, stamp)
	if err != nil {
		return err
	}
	mac := hmac.New(v.newHash, []byte(key.Reveal()))
	for _, piece := range signed {
		mac.Write(piece)
	}
	value := s.Prefix + s.encode(mac.Sum(nil))
	if s.TimestampPrefix != "" {
		value = s.TimestampPrefix + stamp + s.Separator + value
	}
	r.Header.Set(s.Header, value)
	return nil
}

// encode is the other way of what encoding gives.
func (s Scheme) encode(raw []byte) string {
	if s.Encoding == "base64" {
		return base64.StdEncoding.EncodeToString(raw)
	}
	return hex.EncodeToString(raw)
}
