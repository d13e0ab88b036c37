// Package linear understands Linear's webhooks: issues, comments, projects and
// what else lies in a workspace. It asks Linear nothing, so of a state, a
// person or a project that was replaced only the new one has a name.
package linear

import (
	"cmp"
	"net/http"

	"postern/pkg/chat"
	"postern/pkg/source"
	"postern/pkg/webhook"
)

const otherType = "event" // of a payload without a type

// Source is Linear.
type Source struct{}

var (
	_ source.Source   = Source{}
	_ source.Signed   = Source{}
	_ source.Answerer = Source{}
)

// Definition registers this source as "linear".
func Definition() source.Definition {
	d := source.Definition{Name: "linear", Duplicates: true, Marks: []string{"Linear-Delivery"}, Ranges: ranges(), Samples: samples}
	return source.Define(d, func(struct{}) (Source, error) { return Source{}, nil })
}

// Answer is 200: Linear takes nothing else for a success, and would send the
// event again.
func (Source) Answer(*webhook.Request) (webhook.Response, bool) {
	return webhook.Response{Status: http.StatusOK}, true
}

// Identify takes type and action from the body, the id of the delivery from
// its header.
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
		Source: "linear", Type: id.Type, Action: id.Action, DeliveryID: id.DeliveryID,
		OccurredAt: o.Time(r.ReceivedAt, "createdAt", sentAt),
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
		Type: cmp.Or(o.Line("type"), otherType), Action: o.Line("action"),
		DeliveryID: source.Line(r.Header.Get("Linear-Delivery")),
	}, o, nil
}
