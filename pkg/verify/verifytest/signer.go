package verifytest

import (
	"errors"
	"fmt"
	"reflect"

	"postern/pkg/secret"
	"postern/pkg/verify"
	"postern/pkg/webhook"
)

// signs: a Verifier need not be a Signer. One that is signs what Verify takes,
// the same twice, and as the scheme's own test does by hand.
func signs(s *subject) error {
	signer, err := s.signer(s.all, s.Secrets[0]) // of several secrets the first signs
	if signer == nil || err != nil {
		return err
	}
	for what, r := range map[string]*webhook.Request{
		"a bare request": clone(s.Request), "a signed one": s.signed(s.Secrets[0]), "one of a stranger": s.signed(s.Secrets[1]),
	} {
		bare := what == "a bare request"
		err := signer.Sign(r, r.ReceivedAt)
		switch {
		case errors.Is(err, verify.ErrCannotSign), bare && len(s.SignedHeaders) > 0 && errors.Is(err, verify.ErrMissing):
			continue // its sender alone can, or the headers that it signs are the request's own
		case err != nil:
			return fmt.Errorf("%s: the Signer gave %w", what, err)
		}
		if err := accepts(s.one, r, what+", signed by the Signer"); err != nil {
			return err
		}
		again := clone(r)
		if err := signer.Sign(again, r.ReceivedAt); err != nil || !reflect.DeepEqual(again, r) {
			return fmt.Errorf("%s: signed again it is %+v (%w), want the same", what, again, err)
		}
		if err := s.sameCredential(r); err != nil && !bare { // that one has no ids yet
			return fmt.Errorf("%s: %w", what, err)
		}
	}
	return s.unsigned()
}

// sameCredential compares with what the real sender does.
func (s *subject) sameCredential(r *webhook.Request) error {
	if s.SignsAnew || !s.Credential.known() {
		return nil
	}
	_, got, _, err := s.Credential.cut(s.Credential.read(r))
	if err != nil {
		return err
	}
	_, want, _, err := s.Credential.cut(s.Credential.read(s.signed(s.Secrets[0])))
	if err != nil || got != want {
		return fmt.Errorf("the Signer wrote the credential %q, the real sender %q (%w)", got, want, err)
	}
	return nil
}

// signer gives what signs with a key; nil where the scheme has nothing.
func (s *subject) signer(v verify.Verifier, key secret.Text) (verify.Signer, error) {
	if s.Private != nil {
		k, ok := v.(verify.KeySigner)
		if !ok {
			return nil, errors.New("the scheme has private keys, and its verifier is no verify.KeySigner")
		}
		if _, err := k.SignerOf(secret.New("hunter2hunter2")); !errors.Is(err, verify.ErrCannotSign) || s.holdsSecret(err.Error()) {
			return nil, fmt.Errorf("a key of no form: got %w, want verify.ErrCannotSign", err)
		}
		if err := verify.SignAs(v, clone(s.Request), s.Request.ReceivedAt); !errors.Is(err, verify.ErrCannotSign) {
			return nil, fmt.Errorf("without the private key: got %w, want verify.ErrCannotSign", err)
		}
		return k.SignerOf(s.Private(key))
	}
	signer, _ := v.(verify.Signer)
	return signer, nil
}

// unsigned: without a secret nothing is signed, and no key is guessed.
func (s *subject) unsigned() error {
	v, err := s.New()
	if err != nil || s.Private != nil {
		return nil //nolint:nilerr // refused at start: nothing can be asked
	}
	if signer, ok := v.(verify.Signer); ok && !errors.Is(signer.Sign(clone(s.Request), s.Request.ReceivedAt), verify.ErrNotConfigured) {
		return errors.New("without a secret the Signer does not say verify.ErrNotConfigured")
	}
	return nil
}
