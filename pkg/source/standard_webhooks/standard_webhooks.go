// Package standardwebhooks understands what is sent as standardwebhooks.com
// says: a type, a time and data of any shape. It knows none of the many
// services that send so: it shows what it finds under the usual names.
package standardwebhooks

import (
	"cmp"
	"io/fs"
	"strings"

	"postern/pkg/chat"
	hidden "postern/pkg/secret"
	"postern/pkg/source"
	"postern/pkg/verify"
	scheme "postern/pkg/verify/standard_webhooks"
	"postern/pkg/webhook"
)

// otherType is the event type of a payload without a type.
const otherType = "event"

// Source is any service that keeps to the standard.
type Source struct{ name, prefix string }

var (
	_ source.Source    = Source{}
	_ source.Signed    = Source{}
	_ verify.KeySigner = Source{}
)

// Definition registers this source as "standard_webhooks".
func Definition() source.Definition {
	return DefinitionOf("standard_webhooks", scheme.DefaultHeaderPrefix, samples)
}

// DefinitionOf registers a source under a name of its own whose headers begin
// in another way: svix-id for webhook-id.
func DefinitionOf(name, headerPrefix string, samples fs.FS) source.Definition {
	d := source.Definition{Name: name, Duplicates: true, Samples: samples}
	return source.Define(d, func(struct{}) (Source, error) {
		return Source{name: name, prefix: headerPrefix}, nil
	})
}

// Verification checks the signatures over id, time and raw body.
func (s Source) Verification(keys verify.Keys) (verify.Verifier, error) {
	v, err := scheme.New(scheme.Config{HeaderPrefix: s.prefix}, keys)
	if err != nil {
		return nil, err // never a typed nil in a Verifier
	}
	return v, nil
}

// SignerOf signs with a private key (whsk_) as v1a says, with any other secret
// as v1 does.
func (s Source) SignerOf(key hidden.Text) (verify.Signer, error) {
	if strings.HasPrefix(key.Reveal(), scheme.PrivateKeyPrefix) {
		return scheme.Unkeyed(s.prefix).SignerOf(key)
	}
	v, err := scheme.New(scheme.Config{HeaderPrefix: s.prefix}, verify.Keys{Secrets: []hidden.Text{key}})
	if err != nil {
		return nil, err // never a typed nil in a Signer
	}
	return v, nil
}

// Identify takes the type from the body, and the delivery id from the header
// that stays the same at each attempt.
func (s Source) Identify(r *webhook.Request) (source.Identity, error) {
	id, _, err := s.read(r)
	return id, err
}

// Events gives the one event of a delivery. All are default events: what one
// subscribed to is what one wants to hear.
func (s Source) Events(r *webhook.Request) ([]webhook.Event, error) {
	id, payload, err := s.read(r)
	if err != nil {
		return nil, err
	}
	e := webhook.Event{
		Source: s.name, Type: id.Type, DeliveryID: id.DeliveryID,
		Severity: severity(id.Type), OccurredAt: payload.Time(r.ReceivedAt, "timestamp", "created_at"),
		Default: true,
	}
	tell(&e, data(payload))
	return []webhook.Event{e}, nil
}

// Message words an event: the sender's words are in the sender's language.
func (Source) Message(e webhook.Event, l source.Locale, v source.Verbosity) chat.Message {
	return source.Message(e, source.Headline(e, l), v)
}

func (s Source) read(r *webhook.Request) (source.Identity, source.Object, error) {
	payload, err := source.ParseObject(r)
	if err != nil {
		return source.Identity{}, nil, err
	}
	return source.Identity{
		Type:       cmp.Or(payload.Line("type"), payload.Line("event_type"), payload.Line("eventType"), otherType),
		DeliveryID: strings.TrimSpace(r.Header.Get(s.prefix + "id")),
	}, payload, nil
}

// data is what the event is about: the standard puts it under data, others
// leave it flat.
func data(payload source.Object) source.Object {
	if inner := payload.Object("data"); inner != nil {
		if nested := inner.Object("object"); nested != nil { // Stripe's habit, which others took up
			return nested
		}
		return inner
	}
	return payload
}
