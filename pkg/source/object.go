package source

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"postern/pkg/webhook"
)

// Object is a decoded JSON object whose sender promised nothing: what is
// missing or of another kind reads as empty, never as an error. Paths name
// members through objects: "repository.full_name". A nil Object is empty.
type Object map[string]any

// ParseObject decodes the JSON object of a body, or of a form's payload=
// field. A body whose Content-Type names neither is taken for JSON: devices
// and scripts often name none. All else is webhook.ErrPayload.
func ParseObject(r *webhook.Request) (Object, error) {
	v, err := parse(r)
	if err != nil {
		return nil, err
	}
	o, ok := v.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("%w: the JSON is not an object", webhook.ErrPayload)
	}
	return o, nil
}

// ParseAny is ParseObject for senders whose operators write the payload
// themselves, and who punish an endpoint that does not take it: any JSON will
// do.
func ParseAny(r *webhook.Request) (Object, error) {
	v, err := parse(r)
	if err != nil {
		return nil, err
	}
	return AnyObject(v), nil
}

// AnyObject gives an object as it is; a word or a number is the message of one
// that has nothing else, and a list tells there how long it is.
func AnyObject(v any) Object {
	switch v := v.(type) {
	case map[string]any:
		return v
	case []any:
		return Object{"message": fmt.Sprintf("a list of %d", len(v))}
	default:
		return Object{"message": Scalar(v)}
	}
}

func parse(r *webhook.Request) (any, error) {
	body := r.Body
	if r.IsForm() {
		form, err := r.Form()
		if err != nil {
			return nil, err
		}
		if !form.Values.Has("payload") {
			return nil, fmt.Errorf("%w: the form has no payload field", webhook.ErrPayload)
		}
		body = []byte(form.Values.Get("payload"))
	}
	return webhook.DecodeJSON(body)
}

// At gives the value at a path, nil where there is none.
func (o Object) At(path string) any {
	head, rest, deeper := strings.Cut(path, ".")
	if !deeper {
		return o[head]
	}
	return asObject(o[head]).At(rest)
}

// Text gives a string, number or boolean at a path as text; all else is empty.
func (o Object) Text(path string) string { return Scalar(o.At(path)) }

// Line gives Text as one clean line of at most MaxLine characters: for names,
// titles and all else that stands within a line.
func (o Object) Line(path string) string { return Line(o.Text(path)) }

// Link gives Text where it is a safe address, else nothing.
func (o Object) Link(path string) string { return Link(o.Text(path)) }

// AnyLine gives the Line of the first path that has one: for senders that have
// several names for a thing.
func (o Object) AnyLine(paths ...string) string {
	for _, path := range paths {
		if line := o.Line(path); line != "" {
			return line
		}
	}
	return ""
}

// AnyLink gives the Link of the first path that has one.
func (o Object) AnyLink(paths ...string) string {
	for _, path := range paths {
		if link := o.Link(path); link != "" {
			return link
		}
	}
	return ""
}

// Flag reports whether a path holds true.
func (o Object) Flag(path string) bool {
	b, _ := o.At(path).(bool)
	return b
}

// Object gives the object at a path, nil where there is none.
func (o Object) Object(path string) Object { return asObject(o.At(path)) }

// List gives the list at a path, nil where there is none.
func (o Object) List(path string) []any {
	l, _ := o.At(path).([]any)
	return l
}

// Objects gives the objects of the list at a path and leaves out what is none.
func (o Object) Objects(path string) []Object {
	var objects []Object
	for _, v := range o.List(path) {
		if m := asObject(v); m != nil {
			objects = append(objects, m)
		}
	}
	return objects
}

// Lines gives one Line of each object of the list at a path, and leaves out
// the empty ones: Lines("labels", "name").
func (o Object) Lines(path, member string) []string {
	var lines []string
	for _, item := range o.Objects(path) {
		if l := item.Line(member); l != "" {
			lines = append(lines, l)
		}
	}
	return lines
}

// ListedLines gives the strings, numbers and booleans of the list at a path, as
// one clean line each, and leaves out the empty ones.
func (o Object) ListedLines(path string) []string {
	var lines []string
	for _, v := range o.List(path) {
		if l := Line(Scalar(v)); l != "" {
			lines = append(lines, l)
		}
	}
	return lines
}

// milliseconds is the least number of 13 digits: a time in seconds has fewer
// until the year 33658.
const milliseconds = 1_000_000_000_000

// Time gives the first path that holds a time: RFC 3339, or since 1970 in
// seconds, or in milliseconds if it has 13 digits. Where none does, otherwise.
// The result can always be written as JSON.
func (o Object) Time(otherwise time.Time, paths ...string) time.Time {
	for _, path := range paths {
		var t time.Time
		switch v := o.At(path).(type) {
		case string:
			t, _ = time.Parse(time.RFC3339, v)
		case int64:
			if t = time.Unix(v, 0); v >= milliseconds {
				t = time.UnixMilli(v)
			}
		}
		if t = t.UTC(); t.Year() >= 1970 && t.Year() <= 9999 {
			return t
		}
	}
	return otherwise
}

// Scalar gives a decoded string, number or boolean as text; all else is empty.
func Scalar(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		if math.Abs(v) < 1e15 {
			return strconv.FormatFloat(v, 'f', -1, 64)
		}
		return strconv.FormatFloat(v, 'g', -1, 64)
	default:
		return ""
	}
}

func asObject(v any) Object {
	m, _ := v.(map[string]any)
	return m
}
