package netlify

import (
	"strings"

	"postern/pkg/source"
	"postern/pkg/webhook"
)

// headline is "[site] Deploy failed (production, main): title".
func headline(e webhook.Event, l source.Locale) string {
	d, _ := e.Detail.(detail)
	w, known := deeds()[e.Type]
	if !known {
		return source.Headline(e, l)
	}
	if d.skipped {
		w = source.Words{English: "Deploy skipped", Japanese: "デプロイをスキップ", Chinese: "已跳过部署"}
	}
	thing := e.Subject.Title
	if e.Subject.Number != "" {
		thing = strings.TrimSpace("#" + e.Subject.Number + " " + thing)
	}
	return source.Title(e.Container.Name, source.Where(w.In(l), d.context, e.Branch), thing)
}

// deeds are the wordings of what happened.
func deeds() map[string]source.Words {
	return map[string]source.Words{
		building:                         {English: "Deploy started", Japanese: "デプロイ開始", Chinese: "开始部署"},
		created:                          {English: "✅ Deployed", Japanese: "✅ デプロイ成功", Chinese: "✅ 部署成功"},
		failed:                           {English: "❌ Deploy failed", Japanese: "❌ デプロイ失敗", Chinese: "❌ 部署失败"},
		"deploy_failed_after_succeeding": {English: "❌ Deploys fail now", Japanese: "❌ 成功していたデプロイが失敗", Chinese: "❌ 原本成功的部署现已失败"},
		"deploy_succeeded_after_failing": {English: "✅ Deploys succeed again", Japanese: "✅ 失敗していたデプロイが復旧", Chinese: "✅ 部署已恢复成功"},
		"deploy_locked":                  {English: "🔒 Auto publishing stopped", Japanese: "🔒 自動公開を停止", Chinese: "🔒 已停止自动发布"},
		"deploy_unlocked":                {English: "🔓 Auto publishing resumed", Japanese: "🔓 自動公開を再開", Chinese: "🔓 已恢复自动发布"},
		"deploy_deleted":                 {English: "Deploy deleted", Japanese: "デプロイを削除", Chinese: "部署已删除"},
		"deploy_restored":                {English: "⏪ Deploy restored", Japanese: "⏪ 以前のデプロイを公開", Chinese: "⏪ 已恢复到此部署"},
		"deploy_request_pending":         {English: "Deploy waits for approval", Japanese: "デプロイが承認待ち", Chinese: "部署等待批准"},
		"deploy_request_accepted":        {English: "Deploy approved", Japanese: "デプロイを承認", Chinese: "部署已批准"},
		"deploy_request_rejected":        {English: "Deploy rejected", Japanese: "デプロイを却下", Chinese: "部署被拒绝"},
		submission:                       {English: "📨 Form submitted", Japanese: "📨 フォーム送信", Chinese: "📨 收到表单提交"},
	}
}

// labels are the names of fields and links in every locale.
func labels() map[string]source.Words {
	return map[string]source.Words{
		"Environment": {English: "Environment", Japanese: "環境", Chinese: "环境"},
		"Branch":      {English: "Branch", Japanese: "ブランチ", Chinese: "分支"},
		"Commit":      {English: "Commit", Japanese: "コミット", Chinese: "提交"},
		"Author":      {English: "Author", Japanese: "作成者", Chinese: "作者"},
		"Duration":    {English: "Duration", Japanese: "所要時間", Chinese: "耗时"},
		"Form":        {English: "Form", Japanese: "フォーム", Chinese: "表单"},
		"E-mail":      {English: "E-mail", Japanese: "メール", Chinese: "邮箱"},
		"Site":        {English: "Site", Japanese: "サイト", Chinese: "站点"},
		"Review":      {English: "Review", Japanese: "レビュー", Chinese: "评审"},
	}
}
