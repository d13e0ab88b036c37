package slack

import (
	"postern/pkg/source"
	"postern/pkg/webhook"
)

// headline is "[#general] Command by who: /deploy web".
func headline(e webhook.Event, l source.Locale) string {
	w, known := deeds()[e.Type]
	if !known || e.Type == "message" && !told(e.Type, e.Action) {
		return source.Headline(e, l)
	}
	return source.Title(e.Container.Name, source.By(l, w.In(l), e.Actor.Name), e.Subject.Title)
}

// deeds are the wordings of what happened.
func deeds() map[string]source.Words {
	return map[string]source.Words{
		slashCommand:       {English: "Command", Japanese: "コマンド", Chinese: "命令"},
		"block_actions":    {English: "Action", Japanese: "操作", Chinese: "操作"},
		"view_submission":  {English: "Form submitted", Japanese: "フォーム送信", Chinese: "提交表单"},
		"view_closed":      {English: "Form closed", Japanese: "フォームを閉じました", Chinese: "关闭表单"},
		"shortcut":         {English: "Shortcut", Japanese: "ショートカット", Chinese: "快捷方式"},
		"message_action":   {English: "Message shortcut", Japanese: "メッセージのショートカット", Chinese: "消息快捷方式"},
		"app_mention":      {English: "Mention", Japanese: "メンション", Chinese: "提及"},
		"message":          {English: "Message", Japanese: "メッセージ", Chinese: "消息"},
		"reaction_added":   {English: "Reaction added", Japanese: "リアクション追加", Chinese: "添加表情"},
		"reaction_removed": {English: "Reaction removed", Japanese: "リアクション削除", Chinese: "移除表情"},
		"team_join":        {English: "New member", Japanese: "新しいメンバー", Chinese: "新成员"},
		"channel_created":  {English: "Channel created", Japanese: "チャンネル作成", Chinese: "频道已创建"},
		"channel_archive":  {English: "Channel archived", Japanese: "チャンネルをアーカイブ", Chinese: "频道已归档"},
		"channel_deleted":  {English: "Channel deleted", Japanese: "チャンネル削除", Chinese: "频道已删除"},
	}
}

// labels are the names of fields and links in every locale.
func labels() map[string]source.Words {
	return map[string]source.Words{
		"Value":     {English: "Value", Japanese: "値", Chinese: "值"},
		"Reaction":  {English: "Reaction", Japanese: "リアクション", Chinese: "表情"},
		"Workspace": {English: "Workspace", Japanese: "ワークスペース", Chinese: "工作区"},
	}
}
