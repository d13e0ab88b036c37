package routing

import (
	"time"

	"postern/pkg/webhook"
)

// EventMap gives an event under the names that filters, templates and the
// outgoing webhook share, as plain maps, lists and strings. The time is in
// RFC 3339, and empty where there is none.
func EventMap(e webhook.Event) map[string]any {
	at := ""
	if !e.OccurredAt.IsZero() {
		at = e.OccurredAt.UTC().Format(time.RFC3339)
	}
	return map[string]any{
		"source": e.Source, "type": e.Type, "action": e.Action, "delivery_id": e.DeliveryID,
		"severity": string(e.Severity), "title": e.Title, "summary": e.Summary, "body": e.Body,
		"url": e.URL, "branch": e.Branch, "author": e.Author, "thread": e.Thread,
		"occurred_at": at,
		"actor":       party(e.Actor),
		"container":   party(e.Container),
		"subject":     map[string]any{"title": e.Subject.Title, "number": e.Subject.Number, "url": e.Subject.URL},
		"labels":      list(e.Labels, func(s string) any { return s }),
		"paths":       list(e.Paths, func(s string) any { return s }),
		"fields":      list(e.Fields, func(f webhook.Field) any { return map[string]any{"name": f.Name, "value": f.Value} }),
		"links":       list(e.Links, func(l webhook.Link) any { return map[string]any{"text": l.Text, "url": l.URL} }),
		"draft":       e.Draft, "confidential": e.Confidential,
	}
}

func party(p webhook.Party) map[string]any { return map[string]any{"name": p.Name, "url": p.URL} }

func list[T any](from []T, each func(T) any) []any {
	made := make([]any, len(from))
	for i, v := range from {
		made[i] = each(v)
	}
	return made
}

// view is one event and what came with it, as filters and templates see it.
// It serves one event, so it is not safe for concurrent use.
type view struct {
	event      webhook.Event
	inputs     Inputs
	conditions map[string]any // made when first asked for
	templates  map[string]any
}

func (v *view) forConditions() map[string]any {
	if v.conditions == nil {
		event := EventMap(v.event)
		event["occurred_at"] = v.event.OccurredAt.UTC()
		v.conditions = map[string]any{
			"event": event, "payload": v.inputs.Payload,
			"headers": orEmpty(v.inputs.Headers), "query": orEmpty(v.inputs.Query),
		}
	}
	return v.conditions
}

func (v *view) forTemplates() map[string]any {
	if v.templates == nil {
		v.templates = map[string]any{
			"event": EventMap(v.event), "payload": v.inputs.Payload,
			"headers": anyMap(v.inputs.Headers), "query": anyMap(v.inputs.Query),
		}
	}
	return v.templates
}

func orEmpty(m map[string]string) map[string]string {
	if m == nil {
		return map[string]string{}
	}
	return m
}

func anyMap(m map[string]string) map[string]any {
	made := make(map[string]any, len(m))
	for k, v := range m {
		made[k] = v
	}
	return made
}
