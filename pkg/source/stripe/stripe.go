// Package stripe understands Stripe's webhooks. It shows amounts, ids and
// states; of a customer's e-mail address it shows what tells customers apart,
// and of cards nothing. It does not care for the version of Stripe's API.
package stripe

import (
	"cmp"

	"postern/pkg/chat"
	"postern/pkg/source"
	"postern/pkg/verify"
	"postern/pkg/verify/hmac"
	"postern/pkg/webhook"
)

// otherType is the event type of a payload without a type.
const otherType = "event"

// Source is Stripe.
type Source struct{}

var (
	_ source.Source = Source{}
	_ source.Signed = Source{}
)

// Definition registers this source as "stripe".
func Definition() source.Definition {
	d := source.Definition{Name: "stripe", Duplicates: true, Marks: []string{"Stripe-Signature"}, Ranges: ranges(), Samples: samples}
	return source.Define(d, func(struct{}) (Source, error) { return Source{}, nil })
}

// Verification checks Stripe-Signature: a time, and a signature for each
// secret while one replaces another. The secret is used as it is written,
// whsec_ and all.
func (Source) Verification(keys verify.Keys) (verify.Verifier, error) {
	v, err := hmac.Scheme{
		Header: "Stripe-Signature", Separator: ",", Prefix: "v1=", TimestampPrefix: "t=",
		Signed: "{timestamp}.{body}",
	}.Verifier(keys)
	if err != nil {
		return nil, err // never a typed nil in a Verifier
	}
	return v, nil
}

// Identify takes type and id of the event from the body.
func (Source) Identify(r *webhook.Request) (source.Identity, error) {
	id, _, err := read(r)
	return id, err
}

// Events gives the one event of a delivery.
func (Source) Events(r *webhook.Request) ([]webhook.Event, error) {
	id, payload, err := read(r)
	if err != nil {
		return nil, err
	}
	e := webhook.Event{
		Source: "stripe", Type: id.Type, DeliveryID: id.DeliveryID,
		OccurredAt: payload.Time(r.ReceivedAt, "created"),
	}
	tell(&e, payload)
	return []webhook.Event{e}, nil
}

// Message words an event.
func (Source) Message(e webhook.Event, l source.Locale, v source.Verbosity) chat.Message {
	return source.Translate(source.Message(e, headline(e, l), v), l, labels())
}

func read(r *webhook.Request) (source.Identity, source.Object, error) {
	payload, err := source.ParseObject(r)
	if err != nil {
		return source.Identity{}, nil, err
	}
	return source.Identity{
		Type: cmp.Or(payload.Line("type"), otherType), DeliveryID: payload.Line("id"),
	}, payload, nil
}
