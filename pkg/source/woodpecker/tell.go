package woodpecker

import (
	"cmp"
	"strings"
	"time"

	"postern/pkg/source"
	"postern/pkg/source/forge"
	"postern/pkg/webhook"
)

// pipeline gives what stands for the pipeline: curr in Woodpecker's metadata,
// build in what the plugin sends. A template of one's own may name it so too,
// or name all that belongs to it at the top.
func pipeline(o source.Object) source.Object {
	for _, name := range []string{"curr", "pipeline", "build"} {
		if p := o.Object(name); p != nil {
			return p
		}
	}
	return o
}

func status(o source.Object) string {
	return cmp.Or(pipeline(o).Line("status"), o.AnyLine("status", "pipeline_status", "CI_PIPELINE_STATUS"))
}

func tell(e *webhook.Event, o source.Object) {
	p := pipeline(o)
	number := cmp.Or(p.Line("number"), o.AnyLine("pipeline_number", "build_number", "CI_PIPELINE_NUMBER"))
	ref, tag := refOf(o, p)
	r := forge.Run{Noun: forge.Pipeline(), Name: forge.Numbered(number), Ref: ref, Result: result(e.Action)}
	if !tag {
		e.Branch = ref
	}
	e.Default = r.Result == forge.Failed || r.Result == forge.Passed && result(o.Text("prev.status")) == forge.Failed
	e.Container = repository(o)
	e.Actor = webhook.Party{Name: cmp.Or(p.AnyLine("sender", "author"), o.AnyLine("author", "CI_PIPELINE_AUTHOR", "CI_COMMIT_AUTHOR"))}
	e.Author = cmp.Or(p.AnyLine("commit.author.name", "author_name"), o.Line("CI_COMMIT_AUTHOR"))
	e.Subject = webhook.Subject{Title: message(o, p), Number: number, URL: page(o, p)}
	e.URL = cmp.Or(e.Subject.URL, e.Container.URL)
	e.Thread = forge.Thread(e, ":pipeline:", number)
	begin, end := p.Time(time.Time{}, "started", "started_at"), p.Time(time.Time{}, "finished", "finished_at")
	e.OccurredAt = cmp.Or(end, begin, e.OccurredAt)
	fields(e, o, p)
	if !begin.IsZero() && !end.IsZero() {
		forge.AddDuration(e, end.Sub(begin))
	}
	e.Labels = p.ListedLines("commit.labels")
	e.Paths = p.ListedLines("commit.changed_files")
	r.Tell(e)
}

func fields(e *webhook.Event, o, p source.Object) {
	ref, tag := refOf(o, p)
	forge.AddField(e, "Branch", e.Branch)
	if tag {
		forge.AddField(e, "Tag", ref)
	}
	forge.AddField(e, "Commit", forge.Short(cmp.Or(
		p.Line("commit.sha"), p.Line("commit"), p.Line("sha"), o.AnyLine("commit", "sha", "CI_COMMIT_SHA"))))
	forge.AddField(e, "Event", cmp.Or(p.Line("event"), o.Line("CI_PIPELINE_EVENT")))
	forge.AddField(e, "Deploy to", cmp.Or(p.Line("target"), p.Line("deploy_to"), o.Line("CI_PIPELINE_DEPLOY_TARGET")))
	forge.AddField(e, "Workflow", cmp.Or(o.Line("workflow.name"), o.Line("workflow"), o.Line("CI_WORKFLOW_NAME")))
	forge.AddLink(e, "Changes", cmp.Or(p.Link("forge_url"), o.Link("CI_PIPELINE_FORGE_URL")))
}

// repository is "owner/name", however it is written.
func repository(o source.Object) webhook.Party {
	name := o.AnyLine("repo.full_name", "repo.slug", "repo", "repository", "repo_name", "CI_REPO", "repo.name")
	if owner := o.Line("repo.owner"); owner != "" && !strings.Contains(name, "/") && name != "" {
		name = source.Clip(owner+"/"+name, source.MaxLine)
	}
	return webhook.Party{
		Name: name, URL: o.AnyLink("repo.forge_url", "repo.link", "repo.link_url", "repo_url", "CI_REPO_URL"),
	}
}

// refOf is the branch, or the tag where the ref is one.
func refOf(o, p source.Object) (name string, tag bool) {
	full := cmp.Or(p.Line("commit.ref"), p.Line("ref"), o.AnyLine("ref", "CI_COMMIT_REF"))
	if name, tag = forge.Ref(full); tag {
		return name, true
	}
	return cmp.Or(p.Line("commit.branch"), p.Line("branch"), o.AnyLine("branch", "CI_COMMIT_BRANCH"),
		strings.TrimPrefix(full, "refs/heads/")), false
}

// message is the first line of what the commit says.
func message(o, p source.Object) string {
	for _, text := range []string{
		p.Text("commit.message"), p.Text("message"), p.Text("title"),
		o.Text("message"), o.Text("commit_message"), o.Text("CI_COMMIT_MESSAGE"),
	} {
		if line := forge.FirstLine(text); line != "" {
			return line
		}
	}
	return ""
}

// page is where the pipeline can be looked at: as it is told, or on
// Woodpecker's own site, where its metadata names that.
func page(o, p source.Object) string {
	told := cmp.Or(p.AnyLink("link", "link_url", "url"), o.AnyLink("pipeline_url", "url", "link", "CI_PIPELINE_URL"))
	if told != "" {
		return told
	}
	repo, number := o.Line("repo.id"), p.Line("number")
	if repo == "" || number == "" {
		return ""
	}
	return forge.Page(o.Link("sys.url"), "/repos/", repo+"/pipeline/"+number)
}

// other tells JSON that is about no pipeline: what of it can be named.
func other(e *webhook.Event, o source.Object) {
	e.Default = len(o) > 0
	e.Container = repository(o)
	e.Subject.Title = o.AnyLine("title", "message", "text")
	e.URL = page(o, o)
	e.Title = source.Headline(*e, source.English)
}

// result knows what only Woodpecker calls its states.
func result(status string) forge.Result {
	switch status {
	case "killed":
		return forge.Canceled
	case "declined":
		return forge.Failed
	case "started":
		return forge.Running
	default:
		return forge.ReadResult(status)
	}
}
