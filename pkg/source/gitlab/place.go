package gitlab

import (
	"cmp"
	"strconv"

	"postern/pkg/source"
	"postern/pkg/source/forge"
	"postern/pkg/webhook"
)

// project tells what became of a project as a whole.
func project(e *webhook.Event, payload source.Object) {
	e.Subject.Title = cmp.Or(payload.Line("name"), payload.Line("path"))
	moved(e, payload, payload.Line("old_path_with_namespace"))
	forge.Line{Places: named(e), Wording: map[string]source.Words{
		"project_create":   {English: "project {name} was created", Japanese: "プロジェクト {name} が作成されました", Chinese: "项目 {name} 已创建"},
		"project_destroy":  {English: "project {name} was deleted", Japanese: "プロジェクト {name} が削除されました", Chinese: "项目 {name} 已删除"},
		"project_rename":   {English: "project {name} was renamed", Japanese: "プロジェクト {name} の名前が変更されました", Chinese: "项目 {name} 已重命名"},
		"project_transfer": {English: "project {name} was transferred", Japanese: "プロジェクト {name} が移管されました", Chinese: "项目 {name} 已转移"},
		"project_update":   {English: "project {name} was updated", Japanese: "プロジェクト {name} が更新されました", Chinese: "项目 {name} 已更新"},
	}[e.Type]}.Tell(e)
}

// group tells what became of a group, or of one within another.
func group(e *webhook.Event, payload source.Object) {
	e.Container.Name = cmp.Or(e.Container.Name, payload.Line("path"))
	e.Subject.Title = cmp.Or(payload.Line("name"), payload.Line("path"))
	moved(e, payload, cmp.Or(payload.Line("old_full_path"), payload.Line("old_path")))
	forge.Line{Places: named(e), Wording: map[string]source.Words{
		"group_create":     {English: "group {name} was created", Japanese: "グループ {name} が作成されました", Chinese: "群组 {name} 已创建"},
		"group_destroy":    {English: "group {name} was deleted", Japanese: "グループ {name} が削除されました", Chinese: "群组 {name} 已删除"},
		"group_rename":     {English: "group {name} was renamed", Japanese: "グループ {name} の名前が変更されました", Chinese: "群组 {name} 已重命名"},
		"subgroup_create":  {English: "subgroup {name} was created", Japanese: "サブグループ {name} が作成されました", Chinese: "子群组 {name} 已创建"},
		"subgroup_destroy": {English: "subgroup {name} was deleted", Japanese: "サブグループ {name} が削除されました", Chinese: "子群组 {name} 已删除"},
	}[e.Type]}.Tell(e)
}

// moved is what projects and groups tell alike.
func moved(e *webhook.Event, payload source.Object, before string) {
	e.URL = e.Container.URL
	e.OccurredAt = when(e.OccurredAt, payload, "updated_at", "created_at")
	forge.AddField(e, "Before", before)
	e.Severity = webhook.Notice
	switch e.Type {
	case "project_destroy", "group_destroy", "subgroup_destroy":
		e.Severity = webhook.Warning
	case "project_update":
		e.Severity = webhook.Info
	}
}

func named(e *webhook.Event) []forge.Place {
	return []forge.Place{{Name: "name", Value: forge.Same(e.Subject.Title)}}
}

// repositoryUpdate tells of a push to any number of refs, without its commits:
// the push of each comes beside it, so nobody hears of this by default.
func repositoryUpdate(e *webhook.Event, payload source.Object) {
	e.URL = e.Container.URL
	e.Severity = webhook.Debug
	if n := max(len(payload.List("refs")), len(payload.List("changes"))); n > 0 {
		forge.AddField(e, "Refs", strconv.Itoa(n))
	}
	forge.Line{Wording: source.Words{
		English: "{who} updated the repository", Japanese: "{who} がリポジトリを更新しました", Chinese: "{who} 更新了仓库",
	}}.Tell(e)
}
