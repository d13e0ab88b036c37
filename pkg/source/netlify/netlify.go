// Package netlify understands Netlify's deploy notifications. Of what visitors
// send in by its forms it tells only that somebody did, and it never shows the
// key to a build's log that lies in each payload.
package netlify

import (
	"cmp"
	"strings"

	"postern/pkg/chat"
	"postern/pkg/source"
	"postern/pkg/verify"
	"postern/pkg/verify/jwt"
	"postern/pkg/webhook"
)

const otherType = "event" // of a payload without a type

// Source is Netlify.
type Source struct{}

var (
	_ source.Source = Source{}
	_ source.Signed = Source{}
)

// Definition registers this source as "netlify".
func Definition() source.Definition {
	d := source.Definition{Name: "netlify", Duplicates: true, Marks: []string{"X-Netlify-Event"}, Samples: samples}
	return source.Define(d, func(struct{}) (Source, error) { return Source{}, nil })
}

// Verification checks the token of X-Webhook-Signature, which holds a hash of
// the body. A notification that was set up without a secret has none: its
// endpoint needs a verify of its own.
func (Source) Verification(keys verify.Keys) (verify.Verifier, error) {
	v, err := jwt.Netlify(keys)
	if err != nil {
		return nil, err // never a typed nil in a Verifier
	}
	return v, nil
}

// Identify takes the type from the header, else from the deploy's state.
func (Source) Identify(r *webhook.Request) (source.Identity, error) {
	id, _, err := read(r)
	return id, err
}

// Events gives the one event of a notification.
func (Source) Events(r *webhook.Request) ([]webhook.Event, error) {
	id, o, err := read(r)
	if err != nil {
		return nil, err
	}
	e := webhook.Event{
		Source: "netlify", Type: id.Type, DeliveryID: id.DeliveryID,
		OccurredAt: o.Time(r.ReceivedAt, "updated_at", "created_at"),
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
	kind := source.Line(r.Header.Get("X-Netlify-Event"))
	id := source.Identity{Type: cmp.Or(kind, ofState(o.Text("state")), otherType)}
	id.DeliveryID = delivery(id.Type, o)
	return id, o, nil
}

// ofState is the event that a deploy's state makes.
func ofState(state string) string {
	switch state {
	case "building":
		return building
	case "ready":
		return created
	case "error":
		return failed
	default:
		return ""
	}
}

// delivery is the deploy with its state. Where the event is another than the
// state makes, it stands there too, with the time: a deploy that is locked was
// ready before, and may be locked again.
func delivery(kind string, o source.Object) string {
	id, state := o.Line("id"), o.Line("state")
	switch {
	case id == "":
		return ""
	case kind == ofState(state):
		return id + ":" + state
	default:
		return strings.TrimSuffix(id+":"+kind+":"+o.Line("updated_at"), ":")
	}
}
