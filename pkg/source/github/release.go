package github

import (
	"cmp"
	"strconv"
	"strings"

	"postern/pkg/source"
	"postern/pkg/source/forge"
	"postern/pkg/webhook"
)

// release tells the publishing by default and nothing beside it: GitHub sends
// created, published and released of the same thing.
func release(e *webhook.Event, payload source.Object) {
	thing := payload.Object("release")
	i := item{
		noun:    source.Words{English: "release", Japanese: "リリース", Chinese: "版本"},
		name:    thing.Line("tag_name"),
		wording: wording(e.Action, releaseDeeds()),
	}
	if thing.Flag("prerelease") {
		i.noun = source.Words{English: "pre-release", Japanese: "プレリリース", Chinese: "预发布版本"}
	}
	i.title = cmp.Or(thing.Line("name"), i.name)
	e.Draft = thing.Flag("draft")
	e.Subject = webhook.Subject{Title: i.title, URL: thing.Link("html_url")}
	e.URL = e.Subject.URL
	e.Author = thing.Line("author.login")
	e.Thread = thread(e, ":", i.name)
	e.OccurredAt = thing.Time(e.OccurredAt, "published_at", "created_at")
	switch e.Action {
	case "published":
		e.Default = true
		e.Severity = webhook.Notice
		e.Body = source.Notes(thing.Text("body"))
		addField(e, "Files", files(thing))
	case "deleted", "unpublished":
		e.Severity = webhook.Warning
	case "created", "released", "prereleased":
		e.Severity = webhook.Debug
	case "edited":
		edits(e, payload)
	}
	tell(e, i)
}

func files(release source.Object) string {
	names := release.Lines("assets", "name")
	if rest := len(names) - forge.Listed; rest > 0 {
		names = append(names[:forge.Listed], "+"+strconv.Itoa(rest))
	}
	return strings.Join(names, ", ")
}

func releaseDeeds() map[string]source.Words {
	return map[string]source.Words{
		"released":    {English: "{who} released {what}", Japanese: "{who} が {what} をリリースしました", Chinese: "{who} 正式发布了{what}"},
		"prereleased": {English: "{who} pre-released {what}", Japanese: "{who} が {what} をプレリリースしました", Chinese: "{who} 预发布了{what}"},
	}
}

// packaged tells a package. GitHub sends each one twice, as package and as
// registry_package: the second is for those who look for it.
func packaged(e *webhook.Event, payload source.Object) {
	thing := payload.Object(e.Type)
	version := thing.Object("package_version")
	e.Severity = webhook.Notice
	if e.Type == "registry_package" {
		e.Severity = webhook.Debug
	}
	name := thing.Line("name")
	e.Subject = webhook.Subject{Title: name, URL: thing.Link("html_url")}
	e.URL = cmp.Or(version.Link("html_url"), e.Subject.URL, e.Container.URL)
	e.Author = cmp.Or(version.Line("author.login"), thing.Line("owner.login"))
	e.Thread = thread(e, ":package:", name)
	e.OccurredAt = thing.Time(e.OccurredAt, "updated_at", "created_at")
	tag := cmp.Or(version.Line("container_metadata.tag.name"), version.Line("version"))
	addField(e, "Version", tag)
	addField(e, "Type", strings.ToLower(thing.Line("package_type")))
	if strings.EqualFold(thing.Line("package_type"), "container") {
		addField(e, "Pull", version.Line("package_url"))
	}
	tell(e, item{
		noun:    source.Words{English: "package", Japanese: "パッケージ", Chinese: "软件包"},
		name:    name,
		wording: wording(e.Action, nil),
	})
}
