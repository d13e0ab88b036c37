package jira

import (
	"strings"

	"postern/pkg/source"
	"postern/pkg/webhook"
)

// headline is "[project] Status To Do → Done by who: ABC-1 title".
func headline(e webhook.Event, l source.Locale) string {
	d, _ := e.Detail.(detail)
	w, known := deeds()[d.deed]
	if !known {
		if w, known = deeds()[e.Type]; !known {
			return source.Headline(e, l)
		}
	}
	what := source.By(l, source.Fill(w.In(l), "to", d.to), e.Actor.Name)
	return source.Title(e.Container.Name, what, strings.TrimSpace(e.Subject.Number+" "+e.Subject.Title))
}

// deeds are the wordings of what happened.
func deeds() map[string]source.Words {
	return map[string]source.Words{
		"status":                  {English: "Status {to}", Japanese: "ステータス {to}", Chinese: "状态 {to}"},
		"assigned":                {English: "Assigned to {to}", Japanese: "{to} に割り当て", Chinese: "指派给 {to}"},
		"unassigned":              {English: "Unassigned", Japanese: "割り当てを解除", Chinese: "取消指派"},
		"priority":                {English: "Priority {to}", Japanese: "優先度 {to}", Chinese: "优先级 {to}"},
		"reopened":                {English: "Issue reopened", Japanese: "課題を再オープン", Chinese: "问题重新打开"},
		"jira:issue_created":      {English: "New issue", Japanese: "新しい課題", Chinese: "新问题"},
		"jira:issue_updated":      {English: "Issue changed", Japanese: "課題を更新", Chinese: "问题已更新"},
		"jira:issue_deleted":      {English: "Issue deleted", Japanese: "課題を削除", Chinese: "问题已删除"},
		"comment_created":         {English: "💬 Comment", Japanese: "💬 コメント", Chinese: "💬 新评论"},
		"comment_updated":         {English: "Comment edited", Japanese: "コメントを編集", Chinese: "评论已编辑"},
		"comment_deleted":         {English: "Comment deleted", Japanese: "コメントを削除", Chinese: "评论已删除"},
		"worklog_created":         {English: "Work logged", Japanese: "作業を記録", Chinese: "已登记工时"},
		"worklog_updated":         {English: "Work log changed", Japanese: "作業ログを更新", Chinese: "工时记录已更新"},
		"worklog_deleted":         {English: "Work log deleted", Japanese: "作業ログを削除", Chinese: "工时记录已删除"},
		"attachment_created":      {English: "Attachment added", Japanese: "添付ファイルを追加", Chinese: "新增附件"},
		"attachment_deleted":      {English: "Attachment deleted", Japanese: "添付ファイルを削除", Chinese: "附件已删除"},
		"issuelink_created":       {English: "Issues linked", Japanese: "課題をリンク", Chinese: "问题已关联"},
		"issuelink_deleted":       {English: "Link between issues removed", Japanese: "課題のリンクを解除", Chinese: "问题关联已解除"},
		"sprint_created":          {English: "Sprint created", Japanese: "スプリントを作成", Chinese: "冲刺已创建"},
		"sprint_updated":          {English: "Sprint changed", Japanese: "スプリントを更新", Chinese: "冲刺已更新"},
		"sprint_deleted":          {English: "Sprint deleted", Japanese: "スプリントを削除", Chinese: "冲刺已删除"},
		"sprint_started":          {English: "🏃 Sprint started", Japanese: "🏃 スプリント開始", Chinese: "🏃 冲刺开始"},
		"sprint_closed":           {English: "🏁 Sprint closed", Japanese: "🏁 スプリント完了", Chinese: "🏁 冲刺结束"},
		"jira:version_created":    {English: "Version created", Japanese: "バージョンを作成", Chinese: "版本已创建"},
		"jira:version_updated":    {English: "Version changed", Japanese: "バージョンを更新", Chinese: "版本已更新"},
		"jira:version_deleted":    {English: "Version deleted", Japanese: "バージョンを削除", Chinese: "版本已删除"},
		"jira:version_moved":      {English: "Version moved", Japanese: "バージョンの順序を変更", Chinese: "版本顺序已调整"},
		"jira:version_released":   {English: "📦 Version released", Japanese: "📦 バージョンをリリース", Chinese: "📦 版本已发布"},
		"jira:version_unreleased": {English: "Version is no longer released", Japanese: "バージョンのリリースを取り消し", Chinese: "版本已取消发布"},
		"project_created":         {English: "Project created", Japanese: "プロジェクトを作成", Chinese: "项目已创建"},
		"project_updated":         {English: "Project changed", Japanese: "プロジェクトを更新", Chinese: "项目已更新"},
		"project_deleted":         {English: "Project deleted", Japanese: "プロジェクトを削除", Chinese: "项目已删除"},
		"user_created":            {English: "User created", Japanese: "ユーザーを作成", Chinese: "用户已创建"},
		"user_updated":            {English: "User changed", Japanese: "ユーザーを更新", Chinese: "用户已更新"},
		"user_deleted":            {English: "User deleted", Japanese: "ユーザーを削除", Chinese: "用户已删除"},
	}
}

// labels are the names of fields in every locale; a site's own fields keep
// theirs.
func labels() map[string]source.Words {
	return map[string]source.Words{
		"Status":       {English: "Status", Japanese: "ステータス", Chinese: "状态"},
		"Priority":     {English: "Priority", Japanese: "優先度", Chinese: "优先级"},
		"Assignee":     {English: "Assignee", Japanese: "担当者", Chinese: "经办人"},
		"Reporter":     {English: "Reporter", Japanese: "報告者", Chinese: "报告人"},
		"Type":         {English: "Type", Japanese: "課題タイプ", Chinese: "问题类型"},
		"Due":          {English: "Due", Japanese: "期限", Chinese: "截止日期"},
		"Labels":       {English: "Labels", Japanese: "ラベル", Chinese: "标签"},
		"Parent":       {English: "Parent", Japanese: "親課題", Chinese: "父级问题"},
		"Title":        {English: "Title", Japanese: "要約", Chinese: "概要"},
		"Resolution":   {English: "Resolution", Japanese: "解決状況", Chinese: "解决结果"},
		"Fix version":  {English: "Fix version", Japanese: "修正バージョン", Chinese: "修复版本"},
		"Sprint":       {English: "Sprint", Japanese: "スプリント", Chinese: "冲刺"},
		"Project":      {English: "Project", Japanese: "プロジェクト", Chinese: "项目"},
		"Key":          {English: "Key", Japanese: "キー", Chinese: "键"},
		"Changed":      {English: "Changed", Japanese: "変更箇所", Chinese: "更改项"},
		"Time spent":   {English: "Time spent", Japanese: "作業時間", Chinese: "耗费时间"},
		"File":         {English: "File", Japanese: "ファイル", Chinese: "文件"},
		"Release date": {English: "Release date", Japanese: "リリース日", Chinese: "发布日期"},
		"Start":        {English: "Start", Japanese: "開始日", Chinese: "开始日期"},
		"End":          {English: "End", Japanese: "終了日", Chinese: "结束日期"},
	}
}
