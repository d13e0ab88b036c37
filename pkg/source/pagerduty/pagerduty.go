// Package pagerduty understands PagerDuty's V3 webhooks: incidents and
// services. It acts on no incident, it only tells of them.
package pagerduty

import (
	"cmp"
	"net/http"

	"postern/pkg/chat"
	"postern/pkg/source"
	"postern/pkg/verify"
	"postern/pkg/verify/hmac"
	"postern/pkg/webhook"
)

const (
	ping      = "pagey.ping"
	otherType = "event" // of a payload without event_type
)

// Source is PagerDuty.
type Source struct{}

var (
	_ source.Source     = Source{}
	_ source.Signed     = Source{}
	_ source.Challenger = Source{}
)

// Definition registers this source as "pagerduty".
func Definition() source.Definition {
	d := source.Definition{Name: "pagerduty", Duplicates: true, Marks: []string{"X-PagerDuty-Signature"}, Samples: samples}
	return source.Define(d, func(struct{}) (Source, error) { return Source{}, nil })
}

// Verification checks X-PagerDuty-Signature, which holds a signature for each
// secret while one replaces another.
func (Source) Verification(keys verify.Keys) (verify.Verifier, error) {
	v, err := hmac.Scheme{Header: "X-PagerDuty-Signature", Prefix: "v1=", Separator: ","}.Verifier(keys)
	if err != nil {
		return nil, err // never a typed nil in a Verifier
	}
	return v, nil
}

// Challenge answers the ping that PagerDuty sends to try an endpoint.
func (Source) Challenge(r *webhook.Request) (webhook.Response, bool) {
	payload, err := source.ParseObject(r)
	if err != nil || payload.Text("event.event_type") != ping {
		return webhook.Response{}, false
	}
	answer, err := webhook.JSON(http.StatusOK, struct {
		Status  string `json:"status"`
		Message string `json:"message"`
	}{"ok", "pong"})
	return answer, err == nil
}

// Identify takes type and id of the event from the body.
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
		Source: "pagerduty", Type: id.Type, DeliveryID: id.DeliveryID,
		Severity: webhook.Info, Actor: actor(o), OccurredAt: o.Time(r.ReceivedAt, "occurred_at"),
	}
	tell(&e, o)
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
	o := payload.Object("event")
	return source.Identity{
		Type: cmp.Or(o.Line("event_type"), otherType), DeliveryID: o.Line("id"),
	}, o, nil
}

// actor is the person who acted; services and rules are told elsewhere.
func actor(o source.Object) webhook.Party {
	if o.Text("agent.type") != "user_reference" {
		return webhook.Party{}
	}
	return webhook.Party{Name: o.Line("agent.summary"), URL: o.Link("agent.html_url")}
}
