// Package npm understands the hooks of an npm registry: what becomes of a
// package. The public registry has ended them; registries of one's own may still
// call so. It asks the registry nothing.
package npm

import (
	"cmp"

	"postern/pkg/chat"
	"postern/pkg/source"
	"postern/pkg/verify"
	"postern/pkg/verify/hmac"
	"postern/pkg/webhook"
)

const otherType = "event" // of a payload without an event

// Source is an npm registry.
type Source struct{}

var (
	_ source.Source = Source{}
	_ source.Signed = Source{}
)

// Definition registers this source as "npm".
func Definition() source.Definition {
	d := source.Definition{Name: "npm", Duplicates: true, Marks: []string{"x-npm-signature"}, Samples: samples}
	return source.Define(d, func(struct{}) (Source, error) { return Source{}, nil })
}

// Verification checks x-npm-signature over the raw body.
func (Source) Verification(keys verify.Keys) (verify.Verifier, error) {
	v, err := hmac.Scheme{Header: "x-npm-signature", Prefix: "sha256="}.Verifier(keys)
	if err != nil {
		return nil, err // never a typed nil in a Verifier
	}
	return v, nil
}

// Identify takes the type from the body. A delivery has no id: its content is one
// for a minute.
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
		Source: "npm", Type: id.Type, DeliveryID: id.DeliveryID, Severity: severity(id.Type),
		OccurredAt: o.Time(r.ReceivedAt, "time"), Default: told(id.Type),
		Container: webhook.Party{Name: o.Line("name")}, Actor: webhook.Party{Name: o.Line("change.user")},
		Subject: webhook.Subject{Title: cmp.Or(o.Line("change.version"), o.Line("change.dist-tag"), o.Line("version"))},
	}
	if e.Container.Name != "" {
		e.Thread = "npm:" + e.Container.Name
	}
	e.Fields = source.Fields("Message", o.Line("change.deprecated"), "Kind", o.Line("type"))
	e.Title = headline(e, source.English)
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
		Type: cmp.Or(o.Line("event"), otherType), DeliveryID: source.ContentID(string(r.Body)), Window: source.ContentWindow,
	}, o, nil
}
