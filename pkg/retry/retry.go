// Package retry is what an error says about trying again. It never waits and
// never retries: it only marks errors, and reads the marks.
//
// The whole vocabulary: a plain error means again, with back-off; After means
// not before; Never means hopeless; Unknown means the request left and no
// answer came.
package retry

import (
	"errors"
	"time"
)

// Kind is the advice in one word.
type Kind int

// The kinds of advice.
const (
	Again    Kind = iota // with back-off: every error that carries no other advice
	Later                // not before Advice.After has passed; costs no attempt
	Hopeless             // trying again cannot help
	Lost                 // it left, no answer came: it may have arrived
)

// Reach says whom an error concerns.
type Reach int

// The reaches, from the narrowest.
const (
	Chat     Reach = iota // this chat only
	Account               // every chat of the same credentials
	Platform              // everything on the same platform
)

// String gives the reach in one word.
func (r Reach) String() string {
	switch r {
	case Account:
		return "account"
	case Platform:
		return "platform"
	default:
		return "chat"
	}
}

// Advice is what an error says about trying again.
type Advice struct {
	Kind    Kind
	After   time.Duration // with Later: how long to wait from now
	Reach   Reach
	Degrade bool // one more try, in plain text, may be accepted
	Guess   bool // with Later: the platform named no time, so the next wait in a row is twice as long
	Broken  bool // the chat (or account) itself is gone or revoked, not only this message refused
}

// Option refines advice.
type Option func(*Advice)

// Scope says whom the error concerns; without it, the chat.
func Scope(reach Reach) Option { return func(a *Advice) { a.Reach = reach } }

// Degrade asks for one more try in plain text.
func Degrade() Option { return func(a *Advice) { a.Degrade = true } }

// Guess says that the platform named no time to wait.
func Guess() Option { return func(a *Advice) { a.Guess = true } }

// Broken says that the chat or account is gone or revoked: nothing sent to it
// can arrive before somebody mends it.
func Broken() Option { return func(a *Advice) { a.Broken = true } }

// After marks err as a request to wait at least d, at no cost of attempts.
func After(d time.Duration, err error, options ...Option) error {
	return mark(Advice{Kind: Later, After: max(d, 0)}, err, options)
}

// Never marks err as one that no repetition can cure.
func Never(err error, options ...Option) error {
	return mark(Advice{Kind: Hopeless}, err, options)
}

// Unknown marks err as one where the request left and no answer came.
func Unknown(err error, options ...Option) error {
	return mark(Advice{Kind: Lost}, err, options)
}

// With adds options to a plain error: again, with back-off.
func With(err error, options ...Option) error {
	return mark(Advice{Kind: Again}, err, options)
}

// AdviceOn reads the outermost advice of err; an unmarked error says Again.
func AdviceOn(err error) Advice {
	if m, ok := errors.AsType[*marked](err); ok {
		return m.advice
	}
	return Advice{}
}

func mark(a Advice, err error, options []Option) error {
	if err == nil {
		return nil
	}
	for _, o := range options {
		o(&a)
	}
	return &marked{advice: a, err: err}
}

type marked struct {
	advice Advice
	err    error
}

func (m *marked) Error() string { return m.err.Error() }
func (m *marked) Unwrap() error { return m.err }
