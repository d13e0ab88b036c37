// Package heroku understands Heroku's app webhooks: builds, releases, dynos and
// what belongs to an app. Of people it tells the name in their e-mail address;
// addresses of logs and terminals, which open to whoever has them, and commands
// it never tells.
package heroku

import (
	"cmp"

	"postern/pkg/chat"
	"postern/pkg/source"
	"postern/pkg/verify"
	"postern/pkg/verify/hmac"
	"postern/pkg/webhook"
)

const otherType = "event" // of a payload without a resource

// Source is Heroku.
type Source struct{}

var (
	_ source.Source = Source{}
	_ source.Signed = Source{}
)

// Definition registers this source as "heroku".
func Definition() source.Definition {
	d := source.Definition{Name: "heroku", Duplicates: true, Marks: []string{"Heroku-Webhook-Hmac-SHA256"}, Samples: samples}
	return source.Define(d, func(struct{}) (Source, error) { return Source{}, nil })
}

// Verification checks Heroku-Webhook-Hmac-SHA256 over the raw body. The
// Authorization header that a webhook may have besides is for a verify of the
// endpoint's own.
func (Source) Verification(keys verify.Keys) (verify.Verifier, error) {
	v, err := hmac.Scheme{Header: "Heroku-Webhook-Hmac-SHA256", Encoding: "base64"}.Verifier(keys)
	if err != nil {
		return nil, err // never a typed nil in a Verifier
	}
	return v, nil
}

// Identify takes resource, action and id of the delivery from the body. The
// attempts of one delivery share its id.
func (Source) Identify(r *webhook.Request) (source.Identity, error) {
	id, _, err := read(r)
	return id, err
}

// Events gives the one event of a delivery.
func (Source) Events(r *webhook.Request) ([]webhook.Event, error) {
	id, o, err := read(r)
	if err != nil {
		return nil, err
	}
	e := webhook.Event{
		Source: "heroku", Type: id.Type, Action: id.Action, DeliveryID: id.DeliveryID,
		OccurredAt: o.Time(r.ReceivedAt, "published_at", "created_at"),
		Actor:      webhook.Party{Name: person(o.Line("actor.email"))},
	}
	tell(&e, o)
	return []webhook.Event{e}, nil
}

// Message words an event.
func (Source) Message(e webhook.Event, l source.Locale, v source.Verbosity) chat.Message {
	return source.Translate(source.Message(e, headline(e, l), v), l, labels())
}

func read(r *webhook.Request) (source.Identity, source.Object, error) {
	o, err := source.ParseObject(r)
	if err != nil {
		return source.Identity{}, nil, err
	}
	return source.Identity{
		Type: cmp.Or(o.Line("resource"), otherType), Action: o.Line("action"),
		DeliveryID: cmp.Or(o.Line("webhook_metadata.delivery.id"), o.Line("id")),
	}, o, nil
}
