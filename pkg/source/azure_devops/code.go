package azuredevops

import (
	"cmp"
	"net/url"
	"slices"
	"strings"

	"postern/pkg/source"
	"postern/pkg/source/forge"
	"postern/pkg/webhook"
)

// repository is "project/repository", and its page.
func repository(repo source.Object) webhook.Party {
	name, project := repo.Line("name"), repo.Line("project.name")
	if project != "" && project != name && name != "" {
		name = source.Clip(project+"/"+name, source.MaxLine)
	}
	return webhook.Party{Name: name, URL: cmp.Or(repo.Link("webUrl"), withoutUser(repo.Text("remoteUrl")))}
}

// withoutUser drops the name that Azure DevOps puts into addresses to clone
// from.
func withoutUser(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	u.User = nil
	return source.Link(u.String())
}

// pushes gives one event for each branch or tag that moved. Azure DevOps lists
// the commits of all of them together.
func pushes(base webhook.Event, r source.Object) []webhook.Event {
	base.Container = repository(r.Object("repository"))
	base.Actor = person(r, "pushedBy")
	base.OccurredAt = r.Time(base.OccurredAt, "date")
	base.URL = ""
	updates, commits := r.Objects("refUpdates"), r.Objects("commits")
	return source.Each(base, updates, func(e *webhook.Event, update source.Object) {
		pushed(e, update, commits, len(updates) > 1)
	})
}

func pushed(e *webhook.Event, update source.Object, commits []source.Object, several bool) {
	before, after := update.Line("oldObjectId"), update.Line("newObjectId")
	p := forge.Push{Deed: forge.Moved(before, after)}
	p.Ref, p.Tag = forge.Ref(update.Line("name"))
	if p.Deed != forge.Deleted && !several {
		for _, c := range commits { // the newest stands first
			p.Commits = append(p.Commits, forge.ReadCommit(c.Line("commitId"), c.Text("comment"), c.Line("author.name"), commitPage(e, c)))
		}
		p.Count = len(p.Commits)
	}
	p.Unknown = p.Count == 0 && p.Deed == forge.Pushed
	if p.Count > 0 {
		p.Latest, e.Author = p.Commits[0].Line, p.Commits[0].Author
	}
	if p.Deed == forge.Pushed && !p.Tag {
		p.Compare = compare(e.Container.URL, before, after)
	}
	p.Tell(e)
}

func commitPage(e *webhook.Event, commit source.Object) string {
	return forge.Page(e.Container.URL, "/commit/", commit.Line("commitId"))
}

// compare is where the difference of two commits can be seen.
func compare(repo, before, after string) string {
	if repo == "" || before == "" || after == "" {
		return ""
	}
	query := url.Values{"baseVersion": {"GC" + before}, "targetVersion": {"GC" + after}}
	return source.Link(strings.TrimSuffix(repo, "/") + "/branchCompare?" + query.Encode())
}

// about fills in what all events of a pull request have in common, and gives it
// its name.
func about(e *webhook.Event, pull source.Object) string {
	e.Container = repository(pull.Object("repository"))
	number := pull.Line("pullRequestId")
	e.Subject = webhook.Subject{
		Title: pull.Line("title"), Number: number,
		URL: cmp.Or(pull.Link("_links.web.href"), forge.Page(e.Container.URL, "/pullrequest/", number)),
	}
	e.URL = cmp.Or(e.Subject.URL, e.URL)
	e.Draft = pull.Flag("isDraft")
	e.Author = person(pull, "createdBy").Name
	e.Branch, _ = forge.Ref(pull.Line("targetRefName"))
	e.Thread = forge.Thread(e, "!", number)
	for _, l := range pull.Objects("labels") {
		if name := l.Line("name"); name != "" {
			e.Labels = append(e.Labels, name)
		}
	}
	head, _ := forge.Ref(pull.Line("sourceRefName"))
	forge.AddField(e, "Branch", forge.Into(head, e.Branch))
	return forge.Numbered(number)
}

// pullRequest tells what became of a pull request. That it was opened, closed or
// cannot be merged is a default event. A completed one is updated, and merged
// besides: the former tells it.
func pullRequest(e *webhook.Event, r source.Object) {
	i := forge.Item{Name: about(e, r)}
	i.Noun = forge.PullRequest(e.Draft)
	switch {
	case e.Type == pullCreated:
		i.Deed = "opened"
		e.Default = true
		e.Actor = person(r, "createdBy")
		e.Body = source.Excerpt(r.Text("description"))
		forge.AddField(e, "Reviewers", forge.Shortened(reviewers(r)))
	case failedToMerge(r) && e.Type == pullMerged:
		unmergeable(e, r, i.Name)
		return
	case e.Action == "completed":
		i.Deed = "merged"
		e.Default = e.Type == pullUpdated
		e.Actor = person(r, "closedBy")
	case e.Action == "abandoned":
		i.Deed = "closed"
		e.Default = e.Type == pullUpdated
		e.Actor = person(r, "closedBy")
	case e.Type == pullMerged:
		e.Severity = webhook.Debug // a trial
	}
	worded(e, i)
}

// worded tells an event in our words, if place and person are known; else Azure
// DevOps's stand.
func worded(e *webhook.Event, i forge.Item) {
	i.Tell(e)
	if i.Deed == "" || e.Container.Name == "" || e.Actor.Name == "" {
		e.Detail = nil
	}
}

func failedToMerge(pull source.Object) bool {
	return slices.Contains([]string{"conflicts", "failure", "rejectedByPolicy"}, pull.Text("mergeStatus"))
}

func unmergeable(e *webhook.Event, pull source.Object, name string) {
	e.Default = true
	forge.AddField(e, "Merge", pull.Line("mergeStatus"))
	told(e, forge.Run{
		Noun: source.Words{English: "merge of pull request", Japanese: "プルリクエストのマージ", Chinese: "拉取请求合并"},
		Name: name, Ref: e.Branch, Result: forge.Failed,
	})
	e.Severity = webhook.Warning
}

func reviewers(pull source.Object) []string { return pull.Lines("reviewers", "displayName") }

// comment tells what was said of a pull request. It is no default event.
func comment(e *webhook.Event, r source.Object) {
	said := r.Object("comment")
	i := forge.Item{Name: about(e, r.Object("pullRequest")), Deed: "commented"}
	i.Noun = forge.PullRequest(e.Draft)
	switch published := said.Text("publishedDate"); {
	case said.Flag("isDeleted"):
		i.Deed = "comment_deleted"
	case published != "" && cmp.Or(said.Text("lastContentUpdatedDate"), published) != published:
		i.Deed = "comment_edited"
	}
	e.Actor = person(said, "author")
	e.Body = source.Excerpt(said.Text("content"))
	e.URL = cmp.Or(said.Link("_links.web.href"), e.URL)
	e.OccurredAt = said.Time(e.OccurredAt, "lastUpdatedDate", "publishedDate")
	worded(e, i)
}
