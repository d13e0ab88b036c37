package github

import (
	"cmp"

	"postern/pkg/source"
	"postern/pkg/webhook"
)

// person makes somebody the subject of an event and of its wording.
func person(e *webhook.Event, who source.Object, wording source.Words) item {
	name := who.Line("login")
	e.Subject = webhook.Subject{Title: name, URL: who.Link("html_url")}
	e.URL = cmp.Or(e.Container.URL, e.Subject.URL)
	if e.Action == "removed" || e.Action == "member_removed" {
		e.Severity = webhook.Warning
	}
	return item{places: []string{"member", name}, wording: wording}
}

func member(e *webhook.Event, payload source.Object) {
	i := person(e, payload.Object("member"), memberDeeds()[e.Action])
	changes := payload.Object("changes")
	before := cmp.Or(changes.Line("old_permission.from"), changes.Line("permission.from"))
	now := cmp.Or(changes.Line("permission.to"), changes.Line("role_name.to"))
	addField(e, "Permission", into(before, now))
	tell(e, i)
}

func membership(e *webhook.Event, payload source.Object) {
	i := person(e, payload.Object("member"), memberDeeds()["team_"+e.Action])
	i.places = append(i.places, "team", payload.Line("team.name"))
	e.URL = cmp.Or(payload.Link("team.html_url"), e.URL)
	addField(e, "Team", payload.Line("team.name"))
	tell(e, i)
}

func organization(e *webhook.Event, payload source.Object) {
	who := payload.Object("membership.user")
	if e.Action == "member_invited" {
		who = payload.Object("user")
		if who == nil {
			who = payload.Object("invitation")
		}
	}
	i := person(e, who, organizationDeeds()[e.Action])
	addField(e, "Role", spaced(cmp.Or(payload.Line("membership.role"), payload.Line("invitation.role"))))
	switch e.Action {
	case "renamed":
		e.Severity = webhook.Warning
		addField(e, "Before", payload.Line("changes.login.from"))
	case "deleted":
		e.Severity = webhook.Warning
	}
	tell(e, i)
}

// team tells what is done to a team, and to its access to a repository.
func team(e *webhook.Event, payload source.Object) {
	thing := payload.Object("team")
	name := thing.Line("name")
	deed := e.Action
	if e.Type == "team_add" {
		deed = "added_to_repository"
	}
	e.Subject = webhook.Subject{Title: name, URL: thing.Link("html_url")}
	e.URL = cmp.Or(e.Subject.URL, e.Container.URL)
	if deed == "deleted" || deed == "removed_from_repository" {
		e.Severity = webhook.Warning
	}
	addField(e, "Permission", thing.Line("permission"))
	if e.Action == "edited" {
		edits(e, payload)
	}
	tell(e, item{
		noun: source.Words{English: "team", Japanese: "チーム", Chinese: "团队"},
		name: name, wording: wording(deed, teamDeeds()),
	})
}

func memberDeeds() map[string]source.Words {
	return map[string]source.Words{
		"added":        {English: "{who} added {member} as a collaborator", Japanese: "{who} が {member} を共同作業者に追加しました", Chinese: "{who} 将 {member} 添加为协作者"},
		"removed":      {English: "{who} removed {member} from the collaborators", Japanese: "{who} が {member} を共同作業者から外しました", Chinese: "{who} 将 {member} 移出了协作者"},
		"edited":       {English: "{who} changed the permissions of {member}", Japanese: "{who} が {member} の権限を変更しました", Chinese: "{who} 更改了 {member} 的权限"},
		"team_added":   {English: "{who} added {member} to team {team}", Japanese: "{who} が {member} をチーム {team} に追加しました", Chinese: "{who} 将 {member} 加入了团队 {team}"},
		"team_removed": {English: "{who} removed {member} from team {team}", Japanese: "{who} が {member} をチーム {team} から外しました", Chinese: "{who} 将 {member} 移出了团队 {team}"},
	}
}

func organizationDeeds() map[string]source.Words {
	return map[string]source.Words{
		"member_added":   {English: "{who} added {member} to the organization", Japanese: "{who} が {member} を組織に追加しました", Chinese: "{who} 将 {member} 加入了组织"},
		"member_removed": {English: "{who} removed {member} from the organization", Japanese: "{who} が {member} を組織から外しました", Chinese: "{who} 将 {member} 移出了组织"},
		"member_invited": {English: "{who} invited {member} to the organization", Japanese: "{who} が {member} を組織に招待しました", Chinese: "{who} 邀请 {member} 加入组织"},
		"renamed":        {English: "{who} renamed the organization", Japanese: "{who} が組織の名前を変更しました", Chinese: "{who} 重命名了组织"},
		"deleted":        {English: "{who} deleted the organization", Japanese: "{who} が組織を削除しました", Chinese: "{who} 删除了组织"},
	}
}

func teamDeeds() map[string]source.Words {
	return map[string]source.Words{
		"added_to_repository":     {English: "{who} gave {what} access to the repository", Japanese: "{who} が {what} にリポジトリへのアクセスを許可しました", Chinese: "{who} 授予{what}访问仓库的权限"},
		"removed_from_repository": {English: "{who} took from {what} its access to the repository", Japanese: "{who} が {what} からリポジトリへのアクセスを外しました", Chinese: "{who} 取消了{what}访问仓库的权限"},
	}
}
