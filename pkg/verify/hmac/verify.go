package hmac

import (
	"context"
	"crypto/hmac"
	"errors"

	"postern/pkg/verify"
	"postern/pkg/webhook"
)

// Verify checks the signature first and the timestamp after it: only the
// genuine sender hears that its clock is off.
func (v *Verifier) Verify(_ context.Context, r *webhook.Request) error {
	value, err := verify.Header(r, v.scheme.Header)
	if errors.Is(err, verify.ErrMissing) {
		return err
	}
	if len(v.secrets) == 0 {
		return verify.NotConfigured()
	}
	if err != nil {
		return err
	}
	given, timestamp, err := v.read(value)
	if err != nil {
		return err
	}
	signed, err := v.message(r, timestamp)
	if err != nil {
		return err
	}
	if !v.matches(given, signed) {
		return verify.Reject("the " + v.scheme.Header + " signature matches no secret")
	}
	return v.fresh(r, timestamp)
}

// matches tries every secret on every signature, so that its time does not
// tell which one it was.
func (v *Verifier) matches(given, signed [][]byte) bool {
	found := false
	for _, s := range v.secrets {
		mac := hmac.New(v.newHash, []byte(s.Reveal()))
		for _, piece := range signed {
			mac.Write(piece)
		}
		want := mac.Sum(nil)
		for _, signature := range given {
			if hmac.Equal(want, signature) {
				found = true
			}
		}
	}
	return found
}

// fresh judges the time of signing: the one beside the signature, else that
// of its own header.
func (v *Verifier) fresh(r *webhook.Request, timestamp string) error {
	if v.scheme.TimestampHeader != "" {
		value, err := verify.Header(r, v.scheme.TimestampHeader)
		if err != nil {
			return err
		}
		timestamp = value
	} else if v.scheme.TimestampPrefix == "" {
		return nil
	}
	signed, err := verify.Timestamp(timestamp)
	if err != nil {
		return err
	}
	return verify.Fresh(signed, r, v.tolerance)
}

// Credentials names the header of the signature.
func (v *Verifier) Credentials() verify.Credentials {
	return verify.Credentials{Headers: []string{v.scheme.Header}}
}
