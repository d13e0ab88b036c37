package pagerduty

import (
	"strings"

	"postern/pkg/source"
	"postern/pkg/webhook"
)

// headline is "[service] Incident #12 triggered by who: title".
func headline(e webhook.Event, l source.Locale) string {
	w, known := deeds()[e.Type]
	if !known {
		return source.Headline(e, l)
	}
	number := e.Subject.Number
	if number != "" {
		number = " #" + number
	}
	what := source.By(l, source.Fill(w.In(l), "number", number), e.Actor.Name)
	return source.Title(e.Container.Name, strings.TrimSpace(what), e.Subject.Title)
}

// deeds are the wordings of what happened; {number} begins with its space.
func deeds() map[string]source.Words {
	return map[string]source.Words{
		"incident.triggered":               {English: "🔴 Incident{number} triggered", Japanese: "🔴 インシデント{number} 発生", Chinese: "🔴 事件{number} 触发"},
		"incident.acknowledged":            {English: "Incident{number} acknowledged", Japanese: "インシデント{number} 対応開始", Chinese: "事件{number} 已确认"},
		"incident.unacknowledged":          {English: "Incident{number} no longer acknowledged", Japanese: "インシデント{number} 対応開始の取り消し", Chinese: "事件{number} 确认已失效"},
		"incident.resolved":                {English: "✅ Incident{number} resolved", Japanese: "✅ インシデント{number} 解決", Chinese: "✅ 事件{number} 已解决"},
		"incident.reopened":                {English: "Incident{number} reopened", Japanese: "インシデント{number} 再発", Chinese: "事件{number} 重新打开"},
		"incident.escalated":               {English: "Incident{number} escalated", Japanese: "インシデント{number} エスカレーション", Chinese: "事件{number} 已升级"},
		"incident.reassigned":              {English: "Incident{number} reassigned", Japanese: "インシデント{number} 担当変更", Chinese: "事件{number} 已改派"},
		"incident.delegated":               {English: "Incident{number} delegated", Japanese: "インシデント{number} 引き継ぎ", Chinese: "事件{number} 已转交"},
		"incident.priority_updated":        {English: "Priority of incident{number} changed", Japanese: "インシデント{number} 優先度変更", Chinese: "事件{number} 优先级变更"},
		"incident.annotated":               {English: "Note on incident{number}", Japanese: "インシデント{number} メモ追加", Chinese: "事件{number} 新增备注"},
		"incident.status_update_published": {English: "Status of incident{number}", Japanese: "インシデント{number} 状況報告", Chinese: "事件{number} 状态通报"},
		"incident.responder.added":         {English: "Responder asked for incident{number}", Japanese: "インシデント{number} 対応者の依頼", Chinese: "事件{number} 请求响应者"},
		"incident.responder.replied":       {English: "Responder replied on incident{number}", Japanese: "インシデント{number} 対応者の返答", Chinese: "事件{number} 响应者已回复"},
		"service.created":                  {English: "Service created", Japanese: "サービスを作成", Chinese: "服务已创建"},
		"service.updated":                  {English: "Service changed", Japanese: "サービスを変更", Chinese: "服务已变更"},
		"service.deleted":                  {English: "Service deleted", Japanese: "サービスを削除", Chinese: "服务已删除"},
	}
}

// labels are the names of fields and links in every locale.
func labels() map[string]source.Words {
	return map[string]source.Words{
		"Status":     {English: "Status", Japanese: "状態", Chinese: "状态"},
		"Urgency":    {English: "Urgency", Japanese: "緊急度", Chinese: "紧急程度"},
		"Priority":   {English: "Priority", Japanese: "優先度", Chinese: "优先级"},
		"Assignees":  {English: "Assignees", Japanese: "担当者", Chinese: "负责人"},
		"Responder":  {English: "Responder", Japanese: "対応者", Chinese: "响应者"},
		"Teams":      {English: "Teams", Japanese: "チーム", Chinese: "团队"},
		"Reason":     {English: "Reason", Japanese: "理由", Chinese: "原因"},
		"Conference": {English: "Conference", Japanese: "会議", Chinese: "会议"},
	}
}
