package verifytest

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"postern/pkg/secret"
	"postern/pkg/verify"
	"postern/pkg/webhook"
)

// refuses gives what is wrong with the answer to a request that must be
// refused: no refusal, another one than want, a panic, or an error that tells
// a secret.
func (s *subject) refuses(v verify.Verifier, r *webhook.Request, want error, what string) error {
	err := ask(v, r)
	if err == nil {
		return fmt.Errorf("%s: the verifier accepted it, want %q", what, want.Error())
	}
	if !errors.Is(err, want) {
		return fmt.Errorf("%s: got error %q, want one that is %q", what, err.Error(), want.Error())
	}
	if err := s.leak(err.Error(), r, what); err != nil {
		return err
	}
	_, fault := s.explained(v, r, err, what)
	return fault
}

// accepts gives what is wrong with the answer to a genuine request.
func accepts(v verify.Verifier, r *webhook.Request, what string) error {
	if err := ask(v, r); err != nil {
		return fmt.Errorf("%s: the verifier refused it: %w", what, err)
	}
	return nil
}

// ask turns a panic into an error that is none of verify's.
func ask(v verify.Verifier, r *webhook.Request) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the verifier panicked: %v", p)
		}
	}()
	return v.Verify(context.Background(), r)
}

// leak finds secrets in an error text, and the credential that the request
// should have carried: an error that tells it lets anybody sign anything.
func (s *subject) leak(text string, r *webhook.Request, what string) error {
	if s.holdsSecret(text) {
		return fmt.Errorf("%s: the error text holds a secret", what)
	}
	if !s.Credential.known() {
		return nil
	}
	for _, key := range s.Secrets {
		expected := clone(r)
		s.Sign(expected, key)
		_, credential, _, err := s.Credential.cut(s.Credential.read(expected))
		if err == nil && strings.Contains(strings.ToLower(text), strings.ToLower(credential)) {
			return fmt.Errorf("%s: the error text holds the expected credential", what)
		}
	}
	return nil
}

func (s *subject) holdsSecret(text string) bool {
	for _, key := range s.Secrets {
		if strings.Contains(text, key.Reveal()) {
			return true
		}
	}
	return false
}

// noSecret is the key of a sender who guesses that none is set.
func noSecret() secret.Text { return secret.New("") }
