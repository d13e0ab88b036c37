package gitea

import (
	"cmp"
	"slices"
	"strconv"

	"postern/pkg/source"
	"postern/pkg/source/forge"
	"postern/pkg/webhook"
)

func push(e *webhook.Event, payload source.Object) {
	if name := login(payload.Object("pusher")); name != "" && name != e.Actor.Name {
		e.Actor = webhook.Party{Name: name, URL: payload.Link("pusher.html_url")}
	}
	p := forge.Push{
		Deed:    forge.Moved(payload.Text("before"), payload.Text("after")),
		Compare: cmp.Or(payload.Link("compare_url"), payload.Link("compare")),
	}
	p.Ref, p.Tag = forge.Ref(payload.Line("ref"))
	commits := newestFirst(payload)
	p.Count = len(commits)
	if total, err := strconv.Atoi(payload.Text("total_commits")); err == nil {
		p.Count = max(p.Count, total)
	}
	for _, c := range commits[:min(len(commits), forge.Listed)] {
		author := cmp.Or(c.Line("author.username"), c.Line("author.name"))
		p.Commits = append(p.Commits, forge.ReadCommit(c.Line("id"), c.Text("message"), author, c.Link("url")))
	}
	if p.Count > 0 {
		head := payload.Object("head_commit")
		if head == nil && len(commits) > 0 {
			head = commits[0]
		}
		p.Latest = source.Clip(source.FirstLine(head.Text("message")), source.MaxExcerpt)
		e.Author = cmp.Or(head.Line("author.username"), head.Line("author.name"))
		e.OccurredAt = head.Time(e.OccurredAt, "timestamp")
	}
	e.Paths = forge.Touched(commits)
	p.Tell(e)
}

// newestFirst gives the commits of a push. The service lists the newest first;
// that the last one is what the branch now points to shows another order.
func newestFirst(payload source.Object) []source.Object {
	commits := payload.Objects("commits")
	after := payload.Text("after")
	if len(commits) > 1 && after != "" && commits[len(commits)-1].Text("id") == after {
		slices.Reverse(commits)
	}
	return commits
}
