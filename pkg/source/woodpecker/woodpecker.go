// Package woodpecker understands what a step of a Woodpecker pipeline posts:
// the JSON of the webhook plugin, Woodpecker's metadata, or a template of the
// user's own. Woodpecker has no webhook itself and signs nothing, so the
// endpoint must say with verify who may call (a token or basic credentials,
// which the plugin can send).
package woodpecker

import (
	"strings"

	"postern/pkg/chat"
	"postern/pkg/source"
	"postern/pkg/source/forge"
	"postern/pkg/webhook"
)

const (
	pipelineType = "pipeline"
	otherType    = "event" // of JSON that tells of no pipeline
)

// Source is Woodpecker.
type Source struct{}

var _ source.Source = Source{}

// Definition registers this source as "woodpecker".
func Definition() source.Definition {
	d := source.Definition{Name: "woodpecker", Duplicates: true, Samples: samples}
	return source.Define(d, func(struct{}) (Source, error) { return Source{}, nil })
}

// Identify takes the pipeline's status as the action, and a hash of the body as
// the delivery id: what a template holds is the user's choice.
func (Source) Identify(r *webhook.Request) (source.Identity, error) {
	id, _, err := read(r)
	return id, err
}

// Events gives the one event of a delivery. Pipelines that failed, the first
// that passed after one, and JSON that tells of no status (somebody wrote it to
// be told) are default events.
func (Source) Events(r *webhook.Request) ([]webhook.Event, error) {
	id, o, err := read(r)
	if err != nil {
		return nil, err
	}
	e := webhook.Event{
		Source: "woodpecker", Type: id.Type, Action: id.Action, DeliveryID: id.DeliveryID,
		Severity: webhook.Info, OccurredAt: r.ReceivedAt,
	}
	if id.Type == pipelineType {
		tell(&e, o)
	} else {
		other(&e, o)
	}
	return []webhook.Event{e}, nil
}

// Message words an event.
func (Source) Message(e webhook.Event, l source.Locale, v source.Verbosity) chat.Message {
	return source.Translate(forge.Message(e, l, v), l, map[string]source.Words{
		"Event":     {English: "Event", Japanese: "イベント", Chinese: "事件"},
		"Deploy to": {English: "Deploy to", Japanese: "デプロイ先", Chinese: "部署到"},
	})
}

func read(r *webhook.Request) (source.Identity, source.Object, error) {
	o, err := source.ParseObject(r)
	if err != nil {
		return source.Identity{}, nil, err
	}
	id := source.Identity{Type: otherType, DeliveryID: source.ContentID(string(r.Body)), Window: source.ContentWindow}
	if status := status(o); status != "" {
		id.Type, id.Action = pipelineType, strings.ToLower(status)
	} else if event := o.Line("event"); event != "" {
		id.Type = event
	}
	return id, o, nil
}
