package gitlab

import (
	"cmp"
	"slices"
	"strconv"

	"postern/pkg/source"
	"postern/pkg/source/forge"
	"postern/pkg/webhook"
)

func push(e *webhook.Event, payload source.Object) {
	before, after := payload.Line("before"), payload.Line("after")
	p := forge.Push{Deed: forge.Moved(before, after)}
	p.Ref, p.Tag = forge.Ref(payload.Line("ref"))
	if p.Deed == forge.Pushed && before != "" && after != "" {
		p.Compare = forge.Page(e.Container.URL, "/-/compare/", before+"..."+after)
	}
	commits := payload.Objects("commits")
	p.Count = len(commits)
	if total, err := strconv.Atoi(payload.Text("total_commits_count")); err == nil {
		p.Count = max(p.Count, total) // GitLab lists the newest twenty
	}
	for _, c := range slices.Backward(commits) { // the oldest stands first
		p.Commits = append(p.Commits, forge.ReadCommit(c.Line("id"), c.Text("message"), c.Line("author.name"), c.Link("url")))
	}
	if len(commits) > 0 {
		latest := commits[len(commits)-1]
		p.Latest = source.Clip(source.FirstLine(latest.Text("message")), source.MaxExcerpt)
		e.Author = latest.Line("author.name")
		e.OccurredAt = when(e.OccurredAt, latest, "timestamp")
	}
	if p.Deed != forge.Deleted {
		e.URL = cmp.Or(refPage(p, e.Container.URL), e.Container.URL)
	}
	e.Body = source.Excerpt(payload.Text("message")) // of an annotated tag
	e.Paths = forge.Touched(commits)
	p.Tell(e)
}

func refPage(p forge.Push, project string) string {
	if p.Tag {
		return forge.Page(project, "/-/tags/", p.Ref)
	}
	return forge.Page(project, "/-/commits/", p.Ref)
}
