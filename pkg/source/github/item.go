package github

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"postern/pkg/source"
	"postern/pkg/webhook"
)

// item is an issue, a pull request or a release, as its headline names it.
type item struct {
	noun source.Words
	name string // "#12", "v1.2.0", or empty
	deed string // what was done: a word of deeds, or the sender's own
}

// headline is "[place] who did the item: title".
func (i item) headline(e webhook.Event, l source.Locale) string {
	wording, known := deeds()[i.deed]
	if !known {
		return source.Headline(e, l)
	}
	what := source.Fill(wording.In(l),
		"who", cmp.Or(e.Actor.Name, source.Unknown().In(l)),
		"what", strings.TrimSpace(i.noun.In(l)+" "+i.name))
	title := e.Subject.Title
	if title == i.name {
		title = ""
	}
	return source.Title(cmp.Or(e.Container.Name, source.Unknown().In(l)), what, title)
}

// about fills in what issues and pull requests have in common.
func about(e *webhook.Event, thing source.Object, i item) {
	number := thing.Line("number")
	if number != "" {
		i.name = "#" + number
	}
	e.Subject = webhook.Subject{Title: thing.Line("title"), Number: number, URL: thing.Link("html_url")}
	e.URL = e.Subject.URL
	e.Author = thing.Line("user.login")
	e.Labels = thing.Lines("labels", "name")
	e.Thread = thread(e, "#", number)
	e.OccurredAt = thing.Time(e.OccurredAt, "updated_at")
	if i.deed == "opened" {
		e.Body = source.Excerpt(thing.Text("body"))
	}
	switch i.deed {
	case "opened", "merged":
		e.Severity = webhook.Notice
	case "deleted":
		e.Severity = webhook.Warning
	}
	e.Detail = i
	e.Title = i.headline(*e, source.English)
}

func issue(e *webhook.Event, payload source.Object) {
	thing := payload.Object("issue")
	about(e, thing, item{
		noun: source.Words{English: "issue", Japanese: "Issue", Chinese: "议题"},
		deed: e.Action,
	})
	e.Default = slices.Contains([]string{"opened", "closed", "reopened"}, e.Action)
	switch e.Action {
	case "opened":
		addField(e, "Assignees", strings.Join(thing.Lines("assignees", "login"), ", "))
		addField(e, "Labels", strings.Join(e.Labels, ", "))
	case "closed":
		addField(e, "Reason", strings.ReplaceAll(thing.Line("state_reason"), "_", " "))
	}
	changed(e, payload)
}

func pullRequest(e *webhook.Event, payload source.Object) {
	thing := payload.Object("pull_request")
	i := item{
		noun: source.Words{English: "pull request", Japanese: "プルリクエスト", Chinese: "拉取请求"},
		deed: e.Action,
	}
	if e.Action == "closed" && thing.Flag("merged") {
		i.deed = "merged"
	}
	if e.Draft = thing.Flag("draft"); e.Draft {
		i.noun = source.Words{English: "draft pull request", Japanese: "ドラフトのプルリクエスト", Chinese: "草稿拉取请求"}
	}
	about(e, thing, i)
	e.Branch = thing.Line("base.ref")
	e.Default = slices.Contains([]string{"opened", "reopened", "ready_for_review", "closed"}, e.Action)
	if e.Default {
		addField(e, "Branch", into(thing.Line("head.ref"), e.Branch))
		addField(e, "Changes", size(thing))
	}
	if i.deed == "opened" {
		addField(e, "Labels", strings.Join(e.Labels, ", "))
	}
	changed(e, payload)
	if e.URL != "" {
		e.Links = []webhook.Link{{Text: "Files changed", URL: e.URL + "/files"}}
	}
}

func release(e *webhook.Event, payload source.Object) {
	thing := payload.Object("release")
	i := item{
		noun: source.Words{English: "release", Japanese: "リリース", Chinese: "版本"},
		name: thing.Line("tag_name"),
		deed: e.Action,
	}
	if thing.Flag("prerelease") {
		i.noun = source.Words{English: "pre-release", Japanese: "プレリリース", Chinese: "预发布版本"}
	}
	e.Draft = thing.Flag("draft")
	e.Subject = webhook.Subject{Title: cmp.Or(thing.Line("name"), i.name), URL: thing.Link("html_url")}
	e.URL = e.Subject.URL
	e.Author = thing.Line("author.login")
	e.Thread = thread(e, ":", i.name)
	e.OccurredAt = thing.Time(e.OccurredAt, "published_at", "created_at")
	switch e.Action {
	case "published":
		e.Default = true
		e.Severity = webhook.Notice
		e.Body = source.Excerpt(thing.Text("body"))
		addField(e, "Files", files(thing))
	case "deleted", "unpublished":
		e.Severity = webhook.Warning
	}
	e.Detail = i
	e.Title = i.headline(*e, source.English)
}

// changed adds the one thing that was put on or taken off.
func changed(e *webhook.Event, payload source.Object) {
	switch e.Action {
	case "labeled", "unlabeled":
		addField(e, "Label", payload.Line("label.name"))
	case "assigned", "unassigned":
		addField(e, "Assignee", payload.Line("assignee.login"))
	case "review_requested", "review_request_removed":
		addField(e, "Reviewer", cmp.Or(payload.Line("requested_reviewer.login"), payload.Line("requested_team.name")))
	case "milestoned", "demilestoned":
		addField(e, "Milestone", payload.Line("milestone.title"))
	}
}

func addField(e *webhook.Event, name, value string) {
	if value != "" {
		e.Fields = append(e.Fields, webhook.Field{Name: name, Value: source.Clip(value, source.MaxLine)})
	}
}

func into(head, base string) string {
	if head == "" || base == "" {
		return cmp.Or(head, base)
	}
	return head + " → " + base
}

func size(pull source.Object) string {
	added, removed := pull.Line("additions"), pull.Line("deletions")
	if added == "" || removed == "" {
		return ""
	}
	return "+" + added + " −" + removed
}

func files(release source.Object) string {
	names := release.Lines("assets", "name")
	if rest := len(names) - listed; rest > 0 {
		names = append(names[:listed], "+"+strconv.Itoa(rest))
	}
	return strings.Join(names, ", ")
}
