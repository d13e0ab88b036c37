// Package jira understands the webhooks of Jira: issues, comments, work logs,
// sprints, versions and projects, of Cloud and of Data Center. It asks Jira
// nothing; a person whom a text mentions by an id stays unnamed.
package jira

import (
	"cmp"

	"postern/pkg/chat"
	"postern/pkg/source"
	"postern/pkg/webhook"
)

const otherType = "event" // of a payload that names no event

// Source is Jira.
type Source struct{}

var (
	_ source.Source = Source{}
	_ source.Signed = Source{}
)

// Definition registers this source as "jira".
func Definition() source.Definition {
	d := source.Definition{Name: "jira", Duplicates: true, Samples: samples}
	return source.Define(d, func(struct{}) (Source, error) { return Source{}, nil })
}

// Identify takes the event and, of an issue's, its kind from the body, and the
// id of the delivery, which its attempts share, from the header of Jira Cloud.
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
		Source: "jira", Type: id.Type, Action: id.Action, DeliveryID: id.DeliveryID,
		OccurredAt: o.Time(r.ReceivedAt, "timestamp"),
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
		Type: cmp.Or(o.Line("webhookEvent"), otherType), Action: o.Line("issue_event_type_name"),
		DeliveryID: source.Line(r.Header.Get("X-Atlassian-Webhook-Identifier")),
	}, o, nil
}
