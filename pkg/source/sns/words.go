package sns

import (
	"strings"

	"postern/pkg/source"
	"postern/pkg/webhook"
)

// headline is "[topic] 🔴 Alarm OK → ALARM: name", or "[topic] Notification:
// subject".
func headline(e webhook.Event, l source.Locale) string {
	d, _ := e.Detail.(detail)
	switch w, known := deeds()[e.Type]; {
	case d.to != "":
		return source.Title(e.Container.Name, sign(d.to)+change(d, l), e.Subject.Title)
	case d.what != "":
		return source.Title(e.Container.Name, d.what, e.Subject.Title)
	case e.Detail == nil || !known:
		return source.Headline(e, l)
	default:
		return source.Title(e.Container.Name, w.In(l), e.Subject.Title)
	}
}

// change is "Alarm OK → ALARM", in CloudWatch's own words for the states.
func change(d detail, l source.Locale) string {
	states := strings.TrimPrefix(d.from+" → "+d.to, " → ")
	return source.Words{English: "Alarm ", Japanese: "アラーム ", Chinese: "告警 "}.In(l) + states
}

func sign(state string) string {
	switch state {
	case alarming:
		return "🔴 "
	case ok:
		return "✅ "
	case insufficient:
		return "⚪ "
	default:
		return ""
	}
}

// deeds are the wordings of the types of a message.
func deeds() map[string]source.Words {
	return map[string]source.Words{
		notification: {English: "Notification", Japanese: "通知", Chinese: "通知"},
		confirmation: {English: "Subscription to be confirmed", Japanese: "確認待ちの購読", Chinese: "待确认的订阅"},
		farewell:     {English: "Subscription ended", Japanese: "購読の終了", Chinese: "订阅已取消"},
	}
}

// labels are the names of fields in every locale.
func labels() map[string]source.Words {
	return map[string]source.Words{
		"Description": {English: "Description", Japanese: "説明", Chinese: "描述"},
		"Metric":      {English: "Metric", Japanese: "メトリクス", Chinese: "指标"},
		"Region":      {English: "Region", Japanese: "リージョン", Chinese: "区域"},
		"Account":     {English: "Account", Japanese: "アカウント", Chinese: "账户"},
		"Service":     {English: "Service", Japanese: "サービス", Chinese: "服务"},
		"State":       {English: "State", Japanese: "状態", Chinese: "状态"},
		"Size":        {English: "Size", Japanese: "サイズ", Chinese: "大小"},
		"Instance":    {English: "Instance", Japanese: "インスタンス", Chinese: "实例"},
		"Kind":        {English: "Kind", Japanese: "種類", Chinese: "类型"},
	}
}
