package gitlab

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"postern/pkg/source"
	"postern/pkg/source/forge"
	"postern/pkg/webhook"
)

// about fills in what issues and merge requests have in common, and gives
// their name: "#23" or "!7".
func about(e *webhook.Event, thing source.Object, sign string) string {
	number := thing.Line("iid")
	e.Subject = webhook.Subject{Title: thing.Line("title"), Number: number, URL: thing.Link("url")}
	e.URL = e.Subject.URL
	e.Thread = forge.Thread(e, sign, number)
	e.OccurredAt = when(e.OccurredAt, thing, "updated_at", "created_at")
	if number == "" {
		return ""
	}
	return sign + number
}

// doneTo is the deed of an action. The hooks of a whole instance may leave the
// action out: then the state tells what is certain.
func doneTo(thing source.Object, action string) string {
	if action != "" {
		return deed(action)
	}
	switch state := thing.Text("state"); state {
	case "merged", "closed":
		return state
	default:
		return "updated"
	}
}

// deed is the word for one of GitLab's actions.
func deed(action string) string {
	words := map[string]string{
		"open": "opened", "close": "closed", "reopen": "reopened", "update": "updated", "merge": "merged",
		"approved": "approved", "approval": "approved", "unapproved": "unapproved", "unapproval": "unapproved",
		"create": "created", "delete": "deleted",
	}
	return words[action]
}

func issue(e *webhook.Event, payload source.Object) {
	thing := payload.Object("object_attributes")
	i := forge.Item{Noun: noun(thing.Text("type")), Name: about(e, thing, "#"), Deed: doneTo(thing, e.Action)}
	e.Labels, e.Author = payload.Lines("labels", "title"), author(payload, thing)
	e.Default = slices.Contains([]string{"open", "close", "reopen"}, e.Action)
	switch e.Action {
	case "open":
		e.Body = source.Excerpt(thing.Text("description"))
		forge.AddField(e, "Assignees", strings.Join(payload.Lines("assignees", "name"), ", "))
		forge.AddField(e, "Labels", strings.Join(e.Labels, ", "))
	case "update":
		changed(e, payload)
	}
	if e.Confidential {
		i.Noun = secretly(i.Noun)
	}
	i.Tell(e)
}

// noun is what GitLab's work items are called; some are no issues.
func noun(kind string) source.Words {
	switch kind {
	case "Incident":
		return source.Words{English: "incident", Japanese: "インシデント", Chinese: "事件"}
	case "Task":
		return source.Words{English: "task", Japanese: "タスク", Chinese: "任务"}
	case "Epic":
		return source.Words{English: "epic", Japanese: "エピック", Chinese: "史诗"}
	default:
		return forge.Issue()
	}
}

func secretly(w source.Words) source.Words {
	return source.Words{English: "confidential " + w.English, Japanese: "非公開の" + w.Japanese, Chinese: "私密" + w.Chinese}
}

func mergeRequest(e *webhook.Event, payload source.Object) {
	thing := payload.Object("object_attributes")
	e.Draft = thing.Flag("draft") || thing.Flag("work_in_progress")
	e.Branch = thing.Line("target_branch")
	e.Labels, e.Author = payload.Lines("labels", "title"), author(payload, thing)
	i := forge.Item{Noun: forge.MergeRequest(e.Draft), Name: about(e, thing, "!"), Deed: doneTo(thing, e.Action)}
	if e.Action == "update" {
		i.Deed = update(payload, e.Draft)
		changed(e, payload)
	}
	e.Default = slices.Contains([]string{"open", "close", "reopen", "merge", "approved", "approval"}, e.Action) ||
		i.Deed == "ready_for_review"
	if e.Default {
		forge.AddField(e, "Branch", forge.Into(thing.Line("source_branch"), e.Branch))
	}
	if e.Action == "open" {
		e.Body = source.Excerpt(thing.Text("description"))
		forge.AddField(e, "Assignees", strings.Join(payload.Lines("assignees", "name"), ", "))
		forge.AddField(e, "Reviewers", strings.Join(payload.Lines("reviewers", "name"), ", "))
		forge.AddField(e, "Labels", strings.Join(e.Labels, ", "))
	}
	if e.Subject.URL != "" {
		forge.AddLink(e, "Files changed", e.Subject.URL+"/diffs")
	}
	i.Tell(e)
}

// update tells the updates apart that people care about: GitLab sends one for
// every field.
func update(payload source.Object, draft bool) string {
	changes := payload.Object("changes")
	switch {
	case changes.Object("draft") != nil || changes.Object("work_in_progress") != nil:
		if draft {
			return "converted_to_draft"
		}
		return "ready_for_review"
	case payload.Text("object_attributes.oldrev") != "":
		return "committed"
	case changes.At("reviewers") != nil:
		return "reviewers_changed"
	case changes.At("assignees") != nil:
		return "assigned"
	case changes.At("labels") != nil:
		return "labeled"
	default:
		return "updated"
	}
}

// changed adds what an update changed: labels by name, all else by its field.
func changed(e *webhook.Event, payload source.Object) {
	changes := payload.Object("changes")
	forge.AddField(e, "Labels", difference(changes.Lines("labels.previous", "title"), changes.Lines("labels.current", "title")))
	forge.AddField(e, "Assignees", difference(changes.Lines("assignees.previous", "name"), changes.Lines("assignees.current", "name")))
	forge.AddField(e, "Reviewers", difference(changes.Lines("reviewers.previous", "name"), changes.Lines("reviewers.current", "name")))
	var rest []string
	for _, name := range slices.Sorted(maps.Keys(changes)) {
		switch name {
		case "labels", "assignees", "reviewers", "updated_at", "updated_by_id", "last_edited_at", "last_edited_by_id", "draft":
		default:
			rest = append(rest, source.Line(strings.ReplaceAll(name, "_", " ")))
		}
	}
	rest = slices.DeleteFunc(rest, func(s string) bool { return s == "" })
	forge.AddField(e, "Changed", strings.Join(rest, ", "))
}

// difference reads "+new, −old".
func difference(before, after []string) string {
	var parts []string
	for _, s := range after {
		if !slices.Contains(before, s) {
			parts = append(parts, "+"+s)
		}
	}
	for _, s := range before {
		if !slices.Contains(after, s) {
			parts = append(parts, "−"+s)
		}
	}
	return strings.Join(parts, ", ")
}

// author is the user name of who wrote a thing, where the payload tells it:
// who acts is named whole, authors by number only.
func author(payload, thing source.Object) string {
	if id := thing.Text("author_id"); id == "" || id != payload.Text("user.id") {
		return ""
	}
	return payload.Line("user.username")
}

func note(e *webhook.Event, payload source.Object) {
	said := payload.Object("object_attributes")
	e.Author = author(payload, said)
	var i forge.Item
	switch said.Text("noteable_type") { //nolint:misspell // as GitLab spells it
	case "MergeRequest":
		thing := payload.Object("merge_request")
		e.Draft = thing.Flag("draft") || thing.Flag("work_in_progress")
		e.Branch = thing.Line("target_branch")
		e.Labels = thing.Lines("labels", "title")
		i = forge.Item{Noun: forge.MergeRequest(e.Draft), Name: about(e, thing, "!")}
	case "Issue":
		e.Labels = payload.Lines("issue.labels", "title")
		i = forge.Item{Noun: forge.Issue(), Name: about(e, payload.Object("issue"), "#")}
	case "Snippet":
		i = forge.Item{Noun: snippet()}
		e.Subject.Title = payload.Line("snippet.title")
	default:
		i = forge.Item{Noun: forge.CommitNoun(), Name: forge.Short(cmp.Or(payload.Line("commit.id"), said.Line("commit_id")))}
		e.Subject.Title = source.Clip(source.FirstLine(payload.Text("commit.message")), source.MaxLine)
	}
	i.Deed = "commented"
	if e.Action == "update" {
		i.Deed = "comment_edited"
	}
	e.URL = cmp.Or(said.Link("url"), e.URL)
	e.Body = source.Excerpt(cmp.Or(said.Text("note"), said.Text("description")))
	e.OccurredAt = when(e.OccurredAt, said, "updated_at", "created_at")
	i.Tell(e)
}

func release(e *webhook.Event, payload source.Object) {
	tag := payload.Line("tag")
	e.Subject = webhook.Subject{Title: cmp.Or(payload.Line("name"), tag), URL: payload.Link("url")}
	e.URL = cmp.Or(e.Subject.URL, e.Container.URL)
	e.Thread = forge.Thread(e, ":", tag)
	e.OccurredAt = when(e.OccurredAt, payload, "released_at", "created_at")
	i := forge.Item{Noun: forge.Release(false), Name: tag, Deed: deed(e.Action)}
	if e.Action == "create" {
		i.Deed = "published"
		e.Default = true
		e.Body = source.Notes(payload.Text("description"))
		forge.AddField(e, "Files", files(payload))
	}
	i.Tell(e)
}

func files(payload source.Object) string {
	names := payload.Lines("assets.links", "name")
	if rest := len(names) - forge.Listed; rest > 0 {
		names = append(names[:forge.Listed], "+"+strconv.Itoa(rest))
	}
	return strings.Join(names, ", ")
}

func wikiPage(e *webhook.Event, payload source.Object) {
	thing := payload.Object("object_attributes")
	e.Subject = webhook.Subject{Title: thing.Line("title"), URL: thing.Link("url")}
	e.URL = cmp.Or(e.Subject.URL, e.Container.URL)
	e.Body = source.Excerpt(thing.Text("message"))
	forge.Item{Noun: forge.WikiPage(), Name: e.Subject.Title, Deed: deed(e.Action)}.Tell(e)
}
