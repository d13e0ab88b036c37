package bitbucket_dc

import (
	"cmp"
	"strings"

	"postern/pkg/source"
	"postern/pkg/source/forge"
	"postern/pkg/webhook"
)

func commitComment(e *webhook.Event, payload source.Object) {
	id := payload.Line("commit")
	e.Subject = webhook.Subject{Title: forge.Short(id), URL: forge.Page(e.Container.URL, "/commits/", id)}
	e.URL = cmp.Or(e.Subject.URL, e.Container.URL)
	e.Thread = forge.Thread(e, ":commit:", id)
	e.Body = source.Excerpt(payload.Text("comment.text"))
	event := strings.TrimPrefix(e.Type, "repo:")
	forge.Item{Noun: forge.CommitNoun(), Name: forge.Short(id), Deed: deeds()[event]}.Tell(e)
}

// fork tells of a copy: the payload's repository is the new one, and names the
// one that it was made of.
func fork(e *webhook.Event, payload source.Object) {
	e.URL = e.Container.URL
	if origin := payload.Object("repository.origin"); origin != nil {
		e.Subject = webhook.Subject{Title: e.Container.Name, URL: e.Container.URL}
		e.Container = webhook.Party{Name: slug(origin), URL: source.Link(strings.TrimSuffix(self(origin), "/browse"))}
	}
	forge.Item{Noun: forge.Repository(), Deed: "forked"}.Tell(e)
}

// repository tells that a repository's own data changed, and how it was called
// before.
func repository(e *webhook.Event, payload source.Object) {
	e.URL = e.Container.URL
	e.Container.Name = cmp.Or(slug(payload.Object("new")), e.Container.Name)
	if before := slug(payload.Object("old")); before != e.Container.Name {
		forge.AddField(e, "Before", before)
	}
	forge.Line{Wording: source.Words{
		English: "{who} updated the repository", Japanese: "{who} がリポジトリを更新しました", Chinese: "{who} 更新了仓库",
	}}.Tell(e)
}

// other tells an event that has no words of its own here.
func other(e *webhook.Event, _ source.Object) {
	e.URL = e.Container.URL
	if e.Type == "repo:secret_detected" { // where a secret lies is for those who may know it
		e.Severity, e.Confidential = webhook.Error, true
	}
	e.Title = source.Headline(*e, source.English)
}
