package azuredevops

import (
	"cmp"
	"strings"
	"time"

	"postern/pkg/source"
	"postern/pkg/source/forge"
	"postern/pkg/webhook"
)

// result knows what only Azure DevOps calls its states and results.
func result(word string) forge.Result {
	switch strings.ToLower(word) {
	case "succeeded", "approved":
		return forge.Passed
	case "partiallysucceeded", "succeededwithissues":
		return forge.Warned
	case "rejected":
		return forge.Failed
	case "notstarted", "notdeployed":
		return forge.Waiting
	case "inprogress", "started":
		return forge.Running
	case "abandoned":
		return forge.Canceled
	default:
		return forge.ReadResult(word)
	}
}

// told tells a run in our words, if its place is known; else Azure DevOps's
// stand, with the severity of how it went.
func told(e *webhook.Event, r forge.Run) {
	r.Tell(e)
	if r.Result == "" || e.Container.Name == "" {
		e.Detail = nil
	}
}

// build tells how a build ended. That it failed is a default event.
func build(e *webhook.Event, r source.Object) {
	definition := r.Line("definition.name")
	e.Container.Name = cmp.Or(r.AnyLine("project.name", "definition.project.name", "teamProject"), definition)
	name := r.Line("buildNumber")
	if definition != e.Container.Name && !strings.Contains(name, definition) {
		name = strings.TrimSpace(definition + " " + name)
	}
	ref, tag := forge.Ref(r.Line("sourceBranch"))
	if !tag {
		e.Branch = ref
	}
	e.Actor = requester(r)
	e.Subject = webhook.Subject{Title: name, URL: cmp.Or(r.Link("_links.web.href"), e.URL)}
	e.URL = e.Subject.URL
	e.Thread = forge.Thread(e, ":build:", r.Line("id"))
	e.OccurredAt = r.Time(e.OccurredAt, "finishTime", "startTime")
	at(e, ref, tag, r.Line("sourceVersion"))
	forge.AddField(e, "Reason", r.Line("reason"))
	took(e, r, "startTime", "finishTime")
	run := forge.Run{Noun: forge.Build(), Name: name, Ref: ref, Result: result(e.Action)}
	e.Default = run.Result == forge.Failed
	told(e, run)
}

// requester is for whom a build ran, in either version of the resource.
func requester(r source.Object) webhook.Party {
	if p := person(r, "requestedFor"); p.Name != "" {
		return p
	}
	for _, request := range r.Objects("requests") {
		if p := person(request, "requestedFor"); p.Name != "" {
			return p
		}
	}
	return person(r, "lastChangedBy")
}

// at names the branch or tag, and the commit, that something ran for.
func at(e *webhook.Event, ref string, tag bool, commit string) {
	name := "Branch"
	if tag {
		name = "Tag"
	}
	forge.AddField(e, name, ref)
	forge.AddField(e, "Commit", forge.Short(commit))
}

func took(e *webhook.Event, o source.Object, from, to string) {
	begin, end := o.Time(time.Time{}, from), o.Time(time.Time{}, to)
	if !begin.IsZero() && !end.IsZero() {
		forge.AddDuration(e, end.Sub(begin))
	}
}

// pipeline tells how a run stands, or a stage or job of one. A run that failed
// is a default event; its stages and jobs would say it again.
func pipeline(e *webhook.Event, r source.Object) {
	e.Container = webhook.Party{
		Name: r.AnyLine("pipeline.name", "run.pipeline.name"), URL: pipelinePage(r.Object("run")),
	}
	run := forge.Run{
		Noun: source.Words{English: "run", Japanese: "パイプライン実行", Chinese: "流水线运行"},
		Name: r.Line("run.name"), Result: result(e.Action),
	}
	thing := r.Object("run")
	switch e.Type {
	case stageChanged:
		thing = r.Object("stage")
		run.Noun = source.Words{English: "stage", Japanese: "ステージ", Chinese: "阶段"}
		run.Name = thing.AnyLine("displayName", "name")
		forge.AddField(e, "Run", r.Line("run.name"))
	case jobChanged:
		thing = r.Object("job")
		run.Noun = forge.Job()
		run.Name = thing.Line("name")
		forge.AddField(e, "Stage", r.AnyLine("stage.displayName", "stage.name"))
		forge.AddField(e, "Run", r.Line("run.name"))
	}
	e.Subject = webhook.Subject{Title: run.Name, URL: cmp.Or(thing.Link("_links.web.href"), e.URL)}
	if repos := r.Objects("repositories"); len(repos) > 0 {
		e.Subject.Title = cmp.Or(forge.FirstLine(repos[0].Text("change.message")), run.Name)
		e.Author = repos[0].Line("change.author.name")
	}
	e.URL = e.Subject.URL
	e.Thread = forge.Thread(e, ":run:", r.Line("run.id"))
	took(e, thing, "createdDate", "finishedDate")
	took(e, thing, "startTime", "finishTime")
	e.Default = e.Type == runChanged && run.Result == forge.Failed
	told(e, run)
}

// pipelinePage stands under a name that holds a dot.
func pipelinePage(run source.Object) string {
	page, _ := run.Object("_links")["pipeline.web"].(map[string]any)
	return source.Object(page).Link("href")
}

// release tells of a release and of its deployments. That one has ended, and
// that one waits for somebody's approval, are default events.
func release(e *webhook.Event, r source.Object) {
	e.Container.Name = r.Line("project.name")
	name := r.AnyLine("release.name", "environment.release.name")
	e.Subject = webhook.Subject{Title: name, URL: cmp.Or(
		r.Link("release._links.web.href"), r.Link("environment.release._links.web.href"), e.URL)}
	e.URL = e.Subject.URL
	e.Thread = forge.Thread(e, ":release:", name)
	switch e.Type {
	case deployed, deploying:
		run := forge.Run{
			Noun: source.Words{English: "deployment to", Japanese: "デプロイ", Chinese: "部署"},
			Name: r.Line("environment.name"), Result: result(e.Action),
		}
		if e.Type == deploying {
			run.Result = forge.Running
		}
		forge.AddField(e, "Release", name)
		e.Default = e.Type == deployed && (run.Result == forge.Failed || run.Result == forge.Passed || run.Result == forge.Warned)
		told(e, run)
	case released:
		e.Actor = person(r, "release.createdBy")
		worded(e, forge.Item{Noun: forge.Release(false), Name: name, Deed: "created"})
	case abandoned:
		e.Severity = webhook.Warning
	case approvalWanted:
		e.Severity, e.Default = webhook.Notice, true
	}
}
