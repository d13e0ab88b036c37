package hmac

import (
	"context"
	"crypto/hmac"
	"errors"
	"fmt"
	"strings"

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
	given, err := v.signature(value)
	if err != nil {
		return err
	}
	signed, err := v.message(r)
	if err != nil {
		return err
	}
	if !v.matches(given, signed) {
		return verify.Reject("the " + v.scheme.Header + " signature matches no secret")
	}
	return v.fresh(r)
}

// signature decodes a header value: the prefix, and one signature of the
// algorithm's own length behind it.
func (v *Verifier) signature(value string) ([]byte, error) {
	encoded, ok := strings.CutPrefix(value, v.scheme.Prefix)
	if !ok {
		return nil, verify.Reject(fmt.Sprintf("the %s header does not begin with %q", v.scheme.Header, v.scheme.Prefix))
	}
	given, err := v.decode(encoded)
	if err != nil {
		return nil, verify.Reject("the " + v.scheme.Header + " header cannot be decoded")
	}
	if want := v.newHash().Size(); len(given) != want {
		return nil, verify.Reject(fmt.Sprintf("the %s signature has %d bytes, want %d", v.scheme.Header, len(given), want))
	}
	return given, nil
}

// matches tries every secret, so that its time does not tell which one it was.
func (v *Verifier) matches(given []byte, signed [][]byte) bool {
	found := false
	for _, s := range v.secrets {
		mac := hmac.New(v.newHash, []byte(s.Reveal()))
		for _, piece := range signed {
			mac.Write(piece)
		}
		if hmac.Equal(mac.Sum(nil), given) {
			found = true
		}
	}
	return found
}

func (v *Verifier) fresh(r *webhook.Request) error {
	if v.scheme.TimestampHeader == "" {
		return nil
	}
	value, err := verify.Header(r, v.scheme.TimestampHeader)
	if err != nil {
		return err
	}
	signed, err := verify.Timestamp(value)
	if err != nil {
		return err
	}
	return verify.Fresh(signed, r, v.tolerance)
}

// Credentials names the header of the signature.
func (v *Verifier) Credentials() verify.Credentials {
	return verify.Credentials{Headers: []string{v.scheme.Header}}
}
