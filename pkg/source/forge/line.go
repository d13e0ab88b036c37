package forge

import (
	"cmp"
	"strings"

	"postern/pkg/source"
	"postern/pkg/webhook"
)

// Line is what one service alone has to tell, in a wording of its own.
type Line struct {
	Wording source.Words // with {who}, and the names of Places
	Places  []Place
}

// Place is what stands in a place of a wording.
type Place struct {
	Name  string
	Value source.Words // Same for what is no word of ours; empty: unknown
}

// Same gives a text that reads the same in every locale.
func Same(text string) source.Words {
	return source.Words{English: text, Japanese: text, Chinese: text}
}

// Tell fills the title into an event that is complete otherwise.
func (n Line) Tell(e *webhook.Event) {
	e.Severity = cmp.Or(e.Severity, webhook.Info)
	e.Detail = n
	e.Title = n.headline(*e, source.English)
}

// headline is "[place] what was done: title". What concerns a whole instance
// has no place, and the title is left out where the wording names it.
func (n Line) headline(e webhook.Event, l source.Locale) string {
	if n.Wording == (source.Words{}) {
		return source.Headline(e, l)
	}
	unknown := source.Unknown().In(l)
	pairs := []string{"who", cmp.Or(e.Actor.Name, unknown)}
	for _, p := range n.Places {
		pairs = append(pairs, p.Name, cmp.Or(p.Value.In(l), unknown))
	}
	what, title := source.Fill(n.Wording.In(l), pairs...), e.Subject.Title
	if strings.Contains(what, title) {
		title = ""
	}
	return source.Title(e.Container.Name, what, title)
}
