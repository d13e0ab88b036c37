// Package verifytest is the contract of a verification scheme as a test suite:
// a scheme that passes Run keeps every promise of verify.Verifier. It knows no
// scheme itself and needs no network.
package verifytest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"postern/pkg/secret"
	"postern/pkg/verify"
	"postern/pkg/webhook"
)

// Scheme is a verification scheme under test.
type Scheme struct {
	// New makes the verifier of an endpoint with these secrets. It is also
	// called with none, and with an empty one: then it returns an error, or a
	// verifier that refuses everything.
	New func(secrets ...secret.Text) (verify.Verifier, error)
	// Sign does to a request what the genuine sender does, at the time of
	// r.ReceivedAt. It is also called with an empty key, as a forger would who
	// guesses that no secret is set; where no such key can be, it then leaves
	// the request as it is.
	Sign func(r *webhook.Request, key secret.Text)
	// Credential is where Sign puts what proves the request genuine. The zero
	// Place means that it lies elsewhere, in the body for instance; the checks
	// on its single bits are then left to the scheme's own tests.
	Credential Place

	// Secrets are two or more of the form that the scheme wants, each at least
	// 8 bytes long. None: two plain strings.
	Secrets []secret.Text
	// OneSecret says that a verifier takes one secret only.
	OneSecret bool
	// Request is what is signed. Nil: a small JSON POST.
	Request *webhook.Request
	// BodyUnsigned says that the credential does not cover each bit of the body.
	BodyUnsigned bool
	// SignedHeaders are further headers that the credential covers, each of
	// them required.
	SignedHeaders []string
	// Private gives the private key of a secret that is a public one, as an
	// operator writes it for verify.KeySigner. Nil: secrets are shared.
	Private func(public secret.Text) secret.Text
	// SignsAnew says that the scheme leaves its sender a choice: Sign and the
	// scheme's own Signer write two credentials, and both are genuine.
	SignsAnew bool
	// Tolerance is how far the signed timestamp may be off with a verifier
	// that New made. 0: the scheme signs no timestamp.
	Tolerance time.Duration
}

// Run checks the contract of verify.Verifier, a subtest per promise.
func Run(t *testing.T, s Scheme) {
	t.Helper()
	subject, err := s.prepare()
	if err != nil {
		t.Fatalf("the scheme under test: %v", err)
	}
	for _, c := range checks() {
		t.Run(c.promise, func(t *testing.T) {
			t.Parallel()
			if err := c.check(subject); err != nil {
				t.Error(err)
			}
		})
	}
}

type check struct {
	promise string
	check   func(*subject) error
}

// checks are the promises of verify.Verifier, each with the check of it.
func checks() []check {
	return []check{
		{"the genuine request passes, whichever secret signed it", genuine},
		{"a stranger's secret is rejected", stranger},
		{"what is missing or empty is ErrMissing", missing},
		{"without a secret everything is refused", unconfigured},
		{"a changed body is rejected", changedBody},
		{"a changed signed header is rejected", changedHeaders},
		{"a changed credential is rejected", changedCredential},
		{"hex is taken in either case", eitherCase},
		{"a timestamp outside the window is ErrOutOfRange", window},
		{"a request without its credentials does not verify and holds no secret", stripped},
		{"a verifier does not print its secrets", printed},
		{"a verifier is safe for concurrent use", concurrent},
		{"what its Signer signs is genuine, and what the real sender sends", signs},
	}
}

// subject is a Scheme with everything filled in.
type subject struct {
	Scheme
	one verify.Verifier // with the first secret
	all verify.Verifier // with every secret; with OneSecret, the same as one
}

const shortestSecret = 8

func (s Scheme) prepare() (*subject, error) {
	if s.New == nil || s.Sign == nil {
		return nil, errors.New("both New and Sign must be set")
	}
	if s.Secrets == nil {
		s.Secrets = []secret.Text{secret.New("correct-horse-battery-staple"), secret.New("tr0ub4dor-and-3-more")}
	}
	if len(s.Secrets) < 2 {
		return nil, fmt.Errorf("%d secrets given, want two or more", len(s.Secrets))
	}
	for _, text := range s.Secrets {
		if len(text.Reveal()) < shortestSecret {
			return nil, fmt.Errorf("a secret is shorter than %d bytes: it may stand in an error by chance", shortestSecret)
		}
	}
	if s.Request == nil {
		s.Request = sample()
	}
	one, err := s.New(s.Secrets[0])
	if err != nil {
		return nil, fmt.Errorf("make a verifier with one secret: %w", err)
	}
	if s.OneSecret {
		return &subject{Scheme: s, one: one, all: one}, nil
	}
	all, err := s.New(s.Secrets...)
	if err != nil {
		return nil, fmt.Errorf("make a verifier with several secrets: %w", err)
	}
	return &subject{Scheme: s, one: one, all: all}, nil
}

// signed gives the request as the genuine sender sends it.
func (s *subject) signed(key secret.Text) *webhook.Request {
	r := clone(s.Request)
	s.Sign(r, key)
	return r
}
