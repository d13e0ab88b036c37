package github

import (
	"cmp"
	"net/url"
	"strings"

	"postern/pkg/source"
	"postern/pkg/source/forge"
	"postern/pkg/webhook"
)

func repositoryNoun() source.Words {
	return source.Words{English: "the repository", Japanese: "リポジトリ", Chinese: "仓库"}
}

// reference tells a branch or tag that is new or gone. The push that GitHub
// sends beside it is told by default, this is not.
func reference(e *webhook.Event, payload source.Object) {
	name := payload.Line("ref")
	i := item{name: name}
	address := e.Container.URL
	switch payload.Text("ref_type") {
	case "tag":
		i.noun = forge.Tag()
	case "repository":
		i.noun, i.name = repositoryNoun(), ""
	default:
		i.noun = forge.Branch()
		e.Branch = name
	}
	deed := "created"
	if e.Type == "delete" {
		deed = "deleted"
		e.Severity = webhook.Warning
	} else if address != "" && i.name != "" {
		tree := (&url.URL{Path: "/tree/" + name}).EscapedPath()
		address = cmp.Or(source.Link(address+tree), address)
	}
	e.Subject = webhook.Subject{Title: i.name, URL: address}
	e.URL = address
	e.Thread = thread(e, "@", i.name)
	i.wording = wording(deed, nil)
	tell(e, i)
}

func repository(e *webhook.Event, payload source.Object) {
	e.URL = e.Container.URL
	e.OccurredAt = payload.Time(e.OccurredAt, "repository.updated_at")
	switch e.Action {
	case "created":
		e.Severity = webhook.Notice
		addField(e, "Visibility", payload.Line("repository.visibility"))
	case "deleted", "publicized", "transferred", "renamed", "archived":
		e.Severity = webhook.Warning
	case "edited":
		edits(e, payload)
	}
	changes := payload.Object("changes")
	addField(e, "Before", cmp.Or(changes.Line("repository.name.from"),
		changes.Line("owner.from.user.login"), changes.Line("owner.from.organization.login")))
	tell(e, item{noun: repositoryNoun(), wording: wording(e.Action, repositoryDeeds())})
}

func public(e *webhook.Event, _ source.Object) {
	e.URL = e.Container.URL
	e.Severity = webhook.Warning
	tell(e, item{noun: repositoryNoun(), wording: repositoryDeeds()["publicized"]})
}

func fork(e *webhook.Event, payload source.Object) {
	forked := payload.Object("forkee")
	name := forked.Line("full_name")
	e.Subject = webhook.Subject{Title: name, URL: forked.Link("html_url")}
	e.URL = cmp.Or(e.Subject.URL, e.Container.URL)
	e.OccurredAt = forked.Time(e.OccurredAt, "created_at")
	addField(e, "Forks", payload.Line("repository.forks_count"))
	tell(e, item{name: name, wording: repositoryDeeds()["forked"]})
}

// star tells a star given or taken back. GitHub sends a watch beside each star
// given: that one is for those who look for it.
func star(e *webhook.Event, payload source.Object) {
	e.URL = e.Container.URL
	e.OccurredAt = payload.Time(e.OccurredAt, "starred_at")
	if e.Type == "watch" {
		e.Severity = webhook.Debug
	}
	addField(e, "Stars", payload.Line("repository.stargazers_count"))
	deed := map[string]string{"created": "starred", "started": "starred", "deleted": "unstarred"}[e.Action]
	tell(e, item{noun: repositoryNoun(), wording: repositoryDeeds()[deed]})
}

// wiki tells the pages that were written, all in one event.
func wiki(e *webhook.Event, payload source.Object) {
	pages := payload.Objects("pages")
	titles := payload.Lines("pages", "title")
	e.URL = e.Container.URL
	deed := "edited"
	if len(pages) == 1 {
		e.URL = cmp.Or(pages[0].Link("html_url"), e.URL)
		deed = cmp.Or(pages[0].Line("action"), deed)
		e.Summary = pages[0].Line("summary")
	}
	e.Subject = webhook.Subject{Title: names(titles), URL: e.URL}
	for _, page := range pages[:min(len(pages), forge.Listed)] {
		addLink(e, cmp.Or(page.Line("title"), "Page"), page.Link("html_url"))
	}
	if deed == "deleted" {
		e.Severity = webhook.Warning
	}
	tell(e, item{
		noun: source.Words{English: "wiki", Japanese: "Wiki", Chinese: "维基"},
		name: strings.TrimSpace(e.Subject.Title), wording: wording(deed, nil),
	})
}

func repositoryDeeds() map[string]source.Words {
	return map[string]source.Words{
		"publicized": {English: "{who} made {what} public", Japanese: "{who} が {what} を公開しました", Chinese: "{who} 公开了{what}"},
		"privatized": {English: "{who} made {what} private", Japanese: "{who} が {what} を非公開にしました", Chinese: "{who} 将{what}设为私有"},
		"starred":    {English: "{who} starred {what}", Japanese: "{who} が {what} にスターを付けました", Chinese: "{who} 为{what}加了星标"},
		"unstarred":  {English: "{who} took back a star", Japanese: "{who} がスターを外しました", Chinese: "{who} 取消了星标"},
		"forked":     {English: "{who} forked the repository to {what}", Japanese: "{who} がリポジトリを {what} にフォークしました", Chinese: "{who} 将仓库复刻到 {what}"},
	}
}
