package http

import (
	"encoding/json"
	"strings"
	"time"

	"postern/pkg/chat"
	"postern/pkg/webhook"
)

// maxText is how much of a text the template is given, in characters: what a
// stranger sends may be longer than any body.
const maxText = 16_000

// view is what the template sees. All of it is always there, empty where there is
// nothing, so that a name that is missing is a misspelled one:
//
//	title, text, body, url, severity, footer   of the message; text is all of it, as plain text
//	fields, links                              lists of {name, value} and of {text, url}
//	mentions                                   the rule's, as they are written
//	chat, job_id, notification_id, accepted_at the last in RFC 3339
//	event                                      as in filters and templates of rules
//	secrets                                    by name
func view(d chat.Delivery) map[string]any {
	m := d.Message.Clean().Linked()
	return map[string]any{
		"title": cut(m.Title), "text": cut(m.Text()), "body": cut(m.Body.String()), "url": m.URL,
		"severity": string(m.Severity), "footer": cut(m.Footer),
		"fields":   fields(m.Fields),
		"links":    links(m.Links),
		"mentions": list(m.Mentions, func(s string) any { return chat.Clean(s) }),
		"chat":     d.Chat, "job_id": d.JobID, "notification_id": d.ID,
		"accepted_at": d.AcceptedAt.UTC().Format(time.RFC3339),
		"event":       event(d.Event),
	}
}

func cut(s string) string { return chat.Cut(s, maxText, chat.Runes) }

func fields(of []webhook.Field) []any {
	return list(of, func(f webhook.Field) any { return map[string]any{"name": cut(f.Name), "value": cut(f.Value)} })
}

func links(of []webhook.Link) []any {
	return list(of, func(l webhook.Link) any { return map[string]any{"text": cut(l.Text), "url": l.URL} })
}

func list[T any](from []T, each func(T) any) []any {
	made := make([]any, len(from))
	for i, v := range from {
		made[i] = each(v)
	}
	return made
}

// event gives an event under the names of its JSON; where there is none, an empty
// one. The time is empty where there is none.
func event(e *webhook.Event) map[string]any {
	if e == nil {
		e = &webhook.Event{}
	}
	var made map[string]any
	if json.Unmarshal(chat.JSON(e), &made) != nil {
		made = map[string]any{} // an Event can always be read back
	}
	if e.OccurredAt.IsZero() {
		made["occurred_at"] = ""
	}
	made, _ = cleaned(made).(map[string]any)
	for _, name := range []string{"labels", "paths", "fields", "links"} {
		if made[name] == nil {
			made[name] = []any{}
		}
	}
	return made
}

// cleaned takes out of every text what Clean does, and cuts it.
func cleaned(v any) any {
	switch v := v.(type) {
	case string:
		return cut(chat.Clean(v))
	case []any:
		return list(v, cleaned)
	case map[string]any:
		for name, inner := range v {
			v[name] = cleaned(inner)
		}
		return v
	default:
		return v
	}
}

// samples are what a body is tried on: each severity with every text full of what
// could break out of a quotation, and a message of hardly anything.
func samples() []chat.Delivery {
	var all []chat.Delivery
	for _, s := range []webhook.Severity{webhook.Debug, webhook.Info, webhook.Notice, webhook.Warning, webhook.Error, webhook.Critical} {
		all = append(all, sample(s))
	}
	return append(all, chat.Delivery{Message: chat.Message{Title: "t"}})
}

func sample(s webhook.Severity) chat.Delivery {
	nasty := strings.Join([]string{`"quoted"`, `\`, "'", "<tag>", "&a=b", "%0a", "{{x}}", "é🔥"}, " ") + "\nline"
	const url = "https://example.com/a?b=c&d"
	party := webhook.Party{Name: nasty, URL: url}
	field, link := webhook.Field{Name: nasty, Value: nasty}, webhook.Link{Text: nasty, URL: url}
	return chat.Delivery{
		ID: "id", JobID: "job", Chat: "chat", AcceptedAt: time.Unix(0, 0),
		Message: chat.Message{
			Title: nasty, URL: url, Body: chat.Plain(nasty), Footer: nasty, Severity: s, Mentions: []string{nasty},
			Fields: []webhook.Field{field, field}, Links: []webhook.Link{link, link},
		},
		Event: &webhook.Event{
			Source: nasty, Type: nasty, Action: nasty, DeliveryID: nasty, Severity: s, Title: nasty, Summary: nasty, Body: nasty,
			URL: url, Branch: nasty, Author: nasty, Thread: nasty, OccurredAt: time.Unix(0, 0), Actor: party, Container: party,
			Subject: webhook.Subject{Title: nasty, Number: "1", URL: url}, Labels: []string{nasty, nasty}, Paths: []string{nasty, nasty},
			Fields: []webhook.Field{field, field}, Links: []webhook.Link{link, link},
		},
	}
}
