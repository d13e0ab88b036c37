package verify

import (
	"errors"
	"strconv"
	"time"

	"postern/pkg/webhook"
)

// Explainer is implemented by a Verifier that knows the common mistakes of its
// senders.
type Explainer interface {
	// Explain is given a request that Verify refused, and Verify's error. It
	// tries the common mistakes and gives one line that an operator can act on;
	// empty: the error says all there is. It is asked when the caller has its
	// answer already, and the caller never hears of it. It claims only what the
	// request proves, reaches out to nobody, reads the request only, and is
	// safe for concurrent use. The line holds no secret, no signature and
	// nothing of the body.
	Explain(r *webhook.Request, err error) string
}

// checkError is a refusal and which of several checks it is of.
type checkError struct {
	error
	check Verifier
}

func (r *checkError) Unwrap() error { return r.error }

// Explain passes the question on to the check that refused.
func (a all) Explain(r *webhook.Request, err error) string {
	by, ok := errors.AsType[*checkError](err)
	if !ok {
		return ""
	}
	if e, ok := by.check.(Explainer); ok {
		return e.Explain(r, by.error)
	}
	return ""
}

// Skewed says how far a signed time is from the arrival, and whose clock may be
// wrong.
func Skewed(signed time.Time, r *webhook.Request) string {
	skew := int64(r.ReceivedAt.Sub(signed).Round(time.Second) / time.Second)
	if skew < 0 {
		return "sent by a clock that is " + strconv.FormatInt(-skew, 10) + " s ahead of this one"
	}
	return "signed " + strconv.FormatInt(skew, 10) + " s ago: the sender's clock is behind, or the request was held up or sent again"
}
