package basic

import (
	"encoding/base64"
	"time"

	"postern/pkg/verify"
	"postern/pkg/webhook"
)

var _ verify.Signer = Verifier{}

// Sign puts name and password into the Authorization header.
func (v Verifier) Sign(r *webhook.Request, _ time.Time) error {
	if v.Password.Empty() {
		return verify.NotConfigured()
	}
	pair := v.Username + ":" + v.Password.Reveal()
	r.Header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(pair)))
	return nil
}
