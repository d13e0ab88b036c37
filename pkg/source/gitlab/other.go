package gitlab

import (
	"cmp"

	"postern/pkg/source"
	"postern/pkg/source/forge"
	"postern/pkg/webhook"
)

// custom tells a body of the operator's own template, which may be any JSON: of
// GitLab's event it has no more than they put there, and it is told because
// they did.
func custom(e *webhook.Event, payload source.Object) {
	other(e, payload)
	text := cmp.Or(payload.Text("message"), payload.Text("text"), payload.Text("title"))
	e.Summary, e.Body, e.Default = source.Clip(source.FirstLine(text), source.MaxLine), source.Excerpt(text), true
}

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
