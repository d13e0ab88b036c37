package standardwebhooks

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"postern/pkg/source"
	"postern/pkg/webhook"
)

// mostFields bounds the facts that are shown.
const mostFields = 10

func tell(e *webhook.Event, o source.Object) {
	title, titleKey := first(o, "title", "name", "subject", "display_name", "summary")
	if title == "" {
		title, titleKey = first(o, "id", "uuid")
	}
	e.Subject = webhook.Subject{Title: title}
	for _, key := range []string{"url", "html_url", "link", "web_url"} {
		e.URL = cmp.Or(e.URL, o.Link(key))
	}
	if id := o.Line("id"); id != "" {
		e.Thread = e.Source + ":" + id
	}
	text, textKey := "", ""
	for _, key := range []string{"message", "text", "description", "body"} {
		if text = source.Excerpt(o.Text(key)); text != "" {
			textKey = key
			break
		}
	}
	if text != title {
		e.Body = text
	}
	e.Fields = fields(o, titleKey, textKey, "url", "html_url", "link", "web_url", "type", "event_type", "eventType", "timestamp", "object")
	e.Title = source.Headline(*e, source.English)
}

func first(o source.Object, keys ...string) (line, key string) {
	for _, key := range keys {
		if l := o.Line(key); l != "" {
			return l, key
		}
	}
	return "", ""
}

// fields are the scalars by name, less those told elsewhere and those whose
// name smells of a secret.
func fields(o source.Object, told ...string) []webhook.Field {
	var fields []webhook.Field
	for _, key := range slices.Sorted(maps.Keys(o)) {
		if slices.Contains(told, key) || secret(key) {
			continue
		}
		name := source.Line(key)
		if value := source.Line(source.Scalar(o[key])); name != "" && value != "" && len(fields) < mostFields {
			fields = append(fields, webhook.Field{Name: name, Value: value})
		}
	}
	return fields
}

// secret tells names that smell of a secret: better one field too few.
func secret(name string) bool {
	name = strings.ToLower(name)
	return name == "code" || name == "otp" || slices.ContainsFunc([]string{
		"token", "secret", "passw", "key", "authorization", "signature", "credential", "cookie",
	}, func(word string) bool { return strings.Contains(name, word) })
}

// severity reads the last word of a type, where it is clear: "message.failed".
func severity(kind string) webhook.Severity {
	words := strings.FieldsFunc(strings.ToLower(kind), func(r rune) bool {
		return r == '.' || r == '_' || r == '-' || r == ':' || r == '/'
	})
	if len(words) == 0 {
		return webhook.Info
	}
	switch words[len(words)-1] {
	case "failed", "failure", "error", "errored", "exhausted":
		return webhook.Error
	case "bounced", "complained", "deleted", "removed", "canceled", "cancelled", "expired", "disabled", "delayed", "suspended":
		return webhook.Warning
	default:
		return webhook.Info
	}
}
