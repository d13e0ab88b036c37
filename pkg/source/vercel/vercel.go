// Package vercel understands Vercel's webhooks: deployments, projects, domains
// and the firewall. It asks Vercel nothing: who deployed is an id there, and
// only the commit's author has a name.
package vercel

import (
	"cmp"

	"postern/pkg/chat"
	"postern/pkg/source"
	"postern/pkg/verify"
	"postern/pkg/verify/hmac"
	"postern/pkg/webhook"
)

const otherType = "event" // of a payload without a type

// Source is Vercel.
type Source struct{}

var (
	_ source.Source = Source{}
	_ source.Signed = Source{}
)

// Definition registers this source as "vercel".
func Definition() source.Definition {
	d := source.Definition{Name: "vercel", Duplicates: true, Marks: []string{"x-vercel-signature"}, Samples: samples}
	return source.Define(d, func(struct{}) (Source, error) { return Source{}, nil })
}

// Verification checks x-vercel-signature over the raw body; Vercel signs with
// SHA-1.
func (Source) Verification(keys verify.Keys) (verify.Verifier, error) {
	v, err := hmac.Scheme{Header: "x-vercel-signature", Algorithm: "sha1"}.Verifier(keys)
	if err != nil {
		return nil, err // never a typed nil in a Verifier
	}
	return v, nil
}

// Identify takes type and id of the delivery from the body.
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
		Source: "vercel", Type: id.Type, DeliveryID: id.DeliveryID, OccurredAt: o.Time(r.ReceivedAt, "createdAt"),
	}
	tell(&e, o.Object("payload"))
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
	return source.Identity{Type: cmp.Or(o.Line("type"), otherType), DeliveryID: o.Line("id")}, o, nil
}
