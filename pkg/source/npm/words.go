package npm

import (
	"slices"
	"strings"

	"postern/pkg/source"
	"postern/pkg/webhook"
)

// told are what a fresh endpoint tells: what changes for those who install it.
func told(kind string) bool {
	return slices.Contains([]string{"package:publish", "package:unpublish", "package:deprecated", "package:owner"}, kind)
}

func severity(kind string) webhook.Severity {
	switch kind {
	case "package:publish", "package:owner":
		return webhook.Notice
	case "package:unpublish", "package:deprecated":
		return webhook.Warning
	default:
		return webhook.Info
	}
}

// headline is "[package] Published by who: 1.2.3".
func headline(e webhook.Event, l source.Locale) string {
	w, known := deeds()[strings.TrimPrefix(e.Type, "package:")]
	if !known {
		return source.Headline(e, l)
	}
	return source.Title(e.Container.Name, source.By(l, w.In(l), e.Actor.Name), e.Subject.Title)
}

func deeds() map[string]source.Words {
	return map[string]source.Words{
		"publish":      {English: "📦 Published", Japanese: "📦 公開", Chinese: "📦 已发布"},
		"unpublish":    {English: "Unpublished", Japanese: "公開取り消し", Chinese: "已撤回发布"},
		"deprecated":   {English: "Deprecated", Japanese: "非推奨に設定", Chinese: "已标记弃用"},
		"undeprecated": {English: "No longer deprecated", Japanese: "非推奨を解除", Chinese: "已取消弃用"},
		"owner":        {English: "Owner added", Japanese: "所有者を追加", Chinese: "新增所有者"},
		"owner-rm":     {English: "Owner removed", Japanese: "所有者を削除", Chinese: "移除所有者"},
		"dist-tag":     {English: "Tagged", Japanese: "タグ付け", Chinese: "已打标签"},
		"dist-tag-rm":  {English: "Tag removed", Japanese: "タグを削除", Chinese: "移除标签"},
		"star":         {English: "⭐ Starred", Japanese: "⭐ スター追加", Chinese: "⭐ 新增星标"},
		"unstar":       {English: "Star removed", Japanese: "スター解除", Chinese: "取消星标"},
		"change":       {English: "Changed", Japanese: "変更", Chinese: "有变更"},
	}
}

// labels are the names of fields in every locale.
func labels() map[string]source.Words {
	return map[string]source.Words{
		"Message": {English: "Message", Japanese: "メッセージ", Chinese: "消息"},
		"Kind":    {English: "Kind", Japanese: "種類", Chinese: "类型"},
	}
}
