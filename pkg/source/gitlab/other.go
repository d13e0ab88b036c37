package gitlab

import (
	"cmp"

	"postern/pkg/source"
	"postern/pkg/source/forge"
	"postern/pkg/webhook"
)

// other tells an event that has no words of its own here: its thing and the
// best address, whatever it is.
func other(e *webhook.Event, payload source.Object) {
	thing := payload.Object("object_attributes")
	e.Subject = webhook.Subject{
		Title: cmp.Or(thing.Line("title"), thing.Line("name"), payload.Line("name"),
			payload.Line("user_username"), payload.Line("username")),
		Number: thing.Line("iid"),
		URL:    cmp.Or(thing.Link("url"), thing.Link("web_url")),
	}
	e.URL = cmp.Or(e.Subject.URL, e.Container.URL)
	e.Thread = forge.Thread(e, ":"+e.Type+":", thing.Line("id"))
	e.OccurredAt = when(e.OccurredAt, thing, "updated_at", "created_at")
	forge.AddField(e, "Status", thing.Line("state"))
	e.Title = source.Headline(*e, source.English)
}
