package verifytest

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"postern/pkg/verify"
	"postern/pkg/webhook"
)

// Fuzz throws bytes at the place of the credential: whatever they are, the
// verifier neither panics nor explains with a secret, and what it accepts holds the credential that the
// genuine sender would have sent with this body.
func Fuzz(f *testing.F, s Scheme) {
	f.Helper()
	subject, err := s.prepare()
	if err != nil {
		f.Fatalf("the scheme under test: %v", err)
	}
	if !s.Credential.known() {
		f.Fatal("the scheme under test: Credential must be set")
	}
	signed := subject.signed(subject.Secrets[0])
	value := s.Credential.read(signed)
	for _, seed := range []string{value, strings.ToUpper(value), value + "," + value, value[:len(value)-1], s.Credential.Prefix, "", "\x00"} {
		f.Add(seed, signed.Body)
		f.Add(seed, []byte("{}"))
	}
	f.Fuzz(func(t *testing.T, value string, body []byte) {
		r := clone(signed)
		r.Body = body
		r = s.Credential.write(r, value)
		if fault := subject.acceptsOnlyGenuine(r, value); fault != nil {
			t.Error(fault)
		}
	})
}

// acceptsOnlyGenuine signs an accepted request anew: its credential must be
// found in the value that was accepted.
func (s *subject) acceptsOnlyGenuine(r *webhook.Request, value string) error {
	err := ask(s.all, r)
	if err != nil {
		if isRefusal(err) {
			return errors.Join(s.leakIn(err, value), s.explainsOdd(r, err, value))
		}
		return fmt.Errorf("value %q: got error %w, want a refusal", value, err)
	}
	for _, key := range s.Secrets {
		expected := clone(s.Request)
		expected.Body = r.Body
		s.Sign(expected, key)
		_, credential, _, err := s.Credential.cut(s.Credential.read(expected))
		if err != nil {
			return err
		}
		if s.Credential.Encoding == Hex {
			value = strings.ToLower(value)
		}
		if strings.Contains(value, credential) {
			return nil
		}
	}
	return fmt.Errorf("the verifier accepted %q for the body %q, which nobody signed", value, r.Body)
}

// leakIn finds a secret in an error, save one that the caller sent itself.
func (s *subject) leakIn(err error, value string) error {
	if s.holdsSecret(err.Error()) && !s.holdsSecret(value) {
		return fmt.Errorf("value %q: the error text holds a secret", value)
	}
	return nil
}

// explainsOdd lets a verifier explain whatever came: it must not panic, nor
// tell a secret that the caller did not send itself.
func (s *subject) explainsOdd(r *webhook.Request, refusal error, value string) error {
	e, ok := s.all.(verify.Explainer)
	if !ok {
		return nil
	}
	says, err := explain(e, r, refusal)
	if err == nil && s.holdsSecret(says) && !s.holdsSecret(value) {
		err = errors.New("the explanation holds a secret")
	}
	if err != nil {
		return fmt.Errorf("value %q: %w", value, err)
	}
	return nil
}

func isRefusal(err error) bool {
	for _, kind := range []error{
		verify.ErrMissing, verify.ErrRejected, verify.ErrOutOfRange, verify.ErrNotConfigured, verify.ErrUnavailable,
	} {
		if errors.Is(err, kind) {
			return true
		}
	}
	return false
}
