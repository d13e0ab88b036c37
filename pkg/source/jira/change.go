package jira

import (
	"cmp"
	"strings"

	"postern/pkg/source"
	"postern/pkg/webhook"
)

// listed is how many changes are told one by one.
const listed = 10

// change is one item of the changelog.
type change struct{ field, before, now string }

func (c change) String() string { return source.Change(c.before, c.now) }

type changes []change

// changelog reads what was changed; where an issue stands in a list is no news,
// and that a new one was nothing before is none either.
func changelog(kind string, o source.Object) changes {
	if kind != "jira:issue_updated" {
		return nil
	}
	var all changes
	for _, item := range o.Objects("changelog.items") {
		c := change{item.Line("field"), item.Line("fromString"), item.Line("toString")}
		if c.field != "" && c.field != "Rank" && c.field != "WorklogId" && len(all) < listed {
			all = append(all, c)
		}
	}
	return all
}

func (all changes) find(field string) (change, bool) {
	for _, c := range all {
		if c.field == field {
			return c, true
		}
	}
	return change{}, false
}

// or gives the change of a field as "old → new", else its value now.
func (all changes) or(field, now string) string {
	if c, ok := all.find(field); ok {
		return c.String()
	}
	return now
}

// facts are those of an issue, name and value in turn: how it stands, and what
// was changed.
func (all changes) facts(kind string, issue source.Object) []string {
	facts := []string{
		"Status", all.or("status", issue.Line("fields.status.name")),
		"Priority", all.or("priority", issue.Line("fields.priority.name")),
		"Assignee", all.or("assignee", cmp.Or(issue.Line("fields.assignee.displayName"), issue.Line("fields.assignee.name"))),
	}
	if kind == "jira:issue_created" {
		facts = append(facts, "Type", issue.Line("fields.issuetype.name"), "Due", issue.Line("fields.duedate"),
			"Labels", strings.Join(labelNames(issue), ", "), "Parent", issue.Line("fields.parent.key"))
	}
	var long []string
	for _, c := range all {
		switch c.field {
		case "status", "priority", "assignee":
		case "description", "environment", "Comment":
			long = append(long, c.field)
		default:
			facts = append(facts, cmp.Or(fieldNames()[c.field], c.field), c.String())
		}
	}
	return append(facts, "Changed", strings.Join(long, ", "))
}

// fieldNames are the names that we have for fields of the changelog.
func fieldNames() map[string]string {
	return map[string]string{
		"summary": "Title", "resolution": "Resolution", "duedate": "Due", "issuetype": "Type", "labels": "Labels",
		"Fix Version": "Fix version", "Parent": "Parent", "reporter": "Reporter", "Attachment": "File", "Key": "Key", "project": "Project",
	}
}

// detail is what the headline needs beside the event.
type detail struct {
	deed             string // a word of deeds
	to               string // what something became
	closed, reopened bool
}

// deed picks the change that matters most.
func (all changes) deed(e *webhook.Event, o source.Object) detail {
	d := detail{deed: e.Type}
	if e.Type != "jira:issue_updated" {
		return d
	}
	status, moved := all.find("status")
	resolution, resolved := all.find("resolution")
	d.reopened = e.Action == "issue_reopened" || resolved && resolution.now == ""
	d.closed = moved && !d.reopened && o.Text("issue.fields.status.statusCategory.key") == "done"
	assignee, assigned := all.find("assignee")
	priority, ranked := all.find("priority")
	switch {
	case moved:
		d.deed, d.to = "status", status.String()
	case d.reopened:
		d.deed = "reopened"
	case o.Object("comment") != nil && len(all) == 0:
		d.deed = commented(e.Action)
	case assigned && assignee.now != "":
		d.deed, d.to = "assigned", assignee.now
	case assigned:
		d.deed = "unassigned"
	case ranked:
		d.deed, d.to = "priority", priority.String()
	}
	return d
}

// commented is the deed of a comment that comes as a change of its issue, as
// Data Center sends it beside the comment's own event.
func commented(action string) string {
	switch action {
	case "issue_comment_edited":
		return "comment_updated"
	case "issue_comment_deleted":
		return "comment_deleted"
	default:
		return "comment_created"
	}
}
