// Package verify proves a request genuine. A Verifier looks at the raw bytes
// of one Request and says yes, or why not; it never parses a payload for its
// meaning, never answers the caller and never stores anything. "Could not
// tell" is refused like "no".
//
// Each scheme lives in a folder of its own and passes verifytest.Run.
package verify

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"postern/pkg/secret"
	"postern/pkg/webhook"
)

// What a refusal is, for errors.Is. The receiver turns each into its status
// and code.
var (
	// ErrMissing: the material that verifying needs is not there (no header,
	// an empty header, no token).
	ErrMissing = errors.New("signature missing")
	// ErrRejected: it is there and it is wrong, or it cannot be decoded.
	ErrRejected = errors.New("signature rejected")
	// ErrOutOfRange: a genuine-looking timestamp is too old or too new.
	ErrOutOfRange = errors.New("timestamp out of range")
	// ErrNotConfigured: there is no secret to verify with.
	ErrNotConfigured = errors.New("secret not configured")
	// ErrUnavailable: a key that verifying needs cannot be fetched now.
	ErrUnavailable = errors.New("key unavailable")
)

// Verifier decides whether a request is genuine.
type Verifier interface {
	// Verify returns nil for a genuine request, else an error that is one of
	// the Err values above. It compares in constant time, tries every secret,
	// reads the request only, and is safe for concurrent use. No error text
	// holds a secret or an expected signature.
	Verify(ctx context.Context, r *webhook.Request) error
	// Credentials names what of a request proves it genuine: it is never
	// stored or logged.
	Credentials() Credentials
}

// Credentials names headers (in any case), query parameters and path
// parameters. A path parameter that is named must be in the endpoint's path.
type Credentials struct {
	Headers []string
	Query   []string
	Params  []string
}

// Keys are what an endpoint gives to a scheme or a source that verifies.
type Keys struct {
	Secrets   []secret.Text // any one may match; empty ones are already dropped
	Tolerance time.Duration // how far a signed timestamp may be off, either way; 0: the scheme's default, 5 minutes
	// Fetch gets a public key or certificate from a host that the scheme has
	// pinned: cached, bounded in time and size. Nil where nothing may be
	// fetched: then what needs it is ErrUnavailable.
	Fetch func(ctx context.Context, url string) ([]byte, error)
}

// Definition is a scheme under its name in the config (`verify: {type: hmac}`).
type Definition struct {
	Name string
	// Build makes a Verifier. decode fills the scheme's own settings strictly
	// (fields tagged `yaml:"name"`); keys are the endpoint's. It returns an
	// error that names the key at fault, and never a nil Verifier without one.
	Build func(decode func(into any) error, keys Keys) (Verifier, error)
}

// Define makes a Definition of a settings type and a constructor.
func Define[C any, V Verifier](name string, build func(C, Keys) (V, error)) Definition {
	return Definition{Name: name, Build: func(decode func(any) error, keys Keys) (Verifier, error) {
		var c C
		if err := decode(&c); err != nil {
			return nil, err
		}
		v, err := build(c, keys)
		if err != nil {
			return nil, err // never a typed nil in a Verifier
		}
		return v, nil
	}}
}

// Missing refuses for lack of something, named for the caller: "the
// X-Hub-Signature-256 header is missing".
func Missing(what string) error { return &refusal{is: ErrMissing, cause: what} }

// Reject refuses with a cause that an operator can act on. The caller hears
// only that it was refused.
func Reject(cause string) error { return &refusal{is: ErrRejected, cause: cause} }

// OutOfRange refuses a timestamp that is off by skew (positive: in the past).
func OutOfRange(skew, tolerance time.Duration) error {
	return &refusal{is: ErrOutOfRange, cause: fmt.Sprintf("the signed timestamp is off by %s, %s is tolerated",
		skew.Round(time.Second), tolerance)}
}

// NotConfigured refuses because no secret is set.
func NotConfigured() error {
	return &refusal{is: ErrNotConfigured, cause: "no secret is configured for this endpoint"}
}

// Unavailable refuses because a key could not be fetched.
func Unavailable(cause error) error {
	return &refusal{is: ErrUnavailable, cause: cause.Error()}
}

type refusal struct {
	is    error
	cause string
}

func (r *refusal) Error() string { return r.cause }
func (r *refusal) Unwrap() error { return r.is }

// All is the Verifier whose checks must all pass, in their order. With no
// check it refuses everything.
func All(checks ...Verifier) Verifier {
	if len(checks) == 1 {
		return checks[0]
	}
	return all(checks)
}

type all []Verifier

func (a all) Verify(ctx context.Context, r *webhook.Request) error {
	if len(a) == 0 {
		return NotConfigured()
	}
	for _, v := range a {
		if err := v.Verify(ctx, r); err != nil {
			return &checkError{error: err, check: v}
		}
	}
	return nil
}

func (a all) Credentials() Credentials {
	var c Credentials
	for _, v := range a {
		more := v.Credentials()
		c.Headers = append(c.Headers, more.Headers...)
		c.Query = append(c.Query, more.Query...)
		c.Params = append(c.Params, more.Params...)
	}
	return c
}

// Checks gives what must all pass, in its order.
func (a all) Checks() []Verifier { return slices.Clone(a) }
