package none

import (
	"time"

	"postern/pkg/verify"
	"postern/pkg/webhook"
)

var _ verify.Signer = Verifier{}

// Sign leaves the request as it is.
func (Verifier) Sign(*webhook.Request, time.Time) error { return nil }
