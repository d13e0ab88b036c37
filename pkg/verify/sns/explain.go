package sns

import (
	"errors"

	"postern/pkg/verify"
	"postern/pkg/webhook"
)

var _ verify.Explainer = Verifier{}

// Explain tells raw delivery, which is not signed, and bodies that were changed
// on their way. It fetches nothing, so it says nothing of the signature itself.
func (Verifier) Explain(r *webhook.Request, err error) string {
	switch {
	case !errors.Is(err, verify.ErrMissing):
		return ""
	case r.Header.Get("X-Amz-Sns-Rawdelivery") == "true":
		return "raw message delivery is on, and raw messages are not signed: switch it off in the subscription"
	case r.Header.Get("X-Amz-Sns-Message-Type") != "":
		return "the request says that it is of SNS, and its body is no message of SNS: it was changed on its way"
	default:
		return "the body is no message of SNS: something else calls this endpoint"
	}
}
