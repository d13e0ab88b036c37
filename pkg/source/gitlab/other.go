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
			payload.Line("user_username"), payload.Line("username"), payload.Line("key")),
		Number: thing.Line("iid"),
		URL:    cmp.Or(thing.Link("url"), thing.Link("web_url")),
	}
	if e.Type == "key_create" || e.Type == "key_destroy" {
		e.Subject.Title = payload.Line("username") // a key itself is no title
	}
	e.URL = cmp.Or(e.Subject.URL, e.Container.URL)
	e.Thread = forge.Thread(e, ":"+e.Type+":", thing.Line("id"))
	e.OccurredAt = when(e.OccurredAt, thing, "updated_at", "created_at")
	forge.AddField(e, "Severity", thing.Line("severity"))
	forge.AddField(e, "Status", cmp.Or(thing.Line("state"), status(thing)))
	forge.AddField(e, "Expires", thing.Line("expires_at"))
	e.Severity = severity(e.Type, thing)
	e.Title = source.Headline(*e, source.English)
}

// status is that of a feature flag.
func status(thing source.Object) string {
	active, is := thing.At("active").(bool)
	switch {
	case !is:
		return ""
	case active:
		return "on"
	default:
		return "off"
	}
}

func severity(kind string, thing source.Object) webhook.Severity {
	switch kind {
	case "access_token", "user_failed_login":
		return webhook.Warning
	case "vulnerability":
		switch thing.Text("severity") {
		case "critical":
			return webhook.Critical
		case "high":
			return webhook.Error
		default:
			return webhook.Warning
		}
	default:
		return webhook.Info
	}
}
