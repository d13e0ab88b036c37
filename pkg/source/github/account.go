package github

import (
	"cmp"
	"strings"

	"postern/pkg/source"
	"postern/pkg/webhook"
)

func sponsorship(e *webhook.Event, payload source.Object) {
	thing := payload.Object("sponsorship")
	if e.Container.Name == "" {
		e.Container = webhook.Party{
			Name: thing.Line("sponsorable.login"), URL: thing.Link("sponsorable.html_url"),
		}
	}
	if sponsor := thing.Line("sponsor.login"); sponsor != "" {
		e.Actor = webhook.Party{Name: sponsor, URL: thing.Link("sponsor.html_url")}
	}
	tier := thing.Line("tier.name")
	e.Confidential = thing.Line("privacy_level") == "private"
	e.Subject = webhook.Subject{Title: tier}
	e.URL = cmp.Or(e.Actor.URL, e.Container.URL)
	e.OccurredAt = thing.Time(e.OccurredAt, "created_at")
	switch e.Action {
	case "created":
		e.Severity = webhook.Notice
	case "cancelled", "pending_cancellation":
		e.Severity = webhook.Warning
	}
	addField(e, "Tier", into(payload.Line("changes.tier.from.name"), tier))
	addField(e, "Takes effect", payload.Line("effective_date"))
	tell(e, item{
		noun:  source.Words{English: "the sponsorship", Japanese: "スポンサーシップ", Chinese: "赞助"},
		title: tier, wording: wording(e.Action, sponsorshipDeeds()),
	})
}

// installation tells what happens to a GitHub App and to the repositories it
// may see.
func installation(e *webhook.Event, payload source.Object) {
	thing := payload.Object("installation")
	app := thing.Line("app_slug")
	if e.Container.Name == "" {
		e.Container = webhook.Party{Name: thing.Line("account.login"), URL: thing.Link("account.html_url")}
	}
	e.Subject = webhook.Subject{Title: app, URL: thing.Link("html_url")}
	e.URL = cmp.Or(e.Subject.URL, e.Container.URL)
	e.OccurredAt = thing.Time(e.OccurredAt, "updated_at", "created_at")
	if e.Action == "deleted" || e.Action == "suspend" {
		e.Severity = webhook.Warning
	}
	for _, list := range []string{"repositories", "repositories_added", "repositories_removed"} {
		addField(e, "Repositories", names(payload.Lines(list, "full_name")))
	}
	deed := e.Action
	if strings.HasSuffix(e.Type, "installation_repositories") {
		deed = "repositories_" + deed
	}
	tell(e, item{
		noun: source.Words{English: "GitHub App", Japanese: "GitHub App", Chinese: "GitHub 应用"},
		name: app, wording: wording(deed, installationDeeds()),
	})
}

func installationTarget(e *webhook.Event, payload source.Object) {
	if e.Container.Name == "" {
		e.Container = webhook.Party{Name: payload.Line("account.login"), URL: payload.Link("account.html_url")}
	}
	e.URL = cmp.Or(payload.Link("account.html_url"), e.Container.URL)
	addField(e, "Before", payload.Line("changes.login.from"))
	tell(e, item{
		noun:    source.Words{English: "the account", Japanese: "アカウント", Chinese: "账户"},
		wording: wording(e.Action, nil),
	})
}

func authorization(e *webhook.Event, _ source.Object) {
	if e.Container.Name == "" {
		e.Container = e.Actor
	}
	e.URL = e.Actor.URL
	e.Severity = webhook.Warning
	deed := "authorization_" + e.Action
	tell(e, item{wording: installationDeeds()[deed]})
}

func sponsorshipDeeds() map[string]source.Words {
	return map[string]source.Words{
		"created":              {English: "{who} began a sponsorship", Japanese: "{who} がスポンサーになりました", Chinese: "{who} 开始赞助"},
		"cancelled":            {English: "{who} ended {what}", Japanese: "{who} が{what}を終了しました", Chinese: "{who} 终止了{what}"},
		"tier_changed":         {English: "{who} changed the tier of {what}", Japanese: "{who} が{what}の支援額を変更しました", Chinese: "{who} 更改了{what}等级"},
		"pending_tier_change":  {English: "{who} will change the tier of {what}", Japanese: "{who} が{what}の支援額の変更を予定しています", Chinese: "{who} 计划更改{what}等级"},
		"pending_cancellation": {English: "{who} will end {what}", Japanese: "{who} が{what}の終了を予定しています", Chinese: "{who} 计划终止{what}"},
	}
}

func installationDeeds() map[string]source.Words {
	return map[string]source.Words{
		"created":                  {English: "{who} installed {what}", Japanese: "{who} が {what} をインストールしました", Chinese: "{who} 安装了{what}"},
		"deleted":                  {English: "{who} uninstalled {what}", Japanese: "{who} が {what} をアンインストールしました", Chinese: "{who} 卸载了{what}"},
		"suspend":                  {English: "{who} suspended {what}", Japanese: "{who} が {what} を一時停止しました", Chinese: "{who} 暂停了{what}"},
		"unsuspend":                {English: "{who} resumed {what}", Japanese: "{who} が {what} を再開しました", Chinese: "{who} 恢复了{what}"},
		"new_permissions_accepted": {English: "{who} accepted new permissions of {what}", Japanese: "{who} が {what} の新しい権限を承認しました", Chinese: "{who} 接受了{what}的新权限"},
		"repositories_added":       {English: "{who} gave {what} access to repositories", Japanese: "{who} が {what} にリポジトリへのアクセスを許可しました", Chinese: "{who} 授予{what}访问仓库的权限"},
		"repositories_removed":     {English: "{who} took from {what} its access to repositories", Japanese: "{who} が {what} からリポジトリへのアクセスを外しました", Chinese: "{who} 取消了{what}访问仓库的权限"},
		"authorization_revoked":    {English: "{who} revoked the authorization of a GitHub App", Japanese: "{who} が GitHub App の認可を取り消しました", Chinese: "{who} 撤销了对 GitHub 应用的授权"},
	}
}
