package gitlab

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"postern/pkg/source"
	"postern/pkg/source/forge"
	"postern/pkg/webhook"
)

// pipeline tells how a pipeline stands. A failed one is a default event.
func pipeline(e *webhook.Event, payload source.Object) {
	thing := payload.Object("object_attributes")
	id := thing.Line("id")
	r := forge.Run{
		Noun: source.Words{English: "pipeline", Japanese: "パイプライン", Chinese: "流水线"},
		Name: numbered(id), Ref: thing.Line("ref"), Result: forge.ReadResult(e.Action),
	}
	if r.Result == forge.Passed && forge.ReadResult(thing.Text("detailed_status")) == forge.Warned {
		r.Result = forge.Warned
	}
	branch(e, thing, r.Ref)
	e.Subject = webhook.Subject{
		Title: cmp.Or(payload.Line("commit.title"), source.Clip(source.FirstLine(payload.Text("commit.message")), source.MaxLine)),
		URL:   cmp.Or(thing.Link("url"), forge.Page(e.Container.URL, "/-/pipelines/", id)),
	}
	e.URL = e.Subject.URL
	e.Author = payload.Line("commit.author.name")
	e.Thread = forge.Thread(e, ":pipeline:", id)
	e.OccurredAt = when(e.OccurredAt, thing, "finished_at", "created_at")
	commit(e, thing.Line("sha"), payload.Link("commit.url"))
	failures(e, payload)
	duration(e, thing.At("duration"))
	e.Default = r.Result == forge.Failed
	r.Tell(e)
}

func numbered(id string) string {
	if id == "" {
		return ""
	}
	return "#" + id
}

// branch names the branch or tag that something ran for.
func branch(e *webhook.Event, thing source.Object, ref string) {
	if thing.Flag("tag") {
		forge.AddField(e, "Tag", ref)
		return
	}
	e.Branch = ref
	forge.AddField(e, "Branch", ref)
}

func commit(e *webhook.Event, id, address string) {
	forge.AddField(e, "Commit", forge.Short(id))
	forge.AddLink(e, "Commit", address)
}

// failures names the jobs that made a pipeline fail: not those that may fail,
// and not those that ran again.
func failures(e *webhook.Event, payload source.Object) {
	var stages, jobs []string
	last := map[string]source.Object{}
	for _, b := range payload.Objects("builds") {
		name := b.Line("name")
		if old, ran := last[name]; !ran || number(old.At("id")) < number(b.At("id")) {
			last[name] = b
		}
	}
	for _, b := range payload.Objects("builds") {
		name := b.Line("name")
		if b.Text("status") != "failed" || b.Flag("allow_failure") || name == "" || number(last[name].At("id")) != number(b.At("id")) {
			continue
		}
		if stage := b.Line("stage"); stage != "" && !slices.Contains(stages, stage) {
			stages = append(stages, stage)
		}
		if !slices.Contains(jobs, name) {
			jobs = append(jobs, name)
		}
	}
	forge.AddField(e, "Failed stages", shortList(stages))
	forge.AddField(e, "Failed jobs", shortList(jobs))
}

func number(v any) int64 {
	n, _ := v.(int64)
	return n
}

// shortList names ten at most.
func shortList(names []string) string {
	const most = 10
	if rest := len(names) - most; rest > 0 {
		names = append(names[:most:most], "+"+strconv.Itoa(rest))
	}
	return strings.Join(names, ", ")
}

// duration adds how long something took, given in seconds.
func duration(e *webhook.Event, v any) {
	var seconds float64
	switch n := v.(type) {
	case int64:
		seconds = float64(n)
	case float64:
		seconds = n
	}
	const year = 365 * 24 * 3600
	if seconds >= 1 && seconds < year {
		forge.AddField(e, "Duration", time.Duration(seconds*float64(time.Second)).Round(time.Second).String())
	}
}

// build tells how one job stands: a pipeline's event says most of it too, so
// it is no default event.
func build(e *webhook.Event, payload source.Object) {
	r := forge.Run{
		Noun: source.Words{English: "job", Japanese: "ジョブ", Chinese: "作业"},
		Name: payload.Line("build_name"), Ref: payload.Line("ref"), Result: forge.ReadResult(e.Action),
	}
	if r.Result == forge.Failed && payload.Flag("build_allow_failure") {
		r.Result = forge.Warned
	}
	branch(e, payload, r.Ref)
	e.Subject = webhook.Subject{
		Title: cmp.Or(source.Clip(source.FirstLine(payload.Text("commit.message")), source.MaxLine), r.Name),
		URL:   forge.Page(e.Container.URL, "/-/jobs/", payload.Line("build_id")),
	}
	e.URL = cmp.Or(e.Subject.URL, e.Container.URL)
	e.Author = payload.Line("commit.author_name")
	e.Thread = forge.Thread(e, ":pipeline:", payload.Line("pipeline_id"))
	e.OccurredAt = when(e.OccurredAt, payload, "build_finished_at", "build_started_at", "build_created_at")
	forge.AddField(e, "Stage", payload.Line("build_stage"))
	commit(e, payload.Line("sha"), payload.Link("commit.url"))
	if r.Result == forge.Failed {
		forge.AddField(e, "Reason", strings.ReplaceAll(payload.Line("build_failure_reason"), "_", " "))
	}
	duration(e, payload.At("build_duration"))
	r.Tell(e)
}

// deployment tells how a deployment went. That it has ended is a default event.
func deployment(e *webhook.Event, payload source.Object) {
	r := forge.Run{
		Noun: source.Words{English: "deployment to", Japanese: "デプロイ", Chinese: "部署"},
		Name: payload.Line("environment"), Ref: payload.Line("ref"), Result: forge.ReadResult(e.Action),
	}
	e.Subject = webhook.Subject{Title: cmp.Or(payload.Line("commit_title"), r.Name), URL: payload.Link("deployable_url")}
	e.URL = cmp.Or(e.Subject.URL, e.Container.URL)
	e.Branch = r.Ref
	e.Thread = forge.Thread(e, ":deployment:", payload.Line("deployment_id"))
	e.OccurredAt = when(e.OccurredAt, payload, "status_changed_at")
	commit(e, payload.Line("short_sha"), payload.Link("commit_url"))
	forge.AddLink(e, "Environment", payload.Link("environment_external_url"))
	e.Default = r.Result == forge.Failed || r.Result == forge.Passed
	r.Tell(e)
}
