package jira

import (
	"cmp"
	"net/url"
	"slices"
	"strings"

	"postern/pkg/source"
	"postern/pkg/source/forge"
	"postern/pkg/webhook"
)

func tell(e *webhook.Event, o source.Object) {
	issue := o.Object("issue")
	site := site(o)
	e.Actor.Name = actor(e.Type, o)
	e.Container = container(issue, o, site)
	e.Subject = subject(o)
	e.Subject.URL = forge.Page(site, "/browse/", issue.Line("key"))
	e.URL = cmp.Or(e.Subject.URL, e.Container.URL, source.Link(site))
	if id := o.Line("comment.id"); id != "" && e.Subject.URL != "" && e.Type != "comment_deleted" {
		e.URL = source.Link(e.Subject.URL + "?focusedCommentId=" + url.QueryEscape(id))
	}
	if id := cmp.Or(issue.Line("id"), o.Line("worklog.issueId")); id != "" {
		e.Thread = "jira:" + id
	}
	e.Labels = labelNames(issue)
	e.Body = source.Excerpt(body(e.Type, o))
	changes := changelog(e.Type, o)
	d := changes.deed(e, o)
	e.Detail = d
	e.Severity = severity(e.Type, issue, d)
	e.Default = told(e.Type, d)
	e.Fields = source.Fields(append(changes.facts(e.Type, issue), others(e.Type, o)...)...)
	e.Title = headline(*e, source.English)
}

func labelNames(issue source.Object) []string {
	var names []string
	for _, l := range issue.List("fields.labels") {
		if name := source.Line(source.Scalar(l)); name != "" {
			names = append(names, name)
		}
	}
	return names
}

// site is the address of the Jira that sent the event: its pages lie where its
// API does, except for an app's, which names the API's gateway.
func site(o source.Object) string {
	for _, name := range []string{"issue", "comment", "worklog", "attachment", "version", "project", "sprint", "user"} {
		base, _, found := strings.Cut(o.Link(name+".self"), "/rest/")
		if u, err := url.Parse(base); found && err == nil && u.Hostname() != "api.atlassian.com" {
			return base
		}
	}
	return ""
}

// actor is who acted. Who wrote a comment did not delete it.
func actor(kind string, o source.Object) string {
	who := o.Object("user")
	switch kind {
	case "comment_created":
		who = o.Object("comment.author")
	case "comment_updated":
		who = o.Object("comment.updateAuthor")
	case "worklog_created", "worklog_updated":
		who = o.Object("worklog.updateAuthor")
	case "attachment_created":
		who = o.Object("attachment.author")
	}
	if kind == "user_created" || kind == "user_updated" || kind == "user_deleted" {
		return "" // there user is the thing
	}
	return cmp.Or(who.Line("displayName"), who.Line("name"))
}

// container is the project, else the site.
func container(issue, o source.Object, site string) webhook.Party {
	project := issue.Object("fields.project")
	key := project.Line("key")
	if key == "" {
		key, _, _ = strings.Cut(issue.Line("key"), "-")
	}
	host := ""
	if u, err := url.Parse(site); err == nil {
		host = u.Hostname()
	}
	return webhook.Party{
		Name: cmp.Or(project.Line("name"), key, host, "Jira"), URL: forge.Page(site, "/browse/", cmp.Or(key, o.Line("project.key"))),
	}
}

// subject is the issue, or what else an event is about.
func subject(o source.Object) webhook.Subject {
	if issue := o.Object("issue"); issue != nil {
		return webhook.Subject{Number: issue.Line("key"), Title: issue.Line("fields.summary")}
	}
	return webhook.Subject{Title: cmp.Or(o.Line("version.name"), o.Line("sprint.name"), o.Line("project.name"),
		o.Line("board.name"), o.Line("attachment.filename"), o.Line("issueLink.issueLinkType.name"), o.Line("worklog.timeSpent"),
		o.Line("user.displayName"))}
}

// body is what a person wrote. An issue's description is read when it is new.
func body(kind string, o source.Object) string {
	switch {
	case strings.HasSuffix(kind, "_deleted"):
		return ""
	case o.At("comment.body") != nil:
		return plain(o.At("comment.body"))
	case kind == "jira:issue_created":
		return plain(o.At("issue.fields.description"))
	case o.Object("worklog") != nil:
		return plain(o.At("worklog.comment"))
	default:
		return cmp.Or(o.Text("version.description"), o.Text("sprint.goal"))
	}
}

// others are the facts of what is no issue, name and value in turn.
func others(kind string, o source.Object) []string {
	facts := []string{
		"Time spent", o.Line("worklog.timeSpent"), "File", o.Line("attachment.filename"),
		"Release date", o.Line("version.releaseDate"), "Start", o.Line("sprint.startDate"), "End", o.Line("sprint.endDate"),
	}
	if kind == "jira:issue_updated" || kind == "jira:issue_created" {
		return nil
	}
	return facts
}

func severity(kind string, issue source.Object, d detail) webhook.Severity {
	switch kind {
	case "jira:issue_created":
		if slices.Contains([]string{"Highest", "Blocker", "Critical"}, issue.Text("fields.priority.name")) {
			return webhook.Warning
		}
		return webhook.Notice
	case "jira:issue_deleted", "project_deleted", "jira:version_unreleased":
		return webhook.Warning
	case "comment_created", "jira:version_released", "sprint_started", "sprint_closed", "project_created":
		return webhook.Notice
	}
	switch {
	case d.reopened:
		return webhook.Warning
	case d.closed:
		return webhook.Notice
	default:
		return webhook.Info
	}
}

// told says what a person must hear of: what is new, closed or open again, and
// what is released. Issues are changed and commented all day.
func told(kind string, d detail) bool {
	return d.closed || d.reopened || slices.Contains([]string{
		"jira:issue_created", "jira:version_released", "jira:version_unreleased", "sprint_started", "sprint_closed", "project_deleted",
	}, kind)
}
