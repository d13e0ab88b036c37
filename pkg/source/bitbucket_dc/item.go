package bitbucket_dc

import (
	"cmp"
	"slices"
	"strings"

	"postern/pkg/source"
	"postern/pkg/source/forge"
	"postern/pkg/webhook"
)

// deeds are the words for what is done to a pull request, by what follows
// "pr:" in the event key.
func deeds() map[string]string {
	return map[string]string{
		"opened": "opened", "modified": "updated", "from_ref_updated": "committed", "merged": "merged",
		"declined": "declined", "deleted": "deleted", "reopened": "reopened",
		"reviewer:updated": "reviewers_changed", "reviewer:approved": "approved", "reviewer:unapproved": "unapproved",
		"reviewer:needs_work": "changes_requested", "reviewer:changes_requested": "changes_requested",
		"comment:added": "commented", "comment:edited": "comment_edited", "comment:deleted": "comment_deleted",
	}
}

// toldByDefault are the events that matter to all.
func toldByDefault(event string) bool {
	return slices.Contains([]string{
		"opened", "merged", "declined", "reopened", "reviewer:approved", "reviewer:needs_work", "reviewer:changes_requested",
	}, event)
}

func pullRequest(e *webhook.Event, payload source.Object) {
	thing := payload.Object("pullRequest")
	event := strings.TrimPrefix(e.Type, "pr:")
	number := thing.Line("id")
	e.Draft = thing.Flag("draft")
	e.Branch = thing.Line("toRef.displayId")
	e.Subject = webhook.Subject{Title: thing.Line("title"), Number: number, URL: self(thing)}
	e.URL = cmp.Or(e.Subject.URL, e.Container.URL)
	e.Author = name(thing.Object("author.user"))
	e.Thread = forge.Thread(e, "#", number)
	e.Default = toldByDefault(event)
	i := forge.Item{Noun: forge.PullRequest(e.Draft), Deed: deeds()[event]}
	if number != "" {
		i.Name = "#" + number
	}
	if event == "opened" {
		e.Body = source.Excerpt(thing.Text("description"))
		forge.AddField(e, "Reviewers", people(thing.Objects("reviewers")))
	}
	if e.Default {
		forge.AddAuthor(e)
		forge.AddField(e, "Branch", forge.Into(thing.Line("fromRef.displayId"), e.Branch))
	}
	if event == "reviewer:updated" {
		forge.AddField(e, "Reviewers", reviewersChanged(payload))
	}
	if strings.HasPrefix(event, "comment:") {
		e.Body = source.Excerpt(payload.Text("comment.text"))
	}
	if e.Subject.URL != "" {
		forge.AddLink(e, "Files changed", e.Subject.URL+"/diff")
	}
	i.Tell(e)
}

// people names participants, whose user lies within.
func people(participants []source.Object) string {
	var names []string
	for _, p := range participants {
		if n := name(p.Object("user")); n != "" {
			names = append(names, n)
		}
	}
	return strings.Join(names, ", ")
}

// reviewersChanged reads "+new, −old".
func reviewersChanged(payload source.Object) string {
	var parts []string
	for _, change := range []struct{ sign, list string }{{"+", "addedReviewers"}, {"−", "removedReviewers"}} {
		for _, user := range payload.Objects(change.list) {
			if n := name(user); n != "" {
				parts = append(parts, change.sign+n)
			}
		}
	}
	return strings.Join(parts, ", ")
}
