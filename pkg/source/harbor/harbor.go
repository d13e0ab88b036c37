// Package harbor understands the webhooks of Harbor, in its own format and as
// CloudEvents. It pulls nothing and asks Harbor nothing; it tells what a
// notification holds.
package harbor

import (
	"fmt"
	"net/url"
	"strings"

	"postern/pkg/chat"
	"postern/pkg/source"
	"postern/pkg/verify"
	"postern/pkg/verify/token"
	"postern/pkg/webhook"
)

const otherType = "event" // of a payload without a type

// Source is Harbor.
type Source struct{}

var (
	_ source.Source = Source{}
	_ source.Signed = Source{}
)

// Definition registers this source as "harbor".
func Definition() source.Definition {
	d := source.Definition{Name: "harbor", Duplicates: true, Samples: samples}
	return source.Define(d, func(struct{}) (Source, error) { return Source{}, nil })
}

// Verification checks the policy's "Auth Header", which Harbor sends as it is
// written in Authorization: the secret is that whole text, with a "Bearer "
// where it has one. It proves the sender; Harbor signs no body.
func (Source) Verification(keys verify.Keys) (verify.Verifier, error) {
	return token.Verifier{Header: "Authorization", Tokens: keys.Secrets}, nil
}

// Identify takes the type as the format has it ("PUSH_ARTIFACT" or
// "harbor.artifact.pushed"), and how a replication or a retention ended as the
// action. CloudEvents have an id; else the body stands for it.
func (Source) Identify(r *webhook.Request) (source.Identity, error) {
	n, err := read(r)
	return n.identity, err
}

// Events gives the one event of a delivery.
func (Source) Events(r *webhook.Request) ([]webhook.Event, error) {
	n, err := read(r)
	if err != nil {
		return nil, err
	}
	e := webhook.Event{
		Source: "harbor", Type: n.identity.Type, Action: n.identity.Action, DeliveryID: n.identity.DeliveryID,
		Severity: webhook.Info, Actor: webhook.Party{Name: person(n.operator)},
		OccurredAt: source.Object{"at": n.at}.Time(r.ReceivedAt, "at"),
	}
	tell(&e, n.data)
	return []webhook.Event{e}, nil
}

// person leaves out the words that Harbor has for nobody.
func person(operator string) string {
	if operator == "auto" || operator == "unknown user" {
		return ""
	}
	return operator
}

// Message words an event.
func (Source) Message(e webhook.Event, l source.Locale, v source.Verbosity) chat.Message {
	return source.Translate(source.Message(e, headline(e, l), v), l, labels())
}

// notification is what both formats say.
type notification struct {
	identity source.Identity
	operator string
	at       any
	data     source.Object
}

// read tells the formats apart: a CloudEvent says so in its body, or its
// attributes stand in headers and the body is its data.
func read(r *webhook.Request) (notification, error) {
	o, err := source.ParseObject(r)
	if err != nil {
		return notification{}, err
	}
	var n notification
	switch {
	case r.Header.Get("Ce-Type") != "":
		n = binary(r, o)
	case r.MediaType() == "application/cloudevents+json" || o.Text("specversion") != "":
		n = structured(o)
	default:
		n = notification{
			identity: source.Identity{Type: o.Line("type")}, operator: o.Line("operator"), at: o["occur_at"], data: o.Object("event_data"),
		}
	}
	if n.identity.Type == "" {
		n.identity.Type = otherType
	}
	if n.identity.DeliveryID == "" {
		n.identity.DeliveryID, n.identity.Window = source.ContentID(n.identity.Type, string(r.Body)), source.ContentWindow
	}
	n.identity.Action = n.data.AnyLine("replication.job_status", "retention.result")
	return n, nil
}

func structured(o source.Object) notification {
	return notification{
		identity: source.Identity{Type: o.Line("type"), DeliveryID: deliveryID(o.Line("source"), o.Line("id"))},
		operator: o.Line("operator"), at: o["time"], data: o.Object("data"),
	}
}

func binary(r *webhook.Request, data source.Object) notification {
	return notification{
		identity: source.Identity{
			Type: attribute(r, "Ce-Type"), DeliveryID: deliveryID(attribute(r, "Ce-Source"), attribute(r, "Ce-Id")),
		},
		operator: attribute(r, "Ce-Operator"), at: attribute(r, "Ce-Time"), data: data,
	}
}

// deliveryID: a CloudEvent's id tells events of one source apart.
func deliveryID(from, id string) string {
	if id == "" {
		return ""
	}
	return fmt.Sprintf("%s %s", from, id)
}

// attribute reads one of a CloudEvent's headers, which may be percent-encoded.
func attribute(r *webhook.Request, name string) string {
	value := r.Header.Get(name)
	if plain, err := url.PathUnescape(value); err == nil && strings.Contains(value, "%") {
		value = plain
	}
	return source.Line(value)
}
