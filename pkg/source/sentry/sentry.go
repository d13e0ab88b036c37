// Package sentry understands the webhooks of Sentry's integrations: issues,
// alerts, errors and comments. The old unsigned WebHooks plugin is read too,
// but nothing here proves it genuine: its endpoint needs a verify of its own.
package sentry

import (
	"cmp"
	"strings"

	"postern/pkg/chat"
	"postern/pkg/source"
	"postern/pkg/verify"
	"postern/pkg/verify/hmac"
	"postern/pkg/webhook"
)

// maxBody leaves room for errors, which bring all their stack frames.
const maxBody = 2 << 20

// legacyType is what the old plugin's calls, which name no resource, are
// called.
const legacyType = "event"

// Source is Sentry.
type Source struct{}

var (
	_ source.Source = Source{}
	_ source.Signed = Source{}
)

// Definition registers this source as "sentry".
func Definition() source.Definition {
	d := source.Definition{Name: "sentry", MaxBody: maxBody, Duplicates: true, Marks: []string{"Sentry-Hook-Resource"}, Samples: samples}
	return source.Define(d, func(struct{}) (Source, error) { return Source{}, nil })
}

// Verification checks Sentry-Hook-Signature over the raw body. The timestamp
// beside it is not signed and proves nothing.
func (Source) Verification(keys verify.Keys) (verify.Verifier, error) {
	v, err := hmac.Scheme{Header: "Sentry-Hook-Signature"}.Verifier(keys)
	if err != nil {
		return nil, err // never a typed nil in a Verifier
	}
	return v, nil
}

// Identify takes type and delivery id from the headers, the action from the
// body.
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
		Source: "sentry", Type: id.Type, Action: id.Action, DeliveryID: id.DeliveryID,
		Severity: webhook.Info, OccurredAt: r.ReceivedAt, Actor: actor(payload),
	}
	data := payload.Object("data")
	switch id.Type {
	case "event_alert":
		alerted(&e, data)
	case "error":
		occurrence(&e, data.Object("error"), "error")
	case "issue":
		issue(&e, data.Object("issue"))
	case "metric_alert":
		metric(&e, data)
	case "comment":
		comment(&e, data)
	case legacyType:
		legacy(&e, payload)
	default:
		other(&e, payload)
	}
	return []webhook.Event{e}, nil
}

// Message words an event.
func (Source) Message(e webhook.Event, l source.Locale, v source.Verbosity) chat.Message {
	title := source.Headline(e, l)
	if d, ok := e.Detail.(deed); ok {
		title = d.headline(e, l)
	}
	return source.Translate(source.Message(e, title, v), l, labels())
}

func read(r *webhook.Request) (source.Identity, source.Object, error) {
	payload, err := source.ParseObject(r)
	if err != nil {
		return source.Identity{}, nil, err
	}
	kind := source.Line(r.Header.Get("Sentry-Hook-Resource"))
	return source.Identity{
		Type:       cmp.Or(kind, legacyType),
		Action:     payload.Line("action"),
		DeliveryID: strings.TrimSpace(r.Header.Get("Request-ID")),
	}, payload, nil
}

// actor is the person who acted. Sentry itself, which acts most of the time,
// is not worth telling.
func actor(payload source.Object) webhook.Party {
	if payload.Text("actor.type") != "user" {
		return webhook.Party{}
	}
	return webhook.Party{Name: payload.Line("actor.name")}
}
