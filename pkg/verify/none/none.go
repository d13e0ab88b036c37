// Package none is the scheme that accepts everybody. It must be asked for by
// name; nothing falls back to it.
package none

import (
	"context"

	"postern/pkg/verify"
	"postern/pkg/webhook"
)

// Definition registers this scheme as "none".
func Definition() verify.Definition {
	return verify.Define("none", func(struct{}, verify.Keys) (Verifier, error) { return Verifier{}, nil })
}

// Verifier accepts everything.
type Verifier struct{}

var _ verify.Verifier = Verifier{}

// Verify gives nil.
func (Verifier) Verify(context.Context, *webhook.Request) error { return nil }

// Credentials names nothing.
func (Verifier) Credentials() verify.Credentials { return verify.Credentials{} }
