package bitbucket

import (
	"cmp"

	"postern/pkg/source"
	"postern/pkg/source/forge"
	"postern/pkg/webhook"
)

// push tells of one branch or tag that moved.
func push(e *webhook.Event, change source.Object) {
	now := change.Object("new")
	if now == nil {
		now = change.Object("old") // what was there before it was deleted
	}
	p := forge.Push{
		Tag: now.Text("type") == "tag", Ref: now.Line("name"), Deed: deed(change),
		More: change.Flag("truncated"), Compare: change.Link("links.html.href"),
	}
	if p.Deed == forge.Deleted {
		p.Compare = ""
	}
	for _, c := range change.Objects("commits") { // the newest stands first
		p.Commits = append(p.Commits, forge.ReadCommit(
			c.Line("hash"), c.Text("message"), author(c), c.Link("links.html.href")))
	}
	p.Count = len(p.Commits)
	target := now.Object("target")
	if p.Count > 0 {
		p.Latest = cmp.Or(source.Clip(source.FirstLine(target.Text("message")), source.MaxExcerpt), p.Commits[0].Line)
		e.Author = cmp.Or(author(target), p.Commits[0].Author)
		e.OccurredAt = target.Time(e.OccurredAt, "date")
	}
	if p.Deed != forge.Deleted {
		e.URL = now.Link("links.html.href")
	}
	p.Tell(e)
}

func deed(change source.Object) forge.Deed {
	switch {
	case change.Flag("closed") || change.Object("new") == nil && change.Object("old") != nil:
		return forge.Deleted
	case change.Flag("created") || change.Object("old") == nil && change.Object("new") != nil:
		return forge.Created
	case change.Flag("forced"):
		return forge.Forced
	default:
		return forge.Pushed
	}
}

// author is who wrote a commit: a user, or the raw "Name <mail>" without its
// mail.
func author(commit source.Object) string {
	return cmp.Or(name(commit.Object("author.user")), withoutMail(commit.Line("author.raw")))
}
