// Package source is what Postern knows about the services that call it: how a
// Request becomes Events, and an Event a Message. A source is pure: no clock,
// no network, no storage; a Handshaker alone may call, and only as its endpoint
// lets it. It verifies nothing itself; it names the scheme its service signs
// with.
//
// Each source lives in a folder of its own and passes sourcetest.Run.
package source

import (
	"context"
	"io/fs"
	"time"

	"postern/pkg/chat"
	"postern/pkg/secret"
	"postern/pkg/verify"
	"postern/pkg/webhook"
)

// Locale is a language of built-in messages.
type Locale string

// The locales.
const (
	English  Locale = "en"
	Japanese Locale = "ja"
	Chinese  Locale = "zh"
)

// Verbosity says how much a message tells.
type Verbosity string

// The verbosities, from the least.
const (
	Compact Verbosity = "compact"
	Normal  Verbosity = "normal"
	Full    Verbosity = "full"
)

// Identity is what the receiver must know of a request before it stores it.
type Identity struct {
	Type       string // the sender's own word for the event: "push"
	Action     string // "opened", or empty
	DeliveryID string // the sender's own id of this delivery, or a hash of the content; empty: no check
	// Window is how long a DeliveryID that is a hash of the content is
	// remembered: at most a minute, for such senders legitimately repeat
	// themselves. 0: it is the sender's own id, remembered as configured.
	Window time.Duration
}

// Source understands one service's requests. All methods are pure, safe for
// concurrent use, and never panic whatever the bytes are. What Identify, what
// Events, and what the messages of all events in one language allocate is
// bounded: 100 bytes for each byte of the body, 8 KiB for each event, and 1 MiB.
type Source interface {
	// Identify takes type, action and delivery id from headers or body. It is
	// called after verification. A body that is not the declared JSON or form
	// is webhook.ErrPayload; an unknown event is no error.
	Identify(r *webhook.Request) (Identity, error)
	// Events turns a request into what happened: usually one event, at most
	// MaxEvents. An event this source does not know becomes a useful generic
	// one, never an error.
	Events(r *webhook.Request) ([]webhook.Event, error)
	// Message words one of the events that Events gave, in a language.
	// Everything that came from outside stands in it as plain text.
	Message(e webhook.Event, l Locale, v Verbosity) chat.Message
}

// Signed is implemented by a source whose service has a documented way to sign.
type Signed interface {
	// Verification makes the check its service documents. keys may hold no
	// secret: then it returns an error, or a Verifier for what needs none.
	Verification(keys verify.Keys) (verify.Verifier, error)
}

// Challenger is implemented by a source whose service wants some requests
// (pings, handshakes) answered at once and not made a job. Every answer of a
// source's own says that all is well, with a status of 2xx.
type Challenger interface {
	// Challenge is asked after verification. false: an ordinary request. It is
	// as pure as the methods of Source.
	Challenge(r *webhook.Request) (webhook.Response, bool)
}

// Handshaker is implemented by a source whose service wants more of a handshake
// than the request tells: a proof made with the endpoint's secret (Zoom), a
// call in return (SNS).
type Handshaker interface {
	// Handshake is asked after verification, whatever the endpoint verifies
	// with, and gets what the source's own check would. false: an ordinary
	// request. It calls nobody but by keys.Fetch, and only a host that it has
	// pinned. Any error refuses the request as one of Verify does: what cannot
	// be had now is verify.ErrUnavailable, so that the service calls again.
	Handshake(ctx context.Context, r *webhook.Request, keys verify.Keys) (webhook.Response, bool, error)
}

// Greeter is implemented by a source whose platform shakes hands before it can
// sign (Meta's GET, Graph's validationToken).
type Greeter interface {
	// Greet is asked before verification; false: an ordinary request, to be
	// verified. The response is text/plain of at most 1 KiB, with nosniff, for
	// anybody may ask for it: webhook.Plain makes one. What it answers is no
	// event: Identify refuses it. It is as pure as the methods of Source.
	Greet(r *webhook.Request) (webhook.Response, bool)
}

// Entruster is implemented by a Greeter whose platform hands over, in its
// handshake, the secret that it will sign with.
type Entruster interface {
	// Entrust gives the secret of a request that Greet answered. It came
	// unsigned, from anybody: it is shown to the operator, who may trust it,
	// and used for nothing.
	Entrust(r *webhook.Request) secret.Text
}

// Answerer is implemented by a source whose sender demands an answer of its own
// to an accepted event, in place of the 202.
type Answerer interface {
	// Answer is asked once the event is stored; false: the 202. It is as pure
	// as the methods of Source.
	Answer(r *webhook.Request) (webhook.Response, bool)
}

// Definition is a source under its name in the config (`source: github`).
type Definition struct {
	Name    string
	MaxBody int64 // bytes; 0: the receiver's default
	// Duplicates: a delivery id of this source is checked by default. False
	// for sources that check only where the operator configures it.
	Duplicates bool
	// Unauthorized: its sender demands 401 where verification fails.
	Unauthorized bool
	// Asked: its sender shows its credentials only once a 401 asks for them. A
	// check that can ask (verify.Asker) then answers 401 where they are missing.
	Asked bool
	// Marks are headers that its requests always carry and by which they are
	// known, so that an operator hears whose request came to the wrong
	// endpoint. They decide nothing else. None: it cannot be known.
	Marks []string
	// Ranges are where its service calls from; the zero Ranges is anywhere.
	Ranges Ranges
	// Samples holds requests as the service sends them, in its folder "samples";
	// see Sample. Nil: none.
	Samples fs.FS
	// Build makes the source. decode fills the source's own endpoint keys
	// strictly (fields tagged `yaml:"name"`).
	Build func(decode func(into any) error) (Source, error)
}

// Define makes a Definition of a settings type and a constructor. Use
// struct{} as the settings of a source that has none.
func Define[C any, S Source](d Definition, build func(C) (S, error)) Definition {
	d.Build = func(decode func(any) error) (Source, error) {
		var c C
		if err := decode(&c); err != nil {
			return nil, err
		}
		s, err := build(c)
		if err != nil {
			return nil, err // never a typed nil in a Source
		}
		return s, nil
	}
	return d
}
