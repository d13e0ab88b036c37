package sentry

import (
	"strings"

	"postern/pkg/source"
	"postern/pkg/webhook"
)

// headline is "[project] what happened: SHORT-1 title".
func (d deed) headline(e webhook.Event, l source.Locale) string {
	w, known := deeds()[d]
	if !known {
		return source.Headline(e, l)
	}
	what := source.Fill(w.In(l), "who", e.Actor.Name)
	if !strings.Contains(w.In(l), "{who}") {
		what = source.By(l, what, e.Actor.Name)
	}
	return source.Title(e.Container.Name, what, strings.TrimSpace(e.Subject.Number+" "+e.Subject.Title))
}

// deeds are the wordings of what happened.
func deeds() map[deed]source.Words {
	return map[deed]source.Words{
		"event_alert":           {English: "Alert", Japanese: "アラート", Chinese: "告警"},
		"error":                 {English: "Error", Japanese: "エラー", Chinese: "错误"},
		"issue.created":         {English: "New issue", Japanese: "新しい課題", Chinese: "新问题"},
		"issue.resolved":        {English: "Issue resolved", Japanese: "課題が解決", Chinese: "问题已解决"},
		"issue.unresolved":      {English: "Issue is back", Japanese: "課題が再発", Chinese: "问题重新出现"},
		"issue.assigned":        {English: "Issue assigned", Japanese: "課題に担当者を設定", Chinese: "问题已指派"},
		"issue.archived":        {English: "Issue archived", Japanese: "課題をアーカイブ", Chinese: "问题已归档"},
		"issue.ignored":         {English: "Issue ignored", Japanese: "課題を無視", Chinese: "问题已忽略"},
		"metric_alert.critical": {English: "🔴 Critical", Japanese: "🔴 重大", Chinese: "🔴 严重"},
		"metric_alert.warning":  {English: "⚠️ Warning", Japanese: "⚠️ 警告", Chinese: "⚠️ 警告"},
		"metric_alert.resolved": {English: "✅ Resolved", Japanese: "✅ 解決", Chinese: "✅ 已恢复"},
		"comment.created":       {English: "Comment on issue", Japanese: "課題へのコメント", Chinese: "问题有新评论"},
		"comment.updated":       {English: "Comment changed on issue", Japanese: "課題のコメントを変更", Chinese: "问题评论已修改"},
		"comment.deleted":       {English: "Comment deleted from issue", Japanese: "課題のコメントを削除", Chinese: "问题评论已删除"},
	}
}

// labels are the names of fields and links in every locale.
func labels() map[string]source.Words {
	return map[string]source.Words{
		"Rule":        {English: "Rule", Japanese: "ルール", Chinese: "规则"},
		"Culprit":     {English: "Culprit", Japanese: "発生箇所", Chinese: "出错位置"},
		"At":          {English: "At", Japanese: "コード", Chinese: "代码"},
		"Level":       {English: "Level", Japanese: "レベル", Chinese: "级别"},
		"Environment": {English: "Environment", Japanese: "環境", Chinese: "环境"},
		"Release":     {English: "Release", Japanese: "リリース", Chinese: "版本"},
		"Browser":     {English: "Browser", Japanese: "ブラウザー", Chinese: "浏览器"},
		"System":      {English: "System", Japanese: "OS", Chinese: "操作系统"},
		"Events":      {English: "Events", Japanese: "発生回数", Chinese: "事件数"},
		"Users":       {English: "Users", Japanese: "影響ユーザー数", Chinese: "受影响用户数"},
		"First seen":  {English: "First seen", Japanese: "初回発生", Chinese: "首次出现"},
		"Assignee":    {English: "Assignee", Japanese: "担当者", Chinese: "负责人"},
		"Status":      {English: "Status", Japanese: "状態", Chinese: "状态"},
	}
}
