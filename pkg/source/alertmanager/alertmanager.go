// Package alertmanager understands Prometheus Alertmanager's webhooks: one
// notification about a group of alerts is one event. Alertmanager signs
// nothing, so its endpoint must say with verify who may call; this package
// proves nobody genuine.
package alertmanager

import (
	"cmp"
	"time"

	"postern/pkg/chat"
	"postern/pkg/source"
	"postern/pkg/webhook"
)

// Window is how long a notification is known by its content: Alertmanager
// rightly repeats itself after its repeat_interval, which may be a minute.
const Window = time.Minute

// otherType is the event type of a payload without a status: a custom one.
const otherType = "alert"

// Source is Alertmanager.
type Source struct{}

var _ source.Source = Source{}

// Definition registers this source as "alertmanager".
func Definition() source.Definition {
	d := source.Definition{Name: "alertmanager", Duplicates: true, Samples: samples}
	return source.Define(d, func(struct{}) (Source, error) { return Source{}, nil })
}

// Identify takes the status as the type, and a hash of the content as the
// delivery id: Alertmanager has none of its own.
func (Source) Identify(r *webhook.Request) (source.Identity, error) {
	id, _, err := read(r)
	return id, err
}

// Events gives the one event of a notification.
func (Source) Events(r *webhook.Request) ([]webhook.Event, error) {
	id, g, err := read(r)
	if err != nil {
		return nil, err
	}
	e := webhook.Event{
		Source: "alertmanager", Type: id.Type, DeliveryID: id.DeliveryID,
		Thread: g.Thread("alertmanager"), OccurredAt: r.ReceivedAt,
	}
	g.Tell(&e)
	return []webhook.Event{e}, nil
}

// Message words an event.
func (Source) Message(e webhook.Event, l source.Locale, v source.Verbosity) chat.Message {
	return Message(e, l, v)
}

func read(r *webhook.Request) (source.Identity, Group, error) {
	payload, err := source.ParseAny(r)
	if err != nil {
		return source.Identity{}, Group{}, err
	}
	g := Read(payload)
	return source.Identity{
		Type: cmp.Or(g.Status, otherType), DeliveryID: g.Hash(r.Body), Window: Window,
	}, g, nil
}
