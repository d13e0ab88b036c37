package query

import (
	"time"

	"postern/pkg/verify"
	"postern/pkg/webhook"
)

var _ verify.Signer = Verifier{}

// Sign puts the token into the query.
func (v Verifier) Sign(r *webhook.Request, _ time.Time) error {
	token, err := verify.FirstSecret(v.Tokens)
	if err != nil {
		return err
	}
	verify.SetQuery(r, v.Param, token.Reveal())
	return nil
}
