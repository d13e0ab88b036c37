package heroku

import (
	"cmp"
	"strings"

	"postern/pkg/source"
	"postern/pkg/source/forge"
	"postern/pkg/webhook"
)

const dashboard = "https://dashboard.heroku.com"

// detail is what the headline needs beside the event: how the thing stands.
type detail struct{ state string }

func tell(e *webhook.Event, o source.Object) {
	data := o.Object("data")
	app := data.Line("app.name")
	if e.Type == "app" {
		app = data.Line("name")
	}
	e.Container = webhook.Party{Name: cmp.Or(app, "Heroku"), URL: forge.Page(dashboard, "/apps/", app)}
	e.URL = e.Container.URL
	d := detail{state: cmp.Or(data.Line("status"), data.Line("state"))}
	e.Detail = d
	thing(e, data)
	e.Subject.URL = e.URL
	if id := data.Line("id"); id != "" {
		e.Thread = "heroku:" + id
	}
	e.Severity = severity(*e, d.state)
	e.Default = told(*e, d.state, data)
	e.Fields = fields(*e, o, data)
	e.Title = headline(*e, source.English)
}

// thing names what an event is about, and where to look at it.
func thing(e *webhook.Event, data source.Object) {
	switch e.Type {
	case "build":
		e.Subject.Title = cmp.Or(data.Line("source_blob.version_description"), forge.Short(data.Line("source_blob.version")))
		e.URL = cmp.Or(forge.Page(e.Container.URL, "/activity/builds/", data.Line("id")), e.URL)
	case "release":
		if version := data.Line("version"); version != "" {
			e.Subject.Number = "v" + version
		}
		e.Subject.Title = data.Line("description")
		e.URL = cmp.Or(forge.Page(e.Container.URL, "/activity/releases/", data.Line("id")), e.URL)
	case "dyno":
		e.Subject.Title = data.Line("name")
		if data.Text("type") != "run" { // nobody crashes one: the actor is who owns the app
			e.Actor = webhook.Party{}
		}
	case "collaborator":
		e.Subject.Title = person(data.Line("user.email"))
	case "app":
		// the app is the place already
	default:
		e.Subject.Title = cmp.Or(data.Line("hostname"), data.Line("name"), data.Line("type"))
	}
}

func fields(e webhook.Event, o, data source.Object) []webhook.Field {
	before := o.Object("previous_data")
	change := func(path string) string {
		if before.Text(path) == "" {
			return data.Line(path)
		}
		return source.Change(before.Line(path), data.Line(path))
	}
	name := ""
	if before.Text("name") != "" {
		name = change("name")
	}
	return source.Fields("Status", cmp.Or(change("status"), change("state")), "Name", name,
		"Commit", forge.Short(cmp.Or(data.Line("slug.commit"), data.Line("source_blob.version"))),
		"Plan", change("plan.name"), "Service", data.Line("addon_service.name"), "Quantity", change("quantity"),
		"Size", change("size"), "Role", data.Line("role"), "Stack", stack(e, data))
}

// stack stands in some resources as its name, in others as an object.
func stack(e webhook.Event, data source.Object) string {
	if e.Type != "app" && e.Type != "build" {
		return ""
	}
	return cmp.Or(data.Line("build_stack.name"), data.Line("stack.name"), data.Line("stack"))
}

// person is the name in an e-mail address, the only one that Heroku gives.
func person(address string) string {
	name, _, _ := strings.Cut(address, "@")
	return name
}

func severity(e webhook.Event, state string) webhook.Severity {
	switch state {
	case "failed", "crashed", "failing":
		return webhook.Error
	case "pending", "starting":
		return webhook.Debug
	}
	switch {
	case e.Action == "destroy" && e.Type != "dyno":
		return webhook.Warning
	case e.Type == "dyno":
		return webhook.Debug
	case e.Type == "release", e.Type == "collaborator", e.Action == "create":
		return webhook.Notice
	default:
		return webhook.Info
	}
}

// told says what a person must hear of: what went wrong, what an app runs now,
// and who and what came and went. A release is updated several times; only the
// one that is current is news.
func told(e webhook.Event, state string, data source.Object) bool {
	switch e.Type {
	case "release":
		return state == "failed" || e.Action == "update" && state == "succeeded" && data.Flag("current")
	case "build", "dyno":
		return state == "failed" || state == "crashed"
	case "collaborator", "domain", "addon":
		return e.Action == "create" || e.Action == "destroy"
	case "app":
		return e.Action == "destroy"
	default:
		return false
	}
}
