package sentry

import (
	"cmp"
	"net/url"
	"slices"
	"strings"

	"postern/pkg/source"
	"postern/pkg/webhook"
)

// deed is the wording of an event: a word of deeds.
type deed string

// alerted tells that an alert rule met an error.
func alerted(e *webhook.Event, data source.Object) {
	o := data.Object("event")
	occurrence(e, o, "event_alert")
	e.Default = true
	addField(e, "Rule", cmp.Or(data.Line("triggered_rule"), data.Line("issue_alert.title")))
}

// occurrence is one error, as events of two kinds bring it.
func occurrence(e *webhook.Event, o source.Object, d deed) {
	e.Severity = severity(o.Line("level"), webhook.Error)
	e.Container.Name = cmp.Or(o.Line("project_slug"), o.Line("project_name"), project(o.Text("url")))
	e.Subject = webhook.Subject{Title: o.Line("title"), URL: o.Link("web_url")}
	e.URL = e.Subject.URL
	if id := o.Line("issue_id"); id != "" {
		e.Thread = "sentry:issue:" + id
	}
	e.OccurredAt = o.Time(e.OccurredAt, "datetime")
	e.Body = said(e.Subject.Title, o.Text("message"))
	addField(e, "Culprit", cmp.Or(o.Line("culprit"), o.Line("location")))
	addField(e, "At", frame(o))
	addField(e, "Level", o.Line("level"))
	tags := tags(o)
	addField(e, "Environment", cmp.Or(o.Line("environment"), tags["environment"]))
	addField(e, "Release", cmp.Or(o.Line("release"), tags["release"]))
	addField(e, "Browser", tags["browser"])
	addField(e, "System", tags["os"])
	e.Detail = d
	e.Title = d.headline(*e, source.English)
}

// issue tells what was done to an issue.
func issue(e *webhook.Event, o source.Object) {
	e.Container = webhook.Party{Name: cmp.Or(o.Line("project.slug"), o.Line("project.name"))}
	e.Subject = webhook.Subject{
		Title: o.Line("title"), Number: o.Line("shortId"), URL: cmp.Or(o.Link("web_url"), o.Link("permalink")),
	}
	e.URL = e.Subject.URL
	if id := o.Line("id"); id != "" {
		e.Thread = "sentry:issue:" + id
	}
	level := severity(o.Line("level"), webhook.Error)
	switch e.Action {
	case "created", "unresolved":
		e.Severity = level
		e.Default = true
	case "resolved":
		e.Severity = webhook.Notice
		e.Default = true
	}
	// only what began tells when: an issue was last seen before it was resolved
	if e.Action == "created" {
		e.OccurredAt = o.Time(e.OccurredAt, "firstSeen")
	}
	addField(e, "Culprit", o.Line("culprit"))
	addField(e, "Level", o.Line("level"))
	addField(e, "Events", o.Line("count"))
	addField(e, "Users", o.Line("userCount"))
	addField(e, "First seen", o.Line("firstSeen"))
	addField(e, "Assignee", cmp.Or(o.Line("assignedTo.name"), o.Line("assignedTo.email")))
	e.Detail = deed("issue." + e.Action)
	e.Title = deed("issue."+e.Action).headline(*e, source.English)
}

// metric tells that a number crossed a line.
func metric(e *webhook.Event, data source.Object) {
	o := data.Object("metric_alert")
	e.Default = true
	switch e.Action {
	case "critical":
		e.Severity = webhook.Critical
	case "warning":
		e.Severity = webhook.Warning
	case "resolved":
		e.Severity = webhook.Notice
	}
	e.Container.Name = projects(o)
	e.Subject = webhook.Subject{
		// description_title says the state again, in English
		Title: cmp.Or(o.Line("title"), o.Line("alert_rule.name"), data.Line("description_title")),
		URL:   data.Link("web_url"),
	}
	e.URL = e.Subject.URL
	e.Body = said(e.Subject.Title, data.Text("description_text"))
	if id := cmp.Or(o.Line("id"), o.Line("identifier")); id != "" {
		e.Thread = "sentry:metric:" + id
	}
	e.OccurredAt = o.Time(e.OccurredAt, "date_created", "date_started")
	addField(e, "Environment", o.Line("alert_rule.environment"))
	e.Detail = deed("metric_alert." + e.Action)
	e.Title = deed("metric_alert."+e.Action).headline(*e, source.English)
}

// comment tells what a person wrote below an issue. The payload names the
// issue by its id alone.
func comment(e *webhook.Event, data source.Object) {
	e.Container.Name = data.Line("project_slug")
	if id := data.Line("issue_id"); id != "" {
		e.Subject.Number = id
		e.Thread = "sentry:issue:" + id
	}
	if e.Action != "deleted" {
		e.Body = source.Excerpt(data.Text("comment"))
	}
	e.OccurredAt = data.Time(e.OccurredAt, "timestamp")
	e.Detail = deed("comment." + e.Action)
	e.Title = deed("comment."+e.Action).headline(*e, source.English)
}

// legacy reads what the old plugin sends: one error, told flat.
func legacy(e *webhook.Event, payload source.Object) {
	inner := payload.Object("event")
	e.Default = true
	e.Severity = severity(payload.Line("level"), webhook.Error)
	e.Container.Name = cmp.Or(payload.Line("project_slug"), payload.Line("project_name"), payload.Line("project"))
	e.Subject = webhook.Subject{
		Title: cmp.Or(inner.Line("title"), payload.Line("message"), payload.Line("culprit")), URL: payload.Link("url"),
	}
	e.URL = e.Subject.URL
	if id := payload.Line("id"); id != "" {
		e.Thread = "sentry:issue:" + id
	}
	e.Body = said(e.Subject.Title, payload.Text("message"))
	addField(e, "Culprit", payload.Line("culprit"))
	addField(e, "Level", payload.Line("level"))
	addField(e, "Rule", strings.Join(lines(payload.List("triggering_rules")), ", "))
	e.Detail = deed("event_alert")
	e.Title = deed("event_alert").headline(*e, source.English)
}

// other tells a resource that has no words of its own here.
func other(e *webhook.Event, payload source.Object) {
	data := payload.Object("data")
	o := data.Object(e.Type)
	e.Container.Name = cmp.Or(o.Line("project.slug"), o.Line("project_slug"), data.Line("project_slug"),
		o.Line("organization.slug"))
	e.Subject.Title = cmp.Or(o.Line("title"), o.Line("name"), o.Line("app.slug"))
	e.URL = cmp.Or(o.Link("web_url"), data.Link("web_url"), data.Link("group_url"), source.FirstLink(data))
	addField(e, "Status", cmp.Or(o.Line("status"), data.Line("status")))
	e.Title = source.Headline(*e, source.English)
}

func severity(level string, otherwise webhook.Severity) webhook.Severity {
	switch strings.ToLower(level) {
	case "fatal":
		return webhook.Critical
	case "error":
		return webhook.Error
	case "warning":
		return webhook.Warning
	case "info", "sample":
		return webhook.Info
	case "debug":
		return webhook.Debug
	default:
		return otherwise
	}
}

// said is an excerpt that the title does not say already.
func said(title, text string) string {
	excerpt := source.Excerpt(text)
	if excerpt == title {
		return ""
	}
	return excerpt
}

// project finds the slug in the address of Sentry's own API: the payload has
// the project by number only.
func project(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	steps := strings.Split(u.Path, "/")
	at := slices.Index(steps, "projects")
	if at < 0 || at+2 >= len(steps) {
		return ""
	}
	return source.Line(steps[at+2])
}

func projects(alert source.Object) string {
	return source.Clip(strings.Join(lines(alert.List("projects")), ", "), source.MaxLine)
}

// lines gives the first few scalars of a list, each as a line.
func lines(list []any) []string {
	const most = 5
	var found []string
	for _, v := range list {
		if l := source.Line(source.Scalar(v)); l != "" && len(found) < most {
			found = append(found, l)
		}
	}
	return found
}

// tags gives an error's tags: a list of pairs.
func tags(o source.Object) map[string]string {
	all := map[string]string{}
	for _, v := range o.List("tags") {
		if pair, ok := v.([]any); ok && len(pair) == 2 {
			all[source.Scalar(pair[0])] = source.Line(source.Scalar(pair[1]))
		}
	}
	return all
}

// frame is the last line of the application's own code that ran: Sentry lists
// the oldest call first.
func frame(o source.Object) string {
	exceptions := o.Objects("exception.values")
	if len(exceptions) == 0 {
		return ""
	}
	for _, f := range slices.Backward(exceptions[len(exceptions)-1].Objects("stacktrace.frames")) {
		if !f.Flag("in_app") {
			continue
		}
		at := cmp.Or(f.Line("filename"), f.Line("module"))
		if line := f.Line("lineno"); line != "" && at != "" {
			at += ":" + line
		}
		return strings.TrimSpace(at + " " + f.Line("function"))
	}
	return ""
}

func addField(e *webhook.Event, name, value string) {
	if value != "" {
		e.Fields = append(e.Fields, webhook.Field{Name: name, Value: source.Clip(value, source.MaxLine)})
	}
}
