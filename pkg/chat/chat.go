// Package chat is how a platform is told: Key names a chat, Message is what we
// say, a Sender says it in its platform's dialect. It decides neither who hears
// of an event nor when to try again: the error of Send says that (see retry).
//
// Each platform lives in a folder of its own and passes chattest.Run.
package chat

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
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
	Part       int            // which part of it is to be said, from 0; see Splitter
	// Open gives what an attachment holds, at most so many bytes of it; a larger
	// one is an error. It bounds time and size, and no stranger's word leads it to
	// a private address. Nil: nothing can be had, and attachments are said as links.
	Open func(ctx context.Context, a Attachment, most int64) (File, error)
}

// Key is what an idempotency key is made of: the notification's id, behind the
// first part which part it is, and whether it is said again in plain text. The same
// at every attempt of those.
func (d Delivery) Key() string {
	key := d.ID
	if d.Plain {
		key += "/plain"
	}
	if d.Part > 0 {
		key += "/" + strconv.Itoa(d.Part)
	}
	return key
}

// Receipt is what the platform said of a message it took. It becomes the
// notification's receipt in the API and holds no secret.
type Receipt struct {
	MessageID string `json:"message_id,omitempty"`
	// Queued: the platform took it and will deliver it later, unproven.
	Queued bool `json:"queued,omitempty"`
	// Rest is for how long the platform wants nothing more in this chat, where it
	// said so with its yes: what is left of its limit is nothing.
	Rest time.Duration `json:"-"`
}

// Sender says messages on one platform with one account's credentials.
type Sender interface {
	// Send says d once and returns the platform's receipt. It never retries,
	// never sleeps, never follows a redirect, and ends with ctx. Its error
	// says what to do next (package retry) and holds neither a token nor a
	// secret URL. The same Delivery gives the same bytes. Safe for concurrent
	// use. A Sender that holds connections is an io.Closer too: it is closed
	// once nothing is sent any more.
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
	// Limits are how often the platform lets itself be spoken to, as it
	// documents it; the config's limits override them.
	Limits Limits
	// Markup is the richest form this Sender writes.
	Markup Markup
	// Files: it uploads attachments. Others are said as links.
	Files bool
	// Threads: messages of one Message.Thread stand together.
	Threads bool
}

// Markup is how rich a platform's text is. The way down is the same for all: a
// Sender writes its richest form; where the platform refuses it (retry.Degrade)
// the same Message is said once more as plain text.
type Markup string

// The forms, from the richest.
const (
	Rich      Markup = "rich"     // fields, links and colour are the platform's own elements
	Markdown  Markup = "markdown" // one text with bold, code and links
	PlainText Markup = "plain"
)

// Limits are rates by whom they bind; all of them must hold. None is unlimited.
type Limits struct {
	Chat     []Rate // one chat
	Account  []Rate // all chats of the same credentials
	Platform []Rate // everything sent to the platform from here
}

// Rate is at most Count messages within any Per.
type Rate struct {
	Count int
	Per   time.Duration
}

// Pacer is implemented by a Sender whose limits differ between its channels.
type Pacer interface {
	// Pace gives a channel's rates in the place of Capabilities.Limits.Chat.
	// It is constant.
	Pace(channel string) []Rate
}

// Splitter is implemented by a Sender that says a long message in several
// parts. A part that was said is not said again: a later attempt goes on behind
// it, save where the platform refused the markup of a later part. Then all of it
// is said once more, plain.
type Splitter interface {
	// Parts says how many parts d takes, at least 1; Send then says d.Part and
	// no other. It is pure, and the same for a Delivery of the same Message and
	// the same Plain.
	Parts(d Delivery) int
}

// ErrNoProbe says that there is nothing to ask: credentials of this kind show
// only when something is posted.
var ErrNoProbe = errors.New("it can only be tried by posting")

// Prober is implemented by a Sender that can ask its platform whether the
// credentials work, without posting.
type Prober interface {
	// Probe gives whom the platform takes us for ("bot @postern"), or its
	// refusal, as Send would give it; ErrNoProbe where these credentials cannot
	// be asked about. It sends nothing anybody sees.
	Probe(ctx context.Context) (string, error)
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
