package forge

import (
	"cmp"
	"strings"

	"postern/pkg/source"
	"postern/pkg/webhook"
)

// Item is a thing that people work on: an issue, a pull request, a release.
type Item struct {
	Noun source.Words
	Name string // "#12", "!7", "v1.2.0", or empty
	Deed string // what was done: a word of deeds, else the generic line tells it
}

// Tell fills title and severity into an event that is complete otherwise.
func (i Item) Tell(e *webhook.Event) {
	e.Severity = cmp.Or(e.Severity, webhook.Info)
	switch i.Deed {
	case "opened", "merged", "approved", "published":
		e.Severity = webhook.Notice
	case "deleted", "changes_requested", "declined":
		e.Severity = webhook.Warning
	}
	e.Detail = i
	e.Title = i.headline(*e, source.English)
}

// headline is "[place] who did the item: title".
func (i Item) headline(e webhook.Event, l source.Locale) string {
	wording, known := deeds()[i.Deed]
	if !known {
		return source.Headline(e, l)
	}
	if e.Actor.Name == "" {
		if passive, told := byNobody()[i.Deed]; told {
			wording = passive
		}
	}
	what := source.Fill(wording.In(l),
		"who", cmp.Or(e.Actor.Name, source.Unknown().In(l)),
		"what", strings.TrimSpace(i.Noun.In(l)+" "+i.Name))
	title := e.Subject.Title
	if title == i.Name {
		title = ""
	}
	return source.Title(cmp.Or(e.Container.Name, source.Unknown().In(l)), what, title)
}
