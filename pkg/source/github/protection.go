package github

import (
	"cmp"
	"maps"
	"slices"

	"postern/pkg/source"
	"postern/pkg/source/forge"
	"postern/pkg/webhook"
)

// protection tells that what guards a branch has changed: always a warning.
func protection(e *webhook.Event, payload source.Object) {
	name := payload.Line("rule.name")
	i := item{
		noun: source.Words{English: "branch protection", Japanese: "ブランチ保護", Chinese: "分支保护"},
		name: name, wording: wording(e.Action, protectionDeeds()),
	}
	e.Severity = webhook.Warning
	e.Subject = webhook.Subject{Title: name}
	e.URL = e.Container.URL
	e.OccurredAt = payload.Time(e.OccurredAt, "rule.updated_at", "rule.created_at")
	addChanges(e, payload.Object("changes"))
	tell(e, i)
}

func ruleset(e *webhook.Event, payload source.Object) {
	rules := payload.Object("repository_ruleset")
	name := rules.Line("name")
	e.Severity = webhook.Warning
	e.Subject = webhook.Subject{Title: name, URL: rules.Link("_links.html.href")}
	e.URL = cmp.Or(e.Subject.URL, e.Container.URL)
	e.OccurredAt = rules.Time(e.OccurredAt, "updated_at", "created_at")
	addField(e, "Target", rules.Line("target"))
	addField(e, "Enforcement", spaced(rules.Line("enforcement")))
	addChanges(e, payload.Object("changes"))
	tell(e, item{
		noun: source.Words{English: "ruleset", Japanese: "ルールセット", Chinese: "规则集"},
		name: name, wording: wording(e.Action, nil),
	})
}

// securitySettings has no action: it tells what was switched.
func securitySettings(e *webhook.Event, payload source.Object) {
	e.Severity = webhook.Warning
	e.URL = e.Container.URL
	before := payload.Object("changes.from.security_and_analysis")
	if before == nil {
		before = payload.Object("changes.from")
	}
	addChanges(e, before)
	now := payload.Object("repository.security_and_analysis")
	for _, name := range slices.Sorted(maps.Keys(before)) {
		was, is := before.Object(name).Line("status"), now.Object(name).Line("status")
		if change := into(was, is); was != is {
			addField(e, source.Line("Setting "+spaced(name)), change)
		}
		if len(e.Fields) > forge.Listed {
			break
		}
	}
	tell(e, item{wording: protectionDeeds()["settings"]})
}

// addChanges names what was changed.
func addChanges(e *webhook.Event, changes source.Object) {
	addField(e, "Changed", spaced(names(slices.Sorted(maps.Keys(changes)))))
}

func protectionDeeds() map[string]source.Words {
	return map[string]source.Words{
		"enabled":  {English: "{who} enabled {what}", Japanese: "{who} が {what} を有効にしました", Chinese: "{who} 启用了{what}"},
		"disabled": {English: "{who} disabled {what}", Japanese: "{who} が {what} を無効にしました", Chinese: "{who} 停用了{what}"},
		"settings": {English: "{who} changed the security settings", Japanese: "{who} がセキュリティ設定を変更しました", Chinese: "{who} 更改了安全设置"},
	}
}
