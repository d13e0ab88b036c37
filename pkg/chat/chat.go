// Package chat is how a platform is told: Key names a chat, Message is what we
// say, a Sender says it in its platform's dialect. It decides neither who hears
// of an event nor when to try again: the error of Send says that (see retry).
//
// Each platform lives in a folder of its own and passes chattest.Run.
package chat

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"postern/pkg/webhook"
)

// Delivery is one Message for one chat: all that a Sender is told.
type Delivery struct {
	ID         string // the notification's id: the same at every attempt, the root of idempotency keys
	JobID      string
	Chat       string // as it was named, an alias or a key: for showing
	Channel    string // the channel of the chat key; "default" where the account has none
	Message    Message
	Event      *webhook.Event // only where Capabilities.Event asks for it
	AcceptedAt time.Time      // when the event was accepted
	Plain      bool           // say it without markup: a try after the platform refused the rich form
}

// Receipt is what the platform said of a message it took. It becomes the
// notification's receipt in the API and holds no secret.
type Receipt struct {
	MessageID string `json:"message_id,omitempty"`
	// Queued: the platform took it and will deliver it later, unproven.
	Queued bool `json:"queued,omitempty"`
}

// Sender says messages on one platform with one account's credentials.
type Sender interface {
	// Send says d once and returns the platform's receipt. It never retries,
	// never sleeps, never follows a redirect, and ends with ctx. Its error
	// says what to do next (package retry) and holds neither a token nor a
	// secret URL. The same Delivery gives the same bytes. Safe for concurrent
	// use.
	Send(ctx context.Context, d Delivery) (Receipt, error)
	// Capabilities says what this account can do; it is constant.
	Capabilities() Capabilities
}

// Capabilities declares what a Sender can do.
type Capabilities struct {
	// Channels: the account reaches many channels. False for one that is one
	// URL: its only channel is "default".
	Channels bool
	// Unordered: messages need no order; several may be sent at a time.
	Unordered bool
	// Idempotent: the same Delivery sent twice is seen once.
	Idempotent bool
	// Event: Send wants Delivery.Event.
	Event bool
	// Rate is how often one chat may be spoken to; the zero Rate is unlimited.
	Rate Rate
}

// Rate is a number of messages in a time.
type Rate struct {
	Count int
	Per   time.Duration
}

// ChannelChecker is implemented by a Sender that knows its channels' syntax.
type ChannelChecker interface {
	// CheckChannel returns why a channel cannot be one of this platform's.
	CheckChannel(channel string) error
}

// Previewer is implemented by a Sender that can show what it would say.
type Previewer interface {
	// Preview gives the text of d as Send writes it, in the platform's markup.
	// It calls nobody.
	Preview(d Delivery) string
}

// Preview gives what a Sender would say, in its platform's markup where it can
// show it, else plain.
func Preview(s Sender, d Delivery) string {
	if p, ok := s.(Previewer); ok {
		return p.Preview(d)
	}
	return d.Message.Text()
}

// Tools are what a Sender is given to work with.
type Tools struct {
	HTTP   *http.Client // for configured addresses: proxies, time-outs, no redirects
	Stdout io.Writer    // for console
	Log    *slog.Logger
}

// Definition is a platform under its type in the config (`type: telegram`).
type Definition struct {
	Type string
	// Build makes a Sender. decode fills the platform's own settings strictly
	// (fields tagged `yaml:"name"`).
	Build func(decode func(into any) error, tools Tools) (Sender, error)
}

// Define makes a Definition of a settings type and a constructor.
func Define[C any, S Sender](kind string, build func(C, Tools) (S, error)) Definition {
	return Definition{Type: kind, Build: func(decode func(any) error, tools Tools) (Sender, error) {
		var c C
		if err := decode(&c); err != nil {
			return nil, err
		}
		s, err := build(c, tools)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", kind, err) // never a typed nil in a Sender
		}
		return s, nil
	}}
}
