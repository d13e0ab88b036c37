package gitea

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"postern/pkg/source"
	"postern/pkg/source/forge"
	"postern/pkg/webhook"
)

// about fills in what issues and pull requests have in common.
func about(e *webhook.Event, payload, thing source.Object, path string) string {
	number := cmp.Or(thing.Line("number"), payload.Line("number"))
	e.Subject = webhook.Subject{
		Title: thing.Line("title"), Number: number,
		// Gogs names no address of an issue
		URL: cmp.Or(thing.Link("html_url"), forge.Page(e.Container.URL, path, number)),
	}
	e.URL = e.Subject.URL
	e.Author = login(thing.Object("user"))
	e.Labels = thing.Lines("labels", "name")
	e.Thread = forge.Thread(e, "#", number)
	e.OccurredAt = thing.Time(e.OccurredAt, "updated_at")
	if number == "" {
		return ""
	}
	return "#" + number
}

// deed is the word for what was done, where the service's own is another.
func deed(action string) string {
	switch action {
	case "label_updated":
		return "labeled"
	case "label_cleared":
		return "unlabeled"
	case "synchronized":
		return "committed"
	default:
		return action
	}
}

// toldByDefault are the actions on issues and pull requests that matter to all.
func toldByDefault(action string) bool {
	return slices.Contains([]string{"opened", "closed", "reopened", "ready_for_review"}, action)
}

func issue(e *webhook.Event, payload source.Object) {
	thing := payload.Object("issue")
	i := forge.Item{Noun: forge.Issue(), Name: about(e, payload, thing, "/issues/"), Deed: deed(e.Action)}
	e.Default = toldByDefault(e.Action)
	if e.Default {
		forge.AddAuthor(e)
	}
	detail(e, thing)
	i.Tell(e)
}

// detail adds what an opened thing is like, or what was changed of it.
func detail(e *webhook.Event, thing source.Object) {
	switch e.Action {
	case "opened":
		e.Body = source.Excerpt(thing.Text("body"))
		forge.AddField(e, "Assignees", assignees(thing))
		forge.AddField(e, "Labels", strings.Join(e.Labels, ", "))
	case "assigned":
		forge.AddField(e, "Assignees", assignees(thing))
	case "label_updated":
		forge.AddField(e, "Labels", strings.Join(e.Labels, ", "))
	case "milestoned":
		forge.AddField(e, "Milestone", thing.Line("milestone.title"))
	}
}

func assignees(thing source.Object) string {
	return cmp.Or(strings.Join(thing.Lines("assignees", "login"), ", "), login(thing.Object("assignee")))
}

func comment(e *webhook.Event, payload source.Object) {
	thing, noun, path := payload.Object("issue"), forge.Issue(), "/issues/"
	if pull := payload.Object("pull_request"); pull != nil {
		thing = pull
		e.Branch = target(pull)
	}
	e.Draft = thing.Flag("draft") || thing.Flag("pull_request.draft")
	if payload.Flag("is_pull") || payload.Object("issue.pull_request") != nil || payload.Object("pull_request") != nil {
		noun, path = forge.PullRequest(e.Draft), "/pulls/"
	}
	i := forge.Item{Noun: noun, Name: about(e, payload, thing, path)}
	switch e.Action {
	case "created":
		i.Deed = "commented"
	case "edited", "deleted":
		i.Deed = "comment_" + e.Action
	}
	said := payload.Object("comment")
	e.URL = cmp.Or(said.Link("html_url"), e.URL)
	e.Author = cmp.Or(login(said.Object("user")), e.Author)
	e.Body = source.Excerpt(said.Text("body"))
	e.OccurredAt = said.Time(e.OccurredAt, "updated_at")
	i.Tell(e)
}

// target is the branch that a pull request would change; Gogs has another name
// for it.
func target(pull source.Object) string {
	return cmp.Or(pull.Line("base.ref"), pull.Line("base_branch"))
}

func pullRequest(e *webhook.Event, payload source.Object) {
	thing := payload.Object("pull_request")
	e.Draft = thing.Flag("draft")
	e.Branch = target(thing)
	i := forge.Item{
		Noun: forge.PullRequest(e.Draft), Name: about(e, payload, thing, "/pulls/"), Deed: deed(e.Action),
	}
	e.Default = toldByDefault(e.Action)
	if e.Action == "closed" && thing.Flag("merged") {
		i.Deed = "merged"
	}
	if verdict := verdict(cmp.Or(payload.Text("review.type"), e.Type)); verdict != "" {
		i.Deed = verdict
		e.Default = verdict != "reviewed"
		e.Body = source.Excerpt(payload.Text("review.content"))
	}
	if toldByDefault(e.Action) {
		forge.AddAuthor(e)
		forge.AddField(e, "Branch", forge.Into(cmp.Or(thing.Line("head.ref"), thing.Line("head_branch")), e.Branch))
		forge.AddField(e, "Changes", size(thing))
	}
	if strings.HasPrefix(e.Action, "review_request") {
		forge.AddField(e, "Reviewers", login(payload.Object("requested_reviewer")))
	}
	detail(e, thing)
	if e.Subject.URL != "" {
		forge.AddLink(e, "Files changed", e.Subject.URL+"/files")
	}
	i.Tell(e)
}

// verdict is the deed of a review, by the coarse name of its event or by the
// fine one, which is also what a review calls its type.
func verdict(kind string) string {
	switch kind {
	case "pull_request_approved", "pull_request_review_approved":
		return "approved"
	case "pull_request_rejected", "pull_request_review_rejected":
		return "changes_requested"
	case "pull_request_comment", "pull_request_review_comment":
		return "reviewed"
	default:
		return ""
	}
}

func size(pull source.Object) string {
	added, removed := pull.Line("additions"), pull.Line("deletions")
	if added == "" || removed == "" {
		return ""
	}
	return "+" + added + " −" + removed
}

func release(e *webhook.Event, payload source.Object) {
	thing := payload.Object("release")
	i := forge.Item{
		Noun: forge.Release(thing.Flag("prerelease")), Name: thing.Line("tag_name"), Deed: deed(e.Action),
	}
	e.Draft = thing.Flag("draft")
	e.Subject = webhook.Subject{
		Title: cmp.Or(thing.Line("name"), i.Name),
		URL:   cmp.Or(thing.Link("html_url"), forge.Page(e.Container.URL, "/releases/tag/", i.Name)),
	}
	e.URL = e.Subject.URL
	e.Author = login(thing.Object("author"))
	e.Thread = forge.Thread(e, ":", i.Name)
	e.OccurredAt = thing.Time(e.OccurredAt, "published_at", "created_at")
	if e.Action == "published" {
		e.Default = true
		e.Body = source.Notes(thing.Text("body"))
		forge.AddField(e, "Files", files(thing))
	}
	i.Tell(e)
}

func files(release source.Object) string {
	names := release.Lines("assets", "name")
	if rest := len(names) - forge.Listed; rest > 0 {
		names = append(names[:forge.Listed], "+"+strconv.Itoa(rest))
	}
	return strings.Join(names, ", ")
}
