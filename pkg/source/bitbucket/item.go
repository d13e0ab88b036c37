package bitbucket

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"postern/pkg/source"
	"postern/pkg/source/forge"
	"postern/pkg/webhook"
)

// about fills in what issues and pull requests have in common, and gives their
// name.
func about(e *webhook.Event, thing source.Object) string {
	number := thing.Line("id")
	e.Subject = webhook.Subject{Title: thing.Line("title"), Number: number, URL: thing.Link("links.html.href")}
	e.URL = e.Subject.URL
	e.OccurredAt = thing.Time(e.OccurredAt, "updated_on", "created_on")
	if number == "" {
		return ""
	}
	return "#" + number
}

// pullRequestDeeds are the words for what is done to a pull request, by the
// second half of the event key.
func pullRequestDeeds() map[string]string {
	return map[string]string{
		"created": "opened", "updated": "updated", "fulfilled": "merged", "rejected": "declined",
		"approved": "approved", "unapproved": "unapproved",
		"changes_request_created": "changes_requested", "changes_request_removed": "changes_withdrawn",
		"comment_created": "commented", "comment_updated": "comment_edited", "comment_deleted": "comment_deleted",
	}
}

func pullRequest(e *webhook.Event, payload source.Object) {
	thing := payload.Object("pullrequest")
	_, event, _ := strings.Cut(e.Type, ":")
	e.Draft = thing.Flag("draft")
	e.Branch = thing.Line("destination.branch.name")
	i := forge.Item{Noun: forge.PullRequest(e.Draft), Name: about(e, thing), Deed: pullRequestDeeds()[event]}
	e.Author = name(thing.Object("author"))
	e.Thread = forge.Thread(e, "#", e.Subject.Number)
	e.Default = slices.Contains([]string{"created", "fulfilled", "rejected", "approved", "changes_request_created"}, event)
	switch event {
	case "created":
		e.Body = source.Excerpt(thing.Text("description"))
		forge.AddField(e, "Reviewers", reviewers(thing))
	case "rejected":
		e.Body = source.Excerpt(thing.Text("reason"))
	case "comment_created", "comment_updated", "comment_deleted", "comment_resolved", "comment_reopened":
		said(e, payload)
	}
	if e.Default {
		forge.AddAuthor(e)
		forge.AddField(e, "Branch", forge.Into(thing.Line("source.branch.name"), e.Branch))
	}
	if e.Subject.URL != "" {
		forge.AddLink(e, "Files changed", e.Subject.URL+"/diff")
	}
	i.Tell(e)
}

func reviewers(thing source.Object) string {
	var names []string
	for _, r := range thing.Objects("reviewers") {
		if n := name(r); n != "" {
			names = append(names, n)
		}
	}
	return strings.Join(names, ", ")
}

// said adds the comment of an event that has one.
func said(e *webhook.Event, payload source.Object) {
	comment := payload.Object("comment")
	e.Body = source.Excerpt(comment.Text("content.raw"))
	e.URL = cmp.Or(comment.Link("links.html.href"), e.URL)
	e.OccurredAt = comment.Time(e.OccurredAt, "updated_on", "created_on")
}

func issue(e *webhook.Event, payload source.Object) {
	thing := payload.Object("issue")
	i := forge.Item{Noun: forge.Issue(), Name: about(e, thing)}
	e.Author = name(thing.Object("reporter"))
	e.Thread = forge.Thread(e, ":issue:", e.Subject.Number)
	switch e.Type {
	case "issue:created":
		i.Deed = "opened"
		e.Default = true
		e.Body = source.Excerpt(thing.Text("content.raw"))
		forge.AddField(e, "Assignees", name(thing.Object("assignee")))
		forge.AddField(e, "Priority", thing.Line("priority"))
	case "issue:updated":
		i.Deed = statusDeed(payload.Text("changes.status.old"), payload.Text("changes.status.new"))
		e.Default = i.Deed != "updated"
		forge.AddField(e, "Status", forge.Into(payload.Line("changes.status.old"), payload.Line("changes.status.new")))
		forge.AddField(e, "Changed", changed(payload.Object("changes")))
	case "issue:comment_created":
		i.Deed = "commented"
		said(e, payload)
	}
	i.Tell(e)
}

// statusDeed tells an issue that was closed or opened again from one that was
// changed otherwise.
func statusDeed(before, after string) string {
	open := func(status string) bool {
		return slices.Contains([]string{"new", "open", "submitted", "on hold"}, status)
	}
	switch {
	case before == "" || after == "" || open(before) == open(after):
		return "updated"
	case open(after):
		return "reopened"
	default:
		return "closed"
	}
}

// changed names the fields that an update changed, less the status, which has
// a line of its own.
func changed(changes source.Object) string {
	var names []string
	for _, field := range slices.Sorted(maps.Keys(changes)) {
		field = source.Line(field)
		if field != "" && field != "status" {
			names = append(names, field)
		}
	}
	return strings.Join(names, ", ")
}
