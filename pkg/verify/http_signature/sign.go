package httpsignature

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"time"

	"postern/pkg/verify"
	"postern/pkg/webhook"
)

var _ verify.Signer = (*Verifier)(nil)

// Sign writes Date and Digest, and the signature over both, as Drone does.
func (v *Verifier) Sign(r *webhook.Request, now time.Time) error {
	key, err := verify.FirstSecret(v.secrets)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(r.Body)
	r.Header.Set("Date", now.UTC().Format(http.TimeFormat))
	r.Header.Set("Digest", "SHA-256="+base64.StdEncoding.EncodeToString(sum[:]))
	signed, err := message(r, []string{"date", "digest"})
	if err != nil {
		return err
	}
	mac := hmac.New(sha256.New, []byte(key.Reveal()))
	mac.Write(signed)
	signature := base64.StdEncoding.EncodeToString(mac.Sum(nil))
	r.Header.Set(header, `keyId="hmac-key",algorithm="hmac-sha256",signature="`+signature+`",headers="date digest"`)
	return nil
}
