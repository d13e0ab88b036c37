package verify

import (
	"strconv"
	"time"

	"postern/pkg/webhook"
)

// DefaultTolerance is how far a signed timestamp may be off, either way, where
// Keys.Tolerance says nothing.
const DefaultTolerance = 5 * time.Minute

// milliseconds is how many digits a Unix time has that counts milliseconds.
const milliseconds = 13

// Timestamp reads a Unix time: seconds, or milliseconds if it has 13 digits.
// Anything but digits is rejected.
func Timestamp(text string) (time.Time, error) {
	for _, c := range text {
		if c < '0' || c > '9' {
			return time.Time{}, Reject("the timestamp is not a number")
		}
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || len(text) > milliseconds {
		return time.Time{}, Reject("the timestamp is not a Unix time")
	}
	if len(text) == milliseconds {
		return time.UnixMilli(n), nil
	}
	return time.Unix(n, 0), nil
}

// Fresh judges a signed time against the arrival of the request: further off
// than tolerance, either way, is OutOfRange. Ask it after the signature
// matched, so that only the genuine sender hears of its clock.
func Fresh(signed time.Time, r *webhook.Request, tolerance time.Duration) error {
	if tolerance <= 0 {
		tolerance = DefaultTolerance
	}
	skew := r.ReceivedAt.Sub(signed)
	if skew > tolerance || skew < -tolerance {
		return OutOfRange(skew, tolerance)
	}
	return nil
}
