// Package jenkins understands what Jenkins sends of its builds: through the
// Notification plugin (as JSON), the Outbound WebHook plugin, or a step of the
// user's own. Jenkins signs nothing, so its endpoint must say with verify who
// may call (basic from the address, or a token in a header or the query).
// Parameters and logs of a build, which may hold secrets, are not told.
package jenkins

import (
	"fmt"

	"postern/pkg/chat"
	"postern/pkg/source"
	"postern/pkg/source/forge"
	"postern/pkg/webhook"
)

const (
	buildType = "build"
	otherType = "event" // of a payload that is no build
)

// Source is Jenkins.
type Source struct{}

var _ source.Source = Source{}

// Definition registers this source as "jenkins".
func Definition() source.Definition {
	d := source.Definition{Name: "jenkins", Duplicates: true, Samples: samples}
	return source.Define(d, func(struct{}) (Source, error) { return Source{}, nil })
}

// Identify takes a build's result, or how far it is, as the action. Jenkins has
// no id of a delivery: address, number and action stand for it, so that
// COMPLETED and FINALIZED, which say the same, are one event. XML is
// webhook.ErrPayload.
func (Source) Identify(r *webhook.Request) (source.Identity, error) {
	id, _, err := read(r)
	return id, err
}

// Events gives the one event of a delivery. Builds that failed or are unstable
// are default events.
func (Source) Events(r *webhook.Request) ([]webhook.Event, error) {
	id, o, err := read(r)
	if err != nil {
		return nil, err
	}
	e := webhook.Event{
		Source: "jenkins", Type: id.Type, Action: id.Action, DeliveryID: id.DeliveryID,
		Severity: webhook.Info, OccurredAt: r.ReceivedAt,
	}
	if id.Type == buildType {
		tell(&e, find(o), o)
	} else {
		other(&e, o)
	}
	return []webhook.Event{e}, nil
}

// Message words an event.
func (Source) Message(e webhook.Event, l source.Locale, v source.Verbosity) chat.Message {
	return forge.Message(e, l, v)
}

func read(r *webhook.Request) (source.Identity, source.Object, error) {
	o, err := parse(r)
	if err != nil {
		return source.Identity{}, nil, err
	}
	b := find(o)
	id := source.Identity{Type: otherType, DeliveryID: source.ContentID(string(r.Body)), Window: source.ContentWindow}
	switch {
	case b.state != "" && (b.job != "" || b.number != ""):
		id.Type, id.Action = buildType, b.state
		if b.number != "" {
			id.DeliveryID = source.ContentID(b.page, b.job, b.number, b.state)
		}
	case o.Line("event") != "":
		id.Type = o.Line("event")
	}
	return id, o, nil
}

// parse reads JSON, a form's fields, or the JSON in a form's payload field.
func parse(r *webhook.Request) (source.Object, error) {
	t := r.MediaType()
	switch {
	case t == "application/xml" || t == "text/xml":
		return nil, fmt.Errorf("%w: it is XML: JSON is to be chosen as the format in Jenkins", webhook.ErrPayload)
	case !r.IsForm():
		return source.ParseObject(r)
	}
	v, err := r.Payload()
	if err != nil {
		return nil, err
	}
	fields, ok := v.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("%w: the JSON is not an object", webhook.ErrPayload)
	}
	return fields, nil
}

// other tells what is no build: what of it can be named.
func other(e *webhook.Event, o source.Object) {
	e.Container = webhook.Party{Name: o.AnyLine("name", "job", "job_name", "projectName")}
	e.Subject.Title = o.AnyLine("title", "message", "text")
	e.URL = o.AnyLink("url", "build_url", "buildUrl")
	e.Title = source.Headline(*e, source.English)
}
