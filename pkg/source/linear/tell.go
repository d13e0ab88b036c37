package linear

import (
	"cmp"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"postern/pkg/source"
	"postern/pkg/webhook"
)

// key is an issue's in the address of its page.
var key = regexp.MustCompile(`/issue/([A-Z][A-Z0-9_]*-[0-9]+)`)

func tell(e *webhook.Event, o source.Object) {
	data := thing(o)
	from := o.Object("updatedFrom")
	e.URL = cmp.Or(o.Link("url"), data.Link("url"), data.Link("issue.url"))
	e.Actor = webhook.Party{
		Name: cmp.Or(o.Line("actor.name"), data.Line("user.name"), data.Line("botActor.name"), data.Line("externalUser.name"),
			data.Line("actor.name")),
		URL: o.Link("actor.url"),
	}
	e.Container.Name = cmp.Or(data.Line("team.name"), data.Line("issue.team.name"), workspace(e.URL), "Linear")
	e.Subject = subject(e, data)
	e.Thread = thread(e.Type, data)
	e.Labels = data.Lines("labels", "name")
	if e.Action != "remove" {
		e.Body = source.Excerpt(body(e, data))
	}
	e.Fields = fields(data, from)
	if state := data.Line("slaBreachesAt"); e.Type == sla && state != "" {
		e.Fields = append(e.Fields, webhook.Field{Name: "SLA ends", Value: state})
	}
	d := deed(e, data, from)
	e.Detail = d
	e.Severity = severity(e, data, d)
	e.Default = told(e, d)
	e.Title = headline(*e, source.English)
}

// thing is what an event is about; some types name it in their own way.
func thing(o source.Object) source.Object {
	for _, name := range []string{"data", "issueData", "notification", "agentSession"} {
		if data := o.Object(name); data != nil {
			return data
		}
	}
	return nil
}

// subject names the thing: "WEB-44 Login is slow". What is done below an issue
// is told of the issue.
func subject(e *webhook.Event, data source.Object) webhook.Subject {
	s := webhook.Subject{URL: e.URL}
	switch {
	case e.Type == "Issue", e.Type == sla:
		s.Number, s.Title = data.Line("identifier"), data.Line("title")
		if team, number := data.Line("team.key"), data.Line("number"); s.Number == "" && team != "" && number != "" {
			s.Number = team + "-" + number
		}
	case data.Object("issue") != nil:
		s.Number, s.Title = data.Line("issue.identifier"), data.Line("issue.title")
	default:
		s.Title = cmp.Or(data.Line("title"), data.Line("name"), data.Line("project.name"), data.Line("initiative.name"),
			data.Line("documentContent.document.title"), data.Line("customer.name"), data.Line("emoji"))
		if number := data.Line("number"); e.Type == "Cycle" && s.Title == "" {
			s.Number = number
		}
		return s
	}
	if found := key.FindStringSubmatch(e.URL); s.Number == "" && found != nil {
		s.Number = source.Clip(found[1], source.MaxLine)
	}
	return s
}

// body is what a person wrote. The description of an issue is read when it is
// new; later it is the change of it that would be news.
func body(e *webhook.Event, data source.Object) string {
	switch e.Type {
	case "Issue":
		if e.Action == "create" {
			return data.Text("description")
		}
		return ""
	case "Comment", "ProjectUpdate", "InitiativeUpdate", "CustomerNeed":
		return data.Text("body")
	case "AppUserNotification":
		return data.Text("comment.body")
	default:
		return ""
	}
}

func thread(kind string, data source.Object) string {
	id := data.Line("id")
	switch kind {
	case "Comment", "Reaction", "Attachment", "AppUserNotification", "AgentSessionEvent", "CustomerNeed":
		id = cmp.Or(data.Line("issueId"), data.Line("issue.id"), data.Line("projectId"), id)
	case "ProjectUpdate":
		id = cmp.Or(data.Line("projectId"), data.Line("project.id"), id)
	case "InitiativeUpdate":
		id = cmp.Or(data.Line("initiativeId"), data.Line("initiative.id"), id)
	}
	if id == "" {
		return ""
	}
	return "linear:" + id
}

// workspace is the first step of the path of every page in Linear.
func workspace(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() != "linear.app" {
		return ""
	}
	name, _, _ := strings.Cut(strings.TrimPrefix(u.Path, "/"), "/")
	return source.Line(name)
}

func severity(e *webhook.Event, data source.Object, d detail) webhook.Severity {
	switch e.Type + "." + e.Action {
	case sla + ".breached":
		return webhook.Error
	case sla + ".highRisk", "Issue.remove", "Project.remove", "OAuthApp.revoked":
		return webhook.Warning
	case "Issue.create":
		if data.Text("priority") == "1" {
			return webhook.Warning
		}
		return webhook.Notice
	case "ProjectUpdate.create", "InitiativeUpdate.create":
		if health := data.Text("health"); health == "atRisk" || health == "offTrack" {
			return webhook.Warning
		}
		return webhook.Notice
	case "Project.create", "Initiative.create", "Comment.create":
		return webhook.Notice
	}
	if d.closed {
		return webhook.Notice
	}
	return webhook.Info
}

// told says what a person must hear of: what is new, what is closed, what is
// late, and how projects stand. Issues are changed and commented all day.
func told(e *webhook.Event, d detail) bool {
	return d.closed || slices.Contains([]string{
		"Issue.create", sla + ".breached", sla + ".highRisk", "Project.create", "Initiative.create",
		"ProjectUpdate.create", "InitiativeUpdate.create", "OAuthApp.revoked",
	}, e.Type+"."+e.Action)
}
