package pagerduty

import (
	"cmp"
	"slices"
	"strings"

	"postern/pkg/source"
	"postern/pkg/webhook"
)

// tell fills in what an event says of its incident, or of what else it is
// about.
func tell(e *webhook.Event, o source.Object) {
	data := o.Object("data")
	incident := data
	if inner := data.Object("incident"); inner != nil { // notes, responders, status updates
		incident = inner
	}
	number := incident.Line("number")
	if number != "" {
		number = "#" + number
	}
	e.Container = webhook.Party{Name: incident.Line("service.summary"), URL: incident.Link("service.html_url")}
	e.Subject = webhook.Subject{
		Title:  cmp.Or(incident.Line("title"), incident.Line("summary"), incident.Line("name")),
		Number: strings.TrimPrefix(number, "#"),
		URL:    incident.Link("html_url"),
	}
	e.URL = e.Subject.URL
	if id := incident.Line("id"); id != "" && strings.HasPrefix(e.Type, "incident.") {
		e.Thread = "pagerduty:" + id
	}
	e.Body = source.Excerpt(cmp.Or(data.Text("content"), data.Text("message")))
	e.Severity = severity(e.Type, incident)
	e.Default = slices.Contains([]string{
		"incident.triggered", "incident.acknowledged", "incident.unacknowledged", "incident.escalated",
		"incident.reopened", "incident.resolved",
	}, e.Type)
	fields(e, data, incident)
	if bridge := cmp.Or(incident.Link("conference_bridge.conference_url"), incident.Link("conference_url")); bridge != "" {
		e.Links = append(e.Links, webhook.Link{Text: "Conference", URL: bridge})
	}
	e.Title = headline(*e, source.English)
}

func fields(e *webhook.Event, data, incident source.Object) {
	e.Fields = source.Fields(
		"Status", incident.Line("status"),
		"Urgency", incident.Line("urgency"),
		"Priority", incident.Line("priority.summary"),
		"Assignees", strings.Join(incident.Lines("assignees", "summary"), ", "),
		"Responder", cmp.Or(data.Line("user.summary"), data.Line("escalation_policy.summary")),
		"Teams", strings.Join(incident.Lines("teams", "summary"), ", "),
		"Reason", cmp.Or(incident.Line("resolve_reason.type"), incident.Line("resolve_reason")),
	)
}

// severity is the urgency while someone must act.
func severity(kind string, incident source.Object) webhook.Severity {
	switch kind {
	case "incident.triggered", "incident.unacknowledged", "incident.escalated", "incident.reopened":
		switch incident.Text("urgency") {
		case "high":
			return webhook.Critical
		case "low":
			return webhook.Warning
		default:
			return webhook.Error
		}
	case "incident.acknowledged", "incident.resolved":
		return webhook.Notice
	default:
		return webhook.Info
	}
}
