package github

import (
	"postern/pkg/chat"
	"postern/pkg/source"
	"postern/pkg/webhook"
)

// deeds are the wordings of what is done to an issue, pull request or release.
func deeds() map[string]source.Words {
	return map[string]source.Words{
		"opened":             {English: "{who} opened {what}", Japanese: "{who} が {what} を作成しました", Chinese: "{who} 创建了{what}"},
		"closed":             {English: "{who} closed {what}", Japanese: "{who} が {what} をクローズしました", Chinese: "{who} 关闭了{what}"},
		"reopened":           {English: "{who} reopened {what}", Japanese: "{who} が {what} を再オープンしました", Chinese: "{who} 重新打开了{what}"},
		"merged":             {English: "{who} merged {what}", Japanese: "{who} が {what} をマージしました", Chinese: "{who} 合并了{what}"},
		"ready_for_review":   {English: "{who} marked {what} ready for review", Japanese: "{who} が {what} をレビュー可能にしました", Chinese: "{who} 将{what}标记为可评审"},
		"converted_to_draft": {English: "{who} converted {what} to a draft", Japanese: "{who} が {what} をドラフトに戻しました", Chinese: "{who} 将{what}转为草稿"},
		"synchronize":        {English: "{who} updated {what}", Japanese: "{who} が {what} を更新しました", Chinese: "{who} 更新了{what}"},
		"edited":             {English: "{who} edited {what}", Japanese: "{who} が {what} を編集しました", Chinese: "{who} 编辑了{what}"},
		"deleted":            {English: "{who} deleted {what}", Japanese: "{who} が {what} を削除しました", Chinese: "{who} 删除了{what}"},
		"labeled":            {English: "{who} labeled {what}", Japanese: "{who} が {what} にラベルを付けました", Chinese: "{who} 为{what}添加了标签"},
		"unlabeled":          {English: "{who} unlabeled {what}", Japanese: "{who} が {what} からラベルを外しました", Chinese: "{who} 移除了{what}的标签"},
		"assigned":           {English: "{who} assigned {what}", Japanese: "{who} が {what} の担当者を設定しました", Chinese: "{who} 指派了{what}"},
		"unassigned":         {English: "{who} unassigned {what}", Japanese: "{who} が {what} の担当者を外しました", Chinese: "{who} 取消指派了{what}"},
		"review_requested":   {English: "{who} requested a review of {what}", Japanese: "{who} が {what} のレビューを依頼しました", Chinese: "{who} 请求评审{what}"},
		"locked":             {English: "{who} locked {what}", Japanese: "{who} が {what} をロックしました", Chinese: "{who} 锁定了{what}"},
		"unlocked":           {English: "{who} unlocked {what}", Japanese: "{who} が {what} のロックを解除しました", Chinese: "{who} 解锁了{what}"},
		"published":          {English: "{who} published {what}", Japanese: "{who} が {what} を公開しました", Chinese: "{who} 发布了{what}"},
		"unpublished":        {English: "{who} unpublished {what}", Japanese: "{who} が {what} を非公開にしました", Chinese: "{who} 撤回了{what}"},
		"created":            {English: "{who} created {what}", Japanese: "{who} が {what} を作成しました", Chinese: "{who} 创建了{what}"},
		"released":           {English: "{who} released {what}", Japanese: "{who} が {what} をリリースしました", Chinese: "{who} 正式发布了{what}"},
		"prereleased":        {English: "{who} pre-released {what}", Japanese: "{who} が {what} をプレリリースしました", Chinese: "{who} 预发布了{what}"},
	}
}

// labels are the names of fields and links, by what an event calls them.
func labels() map[string]source.Words {
	return map[string]source.Words{
		"Repository":    {English: "Repository", Japanese: "リポジトリ", Chinese: "仓库"},
		"Pusher":        {English: "Pusher", Japanese: "プッシャー", Chinese: "推送者"},
		"Commits":       {English: "Commits", Japanese: "コミット", Chinese: "提交数"},
		"Latest commit": {English: "Latest commit", Japanese: "最新コミット", Chinese: "最新提交"},
		"Branch":        {English: "Branch", Japanese: "ブランチ", Chinese: "分支"},
		"Tag":           {English: "Tag", Japanese: "タグ", Chinese: "标签"},
		"Labels":        {English: "Labels", Japanese: "ラベル", Chinese: "标签"},
		"Label":         {English: "Label", Japanese: "ラベル", Chinese: "标签"},
		"Assignees":     {English: "Assignees", Japanese: "担当者", Chinese: "负责人"},
		"Assignee":      {English: "Assignee", Japanese: "担当者", Chinese: "负责人"},
		"Reviewer":      {English: "Reviewer", Japanese: "レビュアー", Chinese: "评审人"},
		"Milestone":     {English: "Milestone", Japanese: "マイルストーン", Chinese: "里程碑"},
		"Reason":        {English: "Reason", Japanese: "理由", Chinese: "原因"},
		"Changes":       {English: "Changes", Japanese: "変更", Chinese: "变更"},
		"Files":         {English: "Files", Japanese: "ファイル", Chinese: "文件"},
		"Result":        {English: "Result", Japanese: "結果", Chinese: "结果"},
		"Compare":       {English: "Compare", Japanese: "差分を見る", Chinese: "查看差异"},
		"Files changed": {English: "Files changed", Japanese: "変更されたファイル", Chinese: "变更的文件"},
	}
}

// localized puts a message's names of fields and links into a locale. It
// copies: the event keeps its own.
func localized(m chat.Message, l source.Locale) chat.Message {
	names := labels()
	var fields []webhook.Field
	for _, f := range m.Fields {
		if w, ok := names[f.Name]; ok {
			f.Name = w.In(l)
		}
		fields = append(fields, f)
	}
	var links []webhook.Link
	for _, k := range m.Links {
		if w, ok := names[k.Text]; ok {
			k.Text = w.In(l)
		}
		links = append(links, k)
	}
	m.Fields, m.Links = fields, links
	return m
}
