package github

import (
	"cmp"

	"postern/pkg/source"
	"postern/pkg/webhook"
)

func advisoryNoun() source.Words {
	return source.Words{English: "security advisory", Japanese: "セキュリティアドバイザリ", Chinese: "安全公告"}
}

func repositoryAdvisory(e *webhook.Event, payload source.Object) {
	advise(e, payload.Object("repository_advisory"))
}

// securityAdvisory tells an advisory that is nobody's: it is about a package,
// not about a repository, and GitHub itself publishes it.
func securityAdvisory(e *webhook.Event, payload source.Object) {
	if e.Container.Name == "" {
		e.Container = webhook.Party{Name: "GitHub Advisory Database", URL: "https://github.com/advisories"}
	}
	e.Actor.Name = cmp.Or(e.Actor.Name, "GitHub")
	advise(e, payload.Object("security_advisory"))
}

func advise(e *webhook.Event, advisory source.Object) {
	e.Confidential = true
	id := advisory.Line("ghsa_id")
	e.Subject = webhook.Subject{Title: advisory.Line("summary"), Number: id, URL: advisory.Link("html_url")}
	e.URL = cmp.Or(e.Subject.URL, e.Container.URL)
	e.Author = advisory.Line("author.login")
	e.Thread = thread(e, ":advisory:", id)
	e.OccurredAt = advisory.Time(e.OccurredAt, "updated_at", "published_at", "created_at")
	e.Severity = risk(e.Action, advisory.Line("severity"))
	addField(e, "Severity", advisory.Line("severity"))
	addField(e, "Advisory", ids(advisory))
	if list := advisory.Objects("vulnerabilities"); len(list) > 0 {
		first := list[0]
		addField(e, "Package", packageName(first.Object("package")))
		addField(e, "Versions", into(first.Line("vulnerable_version_range"),
			cmp.Or(first.Line("first_patched_version.identifier"), first.Line("patched_versions"))))
	}
	tell(e, item{
		noun: advisoryNoun(), name: id, title: e.Subject.Title,
		wording: wording(e.Action, advisoryDeeds()),
	})
}

func advisoryDeeds() map[string]source.Words {
	return map[string]source.Words{
		"reported":  {English: "{who} reported {what}", Japanese: "{who} が {what} を報告しました", Chinese: "{who} 报告了{what}"},
		"withdrawn": {English: "{who} withdrew {what}", Japanese: "{who} が {what} を取り下げました", Chinese: "{who} 撤回了{what}"},
	}
}
