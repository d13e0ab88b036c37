package generic

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"postern/pkg/source"
	"postern/pkg/webhook"
)

// mostFields is how many fields an event shows.
const mostFields = 10

// masked is what stands in a stored query in the place of a credential.
const masked = "***"

// content is what a request says: an object or a text.
type content struct {
	object source.Object
	text   string
}

// read takes a body for what it is declared to be; what is called text, or
// nothing, for JSON if it is an object or a list in JSON, else for text. Where
// there is no body, the query is the object: many senders name a Content-Type
// all the same.
func read(r *webhook.Request) (content, error) {
	if len(r.Body) == 0 {
		return content{object: query(r)}, nil
	}
	v, err := r.Payload()
	if err != nil {
		return content{}, err
	}
	if v != nil || r.IsJSON() || r.IsForm() {
		return of(v), nil
	}
	return written(r), nil
}

// of takes an object as it is, and of a list its objects' number: what a list
// means, only its sender knows.
func of(v any) content {
	switch v := v.(type) {
	case map[string]any:
		return content{object: v}
	case []any:
		return content{object: source.Object{"items": int64(len(v))}}
	default:
		return content{text: source.Scalar(v)}
	}
}

// written is a body of text; of one that is no text, what can be said of it.
func written(r *webhook.Request) content {
	if utf8.Valid(r.Body) {
		return content{text: string(r.Body)}
	}
	return content{object: source.Object{
		"content type": r.MediaType(), "size": strconv.Itoa(len(r.Body)),
	}}
}

func query(r *webhook.Request) source.Object {
	o := source.Object{}
	for name, values := range r.Query() {
		if values[0] != masked {
			o[name] = values[0]
		}
	}
	return o
}

// title gives the first of the usual names that says something, and that name;
// of what has none of them the type, or the first line of a text whose type
// says nothing.
func (c content) title(kind string) (title, key string) {
	for _, key := range []string{"title", "subject", "event", "message", "text", "name", "summary"} {
		if l := source.FirstLine(c.object.Text(key)); l != "" {
			return source.Clip(l, source.MaxLine), key
		}
	}
	if l := source.FirstLine(c.text); l != "" && kind == defaultType {
		return source.Clip(l, source.MaxLine), ""
	}
	return kind, ""
}

// body gives the text that a person may have written, less the line that is
// the title already.
func (c content) body(title string) (body, key string) {
	for _, key := range []string{"message", "text", "description"} {
		if b := beyond(title, source.Excerpt(c.object.Text(key))); b != "" {
			return b, key
		}
	}
	return beyond(title, source.Excerpt(c.text)), ""
}

func beyond(title, text string) string {
	if text == title {
		return ""
	}
	return strings.TrimSpace(strings.TrimPrefix(text, title+"\n"))
}

func (c content) address() (address, key string) {
	for _, key := range []string{"url", "html_url", "link"} {
		if l := c.object.Link(key); l != "" {
			return l, key
		}
	}
	return "", ""
}

// fields are the scalars on the object's first level by name, less those that
// are told elsewhere and those whose name smells of a secret.
func (c content) fields(told ...string) []webhook.Field {
	var fields []webhook.Field
	for _, key := range slices.Sorted(maps.Keys(c.object)) {
		if slices.Contains(told, key) || secret(key) {
			continue
		}
		f := webhook.Field{Name: source.Line(key), Value: source.Line(source.Scalar(c.object[key]))}
		if f.Name != "" && f.Value != "" {
			fields = append(fields, f)
		}
		if len(fields) == mostFields {
			break
		}
	}
	return fields
}

// secret tells names that smell of a secret: better one field too few.
func secret(name string) bool {
	name = strings.ToLower(name)
	return slices.ContainsFunc([]string{
		"token", "secret", "passw", "key", "authorization", "signature", "credential", "cookie",
	}, func(word string) bool { return strings.Contains(name, word) })
}

// severity is taken from the usual names, where their words are clear. Apprise
// says it in type.
func (c content) severity() webhook.Severity {
	for _, key := range []string{"severity", "level", "status", "type"} {
		switch strings.ToLower(c.object.Line(key)) {
		case "critical", "fatal", "emergency", "panic", "alert":
			return webhook.Critical
		case "error", "err", "failed", "failure", "down", "firing":
			return webhook.Error
		case "warning", "warn", "degraded":
			return webhook.Warning
		case "notice":
			return webhook.Notice
		case "info", "informational", "ok", "success", "resolved", "up", "passed":
			return webhook.Info
		case "debug", "trace":
			return webhook.Debug
		}
	}
	return webhook.Info
}
