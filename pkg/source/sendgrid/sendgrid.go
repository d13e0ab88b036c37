// Package sendgrid understands SendGrid's event webhook: what becomes of mail.
// One request holds many events. It tells neither the subject nor the text of a
// mail, nor where its reader is.
package sendgrid

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"postern/pkg/chat"
	"postern/pkg/secret"
	"postern/pkg/source"
	"postern/pkg/verify"
	"postern/pkg/verify/ecdsa"
	"postern/pkg/webhook"
)

const (
	several   = "events" // the type of a request that holds several
	otherType = "event"  // of an event that does not say
	place     = "SendGrid"
)

// Settings are the endpoint's own keys.
type Settings struct {
	PublicKey string `yaml:"public_key"` // in base64, from the settings of the event webhook
}

// Source is SendGrid.
type Source struct{ settings Settings }

var (
	_ source.Source    = Source{}
	_ source.Signed    = Source{}
	_ verify.KeySigner = Source{}
)

// Definition registers this source as "sendgrid".
func Definition() source.Definition {
	return source.Define(source.Definition{Name: "sendgrid", Duplicates: true, Marks: []string{"X-Twilio-Email-Event-Webhook-Signature"}, Samples: samples}, New)
}

// New checks the settings. The key may be missing: `verify` can replace the
// check that needs it.
func New(s Settings) (Source, error) {
	if s.PublicKey == "" {
		return Source{}, nil
	}
	_, err := ecdsa.New(ecdsa.SendGrid(s.PublicKey), verify.Keys{})
	return Source{settings: s}, err
}

// Verification checks the signature over the time and the raw body, with its
// line break at the end.
func (s Source) Verification(keys verify.Keys) (verify.Verifier, error) {
	if s.settings.PublicKey == "" {
		return nil, errors.New("public_key: none is written")
	}
	v, err := ecdsa.New(ecdsa.SendGrid(s.settings.PublicKey), keys)
	if err != nil {
		return nil, err // never a typed nil in a Verifier
	}
	return verifier{v}, nil
}

// verifier needs no secret: its key is public.
type verifier struct{ *ecdsa.Verifier }

// Configured is true: without the key there is no verifier.
func (verifier) Configured() bool { return true }

// SignerOf signs as SendGrid does, with a private key on the curve P-256.
func (s Source) SignerOf(private secret.Text) (verify.Signer, error) {
	return ecdsa.Signer(ecdsa.SendGrid(s.settings.PublicKey), private)
}

// Identify takes the type that all events have, and of their ids the delivery
// id.
func (Source) Identify(r *webhook.Request) (source.Identity, error) {
	id, _, err := read(r)
	return id, err
}

// Events gives every event of a request, in its order.
func (Source) Events(r *webhook.Request) ([]webhook.Event, error) {
	id, items, err := read(r)
	if err != nil {
		return nil, err
	}
	base := webhook.Event{
		Source: "sendgrid", DeliveryID: id.DeliveryID, OccurredAt: r.ReceivedAt, Container: webhook.Party{Name: place},
	}
	return source.Each(base, items, func(e *webhook.Event, item source.Object) {
		e.Type, e.OccurredAt = kind(item), item.Time(r.ReceivedAt, "timestamp")
		tell(e, item)
	}), nil
}

// Message words an event.
func (Source) Message(e webhook.Event, l source.Locale, v source.Verbosity) chat.Message {
	return source.Translate(source.Message(e, headline(e, l), v), l, names())
}

func read(r *webhook.Request) (source.Identity, []source.Object, error) {
	items, err := parse(r)
	if err != nil {
		return source.Identity{}, nil, err
	}
	id := source.Identity{Type: several}
	if len(items) > 0 {
		id.Type = kind(items[0])
	}
	for _, item := range items {
		if kind(item) != id.Type {
			id.Type = several
		}
	}
	id.DeliveryID, id.Window = delivery(items, r.Body)
	return id, items, nil
}

// parse gives the objects of the list, or the one object there is.
func parse(r *webhook.Request) ([]source.Object, error) {
	v, err := webhook.DecodeJSON(r.Body)
	if err != nil {
		return nil, err
	}
	switch v := v.(type) {
	case map[string]any:
		return []source.Object{v}, nil
	case []any:
		return source.Object{"list": v}.Objects("list"), nil
	default:
		return nil, fmt.Errorf("%w: the JSON is neither a list nor an object", webhook.ErrPayload)
	}
}

func kind(item source.Object) string { return cmp.Or(item.Line("event"), otherType) }

// delivery is the id of the one event, or a hash of all ids: SendGrid's ids
// never come twice but for a repetition. Where one is missing, it is a hash of
// the content, for a minute.
func delivery(items []source.Object, body []byte) (string, time.Duration) {
	sum := sha256.New()
	for _, item := range items {
		id := item.Line("sg_event_id")
		if id == "" {
			items = nil
			break
		}
		if len(items) == 1 {
			return id, 0
		}
		sum.Write([]byte(id + "\n"))
	}
	if len(items) == 0 {
		content := sha256.Sum256(body)
		return hex.EncodeToString(content[:]), source.ContentWindow
	}
	return hex.EncodeToString(sum.Sum(nil)), 0
}
