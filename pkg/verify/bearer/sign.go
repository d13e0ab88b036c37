package bearer

import (
	"time"

	"postern/pkg/verify"
	"postern/pkg/webhook"
)

var _ verify.Signer = Verifier{}

// Sign puts the token into the Authorization header.
func (v Verifier) Sign(r *webhook.Request, _ time.Time) error {
	token, err := verify.FirstSecret(v.Tokens)
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+token.Reveal())
	return nil
}
