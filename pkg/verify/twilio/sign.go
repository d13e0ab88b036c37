package twilio

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // Twilio signs with it, and HMAC-SHA-1 is not broken by collisions
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"time"

	"postern/pkg/verify"
	"postern/pkg/webhook"
)

var _ verify.Signer = (*Verifier)(nil)

// Sign signs the URL as it is written. A body that is no form is covered by
// its hash, which is added to the query.
func (v *Verifier) Sign(r *webhook.Request, _ time.Time) error {
	key, err := verify.FirstSecret(v.secrets)
	if err != nil {
		return err
	}
	if len(r.Body) > 0 && r.MediaType() != "application/x-www-form-urlencoded" {
		sum := sha256.Sum256(r.Body)
		verify.SetQuery(r, bodyHash, hex.EncodeToString(sum[:]))
	}
	fields, err := fields(r)
	if err != nil {
		return err
	}
	mac := hmac.New(sha1.New, []byte(key.Reveal()))
	mac.Write([]byte(r.URL + fields))
	r.Header.Set(header, base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	return nil
}
