package verifytest_test

import (
	"strconv"
	"testing"
	"time"

	"postern/pkg/secret"
	"postern/pkg/verify"
	"postern/pkg/verify/verifytest"
	"postern/pkg/webhook"
)

const promiseOfSigner = "what its Signer signs is genuine, and what the real sender sends"

// signing is a seal with a Signer of its own.
type signing struct {
	*seal
	sign verify.SignerFunc
}

func (s signing) Sign(r *webhook.Request, now time.Time) error { return s.sign(r, now) }

func signingScheme(signer func(key string) verify.SignerFunc) verifytest.Scheme {
	s := scheme(nil)
	sound := s.New
	s.New = func(secrets ...secret.Text) (verify.Verifier, error) {
		v, err := sound(secrets...)
		inner, _ := v.(*seal)
		key, noKey := verify.FirstSecret(secrets)
		if noKey != nil {
			return signing{inner, func(*webhook.Request, time.Time) error { return noKey }}, err
		}
		return signing{inner, signer(key.Reveal())}, err
	}
	return s
}

func TestSignersAreJudged(t *testing.T) {
	t.Parallel()
	write := func(r *webhook.Request, key string, now time.Time) {
		r.Header.Set(timeHeader, strconv.FormatInt(now.Unix(), 10))
		r.Header.Set(sealHeader, "v1="+sign(key, r))
	}
	for name, c := range map[string]struct {
		signer func(key string) verify.SignerFunc
		sound  bool
	}{
		"as the real sender": {func(key string) verify.SignerFunc {
			return func(r *webhook.Request, now time.Time) error { write(r, key, now); return nil }
		}, true},
		"nobody but the sender": {func(string) verify.SignerFunc {
			return func(*webhook.Request, time.Time) error { return verify.CannotSign("only Acme can") }
		}, true},
		"with another key": {func(string) verify.SignerFunc {
			return func(r *webhook.Request, now time.Time) error { write(r, "another-one", now); return nil }
		}, false},
		"at a time of its own": {func(key string) verify.SignerFunc {
			return func(r *webhook.Request, now time.Time) error { write(r, key, now.Add(time.Second)); return nil }
		}, false},
		"differently each time": {func(key string) verify.SignerFunc {
			n := time.Duration(0)
			return func(r *webhook.Request, now time.Time) error { n += time.Second; write(r, key, now.Add(n)); return nil }
		}, false},
		"nothing": {func(string) verify.SignerFunc {
			return func(*webhook.Request, time.Time) error { return nil }
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			faults, err := verifytest.Faults(signingScheme(c.signer))
			if err != nil {
				t.Fatal(err)
			}
			if got := faults[promiseOfSigner]; (got == nil) != c.sound {
				t.Errorf("got %v, want sound %t", got, c.sound)
			}
		})
	}
}

func TestASignerWithoutASecretIsJudged(t *testing.T) {
	t.Parallel()
	s := signingScheme(func(key string) verify.SignerFunc {
		return func(r *webhook.Request, now time.Time) error {
			r.Header.Set(timeHeader, strconv.FormatInt(now.Unix(), 10))
			r.Header.Set(sealHeader, "v1="+sign(key, r))
			return nil
		}
	})
	sound := s.New
	s.New = func(secrets ...secret.Text) (verify.Verifier, error) {
		v, err := sound(secrets...)
		if len(secrets) == 0 {
			return signing{v.(signing).seal, func(*webhook.Request, time.Time) error { return nil }}, err
		}
		return v, err
	}
	faults, err := verifytest.Faults(s)
	if err != nil {
		t.Fatal(err)
	}
	if faults[promiseOfSigner] == nil {
		t.Error("a Signer that signs without a secret is not found")
	}
}
