package sns

import (
	"time"

	"postern/pkg/verify"
	"postern/pkg/webhook"
)

var _ verify.Signer = Verifier{}

// Sign says that nobody else can.
func (Verifier) Sign(*webhook.Request, time.Time) error {
	return verify.CannotSign("a message of SNS is signed with a key that only Amazon has")
}
