package bitbucket_dc

import (
	"cmp"
	"net/url"

	"postern/pkg/source"
	"postern/pkg/source/forge"
	"postern/pkg/webhook"
)

// pushes gives one event for each branch or tag that moved. Only where it is
// one do the commits beside it, if there are any, belong to it.
func pushes(base webhook.Event, payload source.Object, changes []source.Object) []webhook.Event {
	var commits []source.Object
	if len(changes) == 1 {
		commits = payload.Objects("commits")
	}
	return source.Each(base, changes, func(e *webhook.Event, change source.Object) {
		push(e, change, commits, payload.Object("toCommit"))
	})
}

func push(e *webhook.Event, change source.Object, commits []source.Object, head source.Object) {
	full := cmp.Or(change.Line("ref.id"), change.Line("refId"))
	p := forge.Push{Count: len(commits), Unknown: len(commits) == 0}
	p.Ref, p.Tag = forge.Ref(full)
	switch change.Text("type") {
	case "ADD":
		p.Deed = forge.Created
	case "DELETE":
		p.Deed = forge.Deleted
	}
	for _, c := range commits { // the newest stands first
		id := c.Line("id")
		p.Commits = append(p.Commits, forge.ReadCommit(
			id, c.Text("message"), name(c.Object("author")), forge.Page(e.Container.URL, "/commits/", id)))
	}
	if p.Count > 0 {
		if head == nil {
			head = commits[0]
		}
		p.Latest = source.Clip(source.FirstLine(head.Text("message")), source.MaxExcerpt)
		e.Author = name(head.Object("author"))
	}
	if p.Deed != forge.Deleted {
		e.URL = history(e.Container.URL, full)
	}
	p.Tell(e)
	e.Default = e.Type == "repo:refs_changed" // a mirror repeats what was told at its origin
}

// history is the address of a branch's or tag's commits.
func history(repository, ref string) string {
	if repository == "" || ref == "" {
		return ""
	}
	return source.Link(repository + "/commits?until=" + url.QueryEscape(ref))
}
