package bitbucket

import (
	"cmp"
	"strings"

	"postern/pkg/source"
	"postern/pkg/source/forge"
	"postern/pkg/webhook"
)

// status tells what a machine says of a commit. That it failed is a default
// event.
func status(e *webhook.Event, payload source.Object) {
	thing := payload.Object("commit_status")
	commit := thing.Object("commit")
	r := forge.Run{
		Noun: source.Words{English: "build", Japanese: "ビルド", Chinese: "构建"},
		Name: cmp.Or(thing.Line("name"), thing.Line("key")), Ref: thing.Line("refname"), Result: forge.ReadResult(thing.Text("state")),
	}
	e.Branch = r.Ref
	e.Subject = webhook.Subject{
		Title: cmp.Or(source.Clip(source.FirstLine(commit.Text("message")), source.MaxLine), thing.Line("description"), r.Name),
		URL:   thing.Link("url"),
	}
	e.URL = cmp.Or(e.Subject.URL, e.Container.URL)
	e.Author = author(commit)
	id := commit.Line("hash")
	e.Thread = forge.Thread(e, ":commit:", id)
	e.OccurredAt = thing.Time(e.OccurredAt, "updated_on", "created_on")
	forge.AddField(e, "Commit", forge.Short(id))
	forge.AddLink(e, "Commit", commit.Link("links.html.href"))
	e.Default = r.Result == forge.Failed
	r.Tell(e)
}

func fork(e *webhook.Event, payload source.Object) {
	e.Subject = webhook.Subject{Title: payload.Line("fork.full_name"), URL: payload.Link("fork.links.html.href")}
	e.URL = cmp.Or(e.Subject.URL, e.Container.URL)
	forge.Item{Noun: forge.Repository(), Deed: "forked"}.Tell(e)
}

func commitComment(e *webhook.Event, payload source.Object) {
	commit := payload.Object("commit")
	id := commit.Line("hash")
	e.Subject = webhook.Subject{Title: forge.Short(id), URL: commit.Link("links.html.href")}
	e.URL = cmp.Or(e.Subject.URL, e.Container.URL)
	e.Thread = forge.Thread(e, ":commit:", id)
	said(e, payload)
	forge.Item{Noun: forge.CommitNoun(), Name: forge.Short(id), Deed: "commented"}.Tell(e)
}

// repository tells that a repository's own data changed, and how it was called
// before.
func repository(e *webhook.Event, payload source.Object) {
	e.URL = e.Container.URL
	forge.AddField(e, "Before", cmp.Or(payload.Line("changes.full_name.old"), payload.Line("changes.name.old")))
	forge.AddField(e, "Changed", changed(payload.Object("changes")))
	forge.Line{Wording: source.Words{
		English: "{who} updated the repository", Japanese: "{who} がリポジトリを更新しました", Chinese: "{who} 更新了仓库",
	}}.Tell(e)
}

// other tells an event that has no words of its own here.
func other(e *webhook.Event, payload source.Object) {
	e.URL = e.Container.URL
	if payload.Object("comment") != nil {
		said(e, payload)
	}
	e.Title = source.Headline(*e, source.English)
}

// withoutMail gives the name of "Name <mail>".
func withoutMail(raw string) string {
	name, _, _ := strings.Cut(raw, "<")
	return strings.TrimSpace(name)
}
