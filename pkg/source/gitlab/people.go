package gitlab

import (
	"cmp"

	"postern/pkg/source"
	"postern/pkg/source/forge"
	"postern/pkg/webhook"
)

// member tells who may see a group or a project from now on. The payload names
// the member, not who let them in.
func member(e *webhook.Event, payload source.Object) {
	e.Actor = webhook.Party{}
	e.Subject.Title = person(payload.Line("user_name"), payload.Line("user_username"))
	e.URL = e.Container.URL
	e.OccurredAt = when(e.OccurredAt, payload, "updated_at", "created_at")
	forge.AddField(e, "Role", cmp.Or(payload.Line("group_access"), payload.Line("access_level"), payload.Line("project_access")))
	forge.AddField(e, "Expires", payload.Line("expires_at"))
	e.Severity = webhook.Notice
	forge.Line{Wording: memberships()[e.Type], Places: who(e)}.Tell(e)
}

func memberships() map[string]source.Words {
	return map[string]source.Words{
		"user_add_to_group":      {English: "{member} was added to the group", Japanese: "{member} がグループに追加されました", Chinese: "{member} 加入了群组"},
		"user_add_to_team":       {English: "{member} was added to the project", Japanese: "{member} がプロジェクトに追加されました", Chinese: "{member} 加入了项目"},
		"user_remove_from_group": {English: "{member} was removed from the group", Japanese: "{member} がグループから外されました", Chinese: "{member} 被移出了群组"},
		"user_remove_from_team":  {English: "{member} was removed from the project", Japanese: "{member} がプロジェクトから外されました", Chinese: "{member} 被移出了项目"},
		"user_update_for_group":  {English: "the role of {member} in the group was changed", Japanese: "グループでの {member} のロールが変更されました", Chinese: "{member} 在群组中的角色已更改"},
		"user_update_for_team":   {English: "the role of {member} in the project was changed", Japanese: "プロジェクトでの {member} のロールが変更されました", Chinese: "{member} 在项目中的角色已更改"},
	}
}

// user tells of an account of the instance.
func user(e *webhook.Event, payload source.Object) {
	e.Subject.Title = person(payload.Line("name"), payload.Line("username"))
	e.OccurredAt = when(e.OccurredAt, payload, "updated_at", "created_at")
	forge.AddField(e, "Before", payload.Line("old_username"))
	forge.AddField(e, "Status", payload.Line("state"))
	if e.Type == "user_failed_login" || e.Type == "user_destroy" {
		e.Severity = webhook.Warning
	}
	forge.Line{Places: who(e), Wording: map[string]source.Words{
		"user_create":       {English: "user {member} was created", Japanese: "ユーザー {member} が作成されました", Chinese: "用户 {member} 已创建"},
		"user_destroy":      {English: "user {member} was deleted", Japanese: "ユーザー {member} が削除されました", Chinese: "用户 {member} 已删除"},
		"user_failed_login": {English: "{member} failed to log in", Japanese: "{member} がログインに失敗しました", Chinese: "{member} 登录失败"},
		"user_rename":       {English: "a user was renamed to {member}", Japanese: "ユーザー名が {member} に変更されました", Chinese: "用户已更名为 {member}"},
	}[e.Type]}.Tell(e)
}

// key tells of an SSH key, and never the key itself.
func key(e *webhook.Event, payload source.Object) {
	e.Subject.Title = payload.Line("username")
	e.OccurredAt = when(e.OccurredAt, payload, "updated_at", "created_at")
	e.Severity = webhook.Notice
	wording := source.Words{English: "{member} added an SSH key", Japanese: "{member} が SSH 鍵を追加しました", Chinese: "{member} 添加了 SSH 密钥"}
	if e.Type == "key_destroy" {
		wording = source.Words{English: "{member} removed an SSH key", Japanese: "{member} が SSH 鍵を削除しました", Chinese: "{member} 删除了 SSH 密钥"}
	}
	forge.Line{Wording: wording, Places: who(e)}.Tell(e)
}

// who puts the one that an event is about in its place.
func who(e *webhook.Event) []forge.Place {
	return []forge.Place{{Name: "member", Value: forge.Same(e.Subject.Title)}}
}

// person is "Mona Octo (mona)", or what of it is known.
func person(name, login string) string {
	if name == "" || login == "" || name == login {
		return cmp.Or(name, login)
	}
	return source.Clip(name+" ("+login+")", source.MaxLine)
}
