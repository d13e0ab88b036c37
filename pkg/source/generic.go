package source

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"postern/pkg/chat"
	"postern/pkg/webhook"
)

// linkDepth bounds how deep FirstLink looks.
const linkDepth = 4

// Headline words an event that its source has no words for: "[place] event
// action by who: thing". What the event lacks is left out.
func Headline(e webhook.Event, l Locale) string {
	what := strings.TrimSpace(e.Type + " " + e.Action)
	if what == "" {
		what = Words{"event", "イベント", "事件"}.In(l)
	}
	if e.Actor.Name != "" {
		by := Words{"{what} by {who}", "{who} による {what}", "{who} 触发 {what}"}.In(l)
		what = Fill(by, "what", what, "who", e.Actor.Name)
	}
	return Title(e.Container.Name, what, thing(e.Subject))
}

// Title puts a headline together: "[place] what: thing". Place and thing may
// be empty. The result is one clean line.
func Title(place, what, thing string) string {
	if place != "" {
		what = "[" + place + "] " + what
	}
	if thing != "" {
		what += ": " + thing
	}
	return Clip(OneLine(what), MaxTitle)
}

// thing is "#12 Title", or what of it is known.
func thing(s webhook.Subject) string {
	if s.Number == "" {
		return s.Title
	}
	return strings.TrimSpace("#" + s.Number + " " + s.Title)
}

// Message puts an event's own facts under a title: a compact message is the
// title alone, a normal one has body and fields too, a full one also the
// links. Field names stay as the event has them.
func Message(e webhook.Event, title string, v Verbosity) chat.Message {
	m := chat.Message{Title: cmp.Or(title, Headline(e, English)), URL: e.URL, Severity: e.Severity, Thread: e.Thread}
	if v.AtLeast(Normal) {
		m.Body = chat.Plain(e.Body)
		m.Fields = e.Fields
	}
	if v.AtLeast(Full) {
		m.Links = e.Links
	}
	return m
}

// FirstLink gives the first safe html_url of an object: its own, else that of
// what lies nearest in it, by name where several are as near.
func FirstLink(o Object) string {
	level := []Object{o}
	for range linkDepth {
		var next []Object
		for _, o := range level {
			if l := o.Link("html_url"); l != "" {
				return l
			}
			for _, name := range slices.Sorted(maps.Keys(o)) {
				if inner := asObject(o[name]); inner != nil {
					next = append(next, inner)
				}
			}
		}
		level = next
	}
	return ""
}
