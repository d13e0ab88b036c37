package github

import (
	"cmp"
	"slices"

	"postern/pkg/source"
	"postern/pkg/source/forge"
	"postern/pkg/webhook"
)

func pushed(e *webhook.Event, payload source.Object) {
	if name := payload.Line("pusher.name"); name != "" && name != e.Actor.Name {
		e.Actor = webhook.Party{Name: name}
	}
	e.Author = author(payload.Object("head_commit"))
	e.OccurredAt = payload.Time(e.OccurredAt, "repository.pushed_at")
	e.URL = payload.Link("head_commit.url")
	e.Paths = forge.Touched(payload.Objects("commits"))
	readPush(payload).Tell(e)
}

func readPush(payload source.Object) forge.Push {
	commits := payload.Objects("commits")
	p := forge.Push{
		Deed: deed(payload), Count: len(payload.List("commits")), Compare: payload.Link("compare"),
	}
	p.Ref, p.Tag = forge.Ref(payload.Line("ref"))
	for _, c := range slices.Backward(commits) {
		if len(p.Commits) == forge.Listed {
			break
		}
		p.Commits = append(p.Commits, forge.ReadCommit(c.Line("id"), c.Text("message"), author(c), c.Link("url")))
	}
	if p.Count > 0 {
		p.Latest = latest(payload, commits)
	}
	return p
}

// author is who wrote a commit: by login, as everywhere on GitHub, else by the
// name, which is a setting of the author's own.
func author(commit source.Object) string {
	return cmp.Or(commit.Line("author.username"), commit.Line("author.name"))
}

// latest gives the first line of head_commit, else of the last commit:
// senders list the oldest first.
func latest(payload source.Object, commits []source.Object) string {
	line := source.FirstLine(payload.Text("head_commit.message"))
	if line == "" && len(commits) > 0 {
		line = source.FirstLine(commits[len(commits)-1].Text("message"))
	}
	return source.Clip(line, source.MaxExcerpt)
}

func deed(payload source.Object) forge.Deed {
	for _, flag := range []forge.Deed{forge.Deleted, forge.Created, forge.Forced} {
		if payload.Flag(string(flag)) {
			return flag
		}
	}
	return forge.Pushed
}
