package gitea

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"postern/pkg/source"
	"postern/pkg/source/forge"
	"postern/pkg/webhook"
)

// ref tells of a branch or tag made or removed. It is no default event: a push
// tells the same of most.
func ref(e *webhook.Event, payload source.Object) {
	name, tag := forge.Ref(payload.Line("ref"))
	i := forge.Item{Noun: forge.Branch(), Name: name, Deed: e.Type + "d"}
	if tag || payload.Text("ref_type") == "tag" {
		i.Noun = forge.Tag()
	} else {
		e.Branch = name
	}
	e.Subject.Title = name
	e.URL = e.Container.URL
	e.Thread = forge.Thread(e, "@", name)
	i.Tell(e)
}

func wiki(e *webhook.Event, payload source.Object) {
	page := payload.Line("page")
	e.Subject = webhook.Subject{Title: page, URL: forge.Page(e.Container.URL, "/wiki/", page)}
	e.URL = cmp.Or(e.Subject.URL, e.Container.URL)
	e.Body = source.Excerpt(payload.Text("comment"))
	forge.Item{Noun: forge.WikiPage(), Name: page, Deed: deed(e.Action)}.Tell(e)
}

func repository(e *webhook.Event) {
	e.URL = e.Container.URL
	e.Subject = webhook.Subject{Title: e.Container.Name, URL: e.Container.URL}
	forge.Item{Noun: forge.Repository(), Name: e.Container.Name, Deed: deed(e.Action)}.Tell(e)
}

// fork tells of a copy: the payload's repository is the new one, and forkee
// the one that it was made of.
func fork(e *webhook.Event, payload source.Object) {
	e.Subject = webhook.Subject{Title: e.Container.Name, URL: e.Container.URL}
	e.URL = e.Container.URL
	if origin := payload.Object("forkee"); origin != nil {
		e.Container = webhook.Party{Name: origin.Line("full_name"), URL: origin.Link("html_url")}
	}
	forge.Item{Noun: forge.Repository(), Deed: "forked"}.Tell(e)
}

// packaged tells of a package, which belongs to a person or an organization
// where it has no repository.
func packaged(e *webhook.Event, payload source.Object) {
	thing := payload.Object("package")
	name := thing.Line("name")
	e.Subject = webhook.Subject{Title: name, URL: thing.Link("html_url")}
	e.URL = cmp.Or(e.Subject.URL, e.Container.URL)
	e.Container.Name = cmp.Or(e.Container.Name, thing.Line("repository.full_name"), login(thing.Object("owner")))
	e.OccurredAt = thing.Time(e.OccurredAt, "created_at")
	forge.AddField(e, "Type", thing.Line("type"))
	forge.AddField(e, "Version", thing.Line("version"))
	forge.Item{Noun: forge.Package(), Name: name, Deed: deed(e.Action)}.Tell(e)
}

// run tells of the service's own actions and of the statuses that machines
// give to commits. A failed run is a default event; its jobs and the statuses
// say the same once more and are not.
func run(e *webhook.Event, payload source.Object) {
	thing := payload.Object(e.Type)
	if thing == nil {
		thing = payload.Object("run")
	}
	if thing == nil {
		thing = payload
	}
	r := forge.Run{
		Noun: noun(e.Type), Name: name(thing),
		Ref:    cmp.Or(thing.Line("head_branch"), thing.Line("prettyref")),
		Result: forge.ReadResult(cmp.Or(thing.Line("conclusion"), thing.Line("state"), thing.Line("status"))),
	}
	if result, plain := strings.CutPrefix(e.Type, "action_run_"); plain {
		r.Result = forge.ReadResult(strings.Replace(result, "recover", "recovered", 1))
	}
	e.Branch = r.Ref
	e.Subject = webhook.Subject{
		Title: cmp.Or(thing.Line("display_title"), thing.Line("title"), thing.Line("name"), thing.Line("description")),
		URL:   cmp.Or(thing.Link("html_url"), thing.Link("target_url")),
	}
	e.URL = cmp.Or(e.Subject.URL, e.Container.URL)
	e.Thread = forge.Thread(e, ":run:", cmp.Or(thing.Line("run_id"), thing.Line("id")))
	if e.Type == "status" {
		e.Thread = forge.Thread(e, ":commit:", thing.Line("sha"))
	}
	e.OccurredAt = thing.Time(e.OccurredAt, "completed_at", "stopped", "updated_at")
	forge.AddField(e, "Commit", forge.Short(cmp.Or(thing.Line("head_sha"), thing.Line("commit_sha"), thing.Line("sha"))))
	e.Default = r.Result == forge.Failed && e.Type != "workflow_job" && e.Type != "status" || e.Type == "action_run_recover"
	r.Tell(e)
}

func noun(kind string) source.Words {
	switch kind {
	case "workflow_job":
		return source.Words{English: "job", Japanese: "ジョブ", Chinese: "作业"}
	case "status":
		return source.Words{English: "status", Japanese: "ステータス", Chinese: "状态"}
	default:
		return source.Words{English: "workflow", Japanese: "ワークフロー", Chinese: "工作流"}
	}
}

// name is how people call a run: its number, its workflow's file or the
// context of a status.
func name(thing source.Object) string {
	if number := cmp.Or(thing.Line("run_number"), thing.Line("index_in_repo")); number != "" {
		return "#" + number
	}
	return cmp.Or(thing.Line("context"), thing.Line("name"), thing.Line("workflow_id"))
}

// other tells an event that has no words of its own here: its thing and the
// best address, whatever it is.
func other(e *webhook.Event, payload source.Object) {
	thing := eventObject(e.Type, payload)
	e.Subject = webhook.Subject{
		Title:  cmp.Or(thing.Line("title"), thing.Line("full_name"), thing.Line("name")),
		Number: thing.Line("number"),
		URL:    thing.Link("html_url"),
	}
	e.URL = cmp.Or(source.FirstLink(payload.Object(e.Type)), source.FirstLink(thing), e.Container.URL)
	e.Thread = forge.Thread(e, "#", e.Subject.Number)
	e.OccurredAt = thing.Time(e.OccurredAt, "updated_at", "created_at")
	forge.AddField(e, "Version", thing.Line("version"))
	if e.Action == "deleted" {
		e.Severity = webhook.Warning
	}
	e.Title = source.Headline(*e, source.English)
}

// eventObject finds what an event is about: mostly it lies under the event's
// own name.
func eventObject(event string, payload source.Object) source.Object {
	for _, name := range []string{event, "forkee", "issue", "pull_request"} {
		if o := payload.Object(name); o != nil {
			return o
		}
	}
	for _, name := range slices.Sorted(maps.Keys(payload)) {
		switch name {
		case "repository", "sender", "organization":
		default:
			if o := payload.Object(name); o != nil {
				return o
			}
		}
	}
	return nil
}
