package travis

import (
	"time"

	"postern/pkg/verify"
	"postern/pkg/webhook"
)

var _ verify.Signer = Verifier{}

// Sign says that nobody else can.
func (Verifier) Sign(*webhook.Request, time.Time) error {
	return verify.CannotSign("a build of Travis CI is signed with a key that only Travis has")
}
