package sendgrid

import (
	"cmp"
	"strings"

	"postern/pkg/source"
	"postern/pkg/webhook"
)

func tell(e *webhook.Event, item source.Object) {
	e.Container.Name = place
	e.Subject.Title = item.Line("email")
	if id, _, _ := strings.Cut(item.Line("sg_message_id"), "."); id != "" {
		e.Thread = "sendgrid:" + id
	}
	e.Severity = severity(e.Type)
	e.Default = e.Severity == webhook.Warning || e.Severity == webhook.Error
	e.Labels = labels(item)
	e.Fields = source.Fields("Reason", item.Line("reason"), "Response", item.Line("response"), "Status", item.Line("status"),
		"Kind", cmp.Or(item.Line("bounce_classification"), item.Line("type")), "Attempt", item.Line("attempt"),
		"Categories", strings.Join(e.Labels, ", "))
	e.Title = headline(*e, source.English)
}

// labels are the categories of the mail: one, or a list.
func labels(item source.Object) []string {
	if one := item.Line("category"); one != "" {
		return []string{one}
	}
	var all []string
	for _, c := range item.List("category") {
		if l := source.Line(source.Scalar(c)); l != "" {
			all = append(all, l)
		}
	}
	return all
}

// severity: what does not arrive is an error, what readers complain of a
// warning. Only these are told by default, for the rest is every mail.
func severity(kind string) webhook.Severity {
	switch kind {
	case "bounce", "dropped", "blocked":
		return webhook.Error
	case "spamreport", "account_status_change":
		return webhook.Warning
	case "unsubscribe", "group_unsubscribe":
		return webhook.Notice
	case "processed", "delivered", "open", "click":
		return webhook.Debug
	default:
		return webhook.Info
	}
}

// headline is "[SendGrid] Mail bounced: ada@example.com".
func headline(e webhook.Event, l source.Locale) string {
	w, known := map[string]source.Words{
		"processed":             {English: "Mail processed", Japanese: "メール受付", Chinese: "邮件已处理"},
		"delivered":             {English: "Mail delivered", Japanese: "メール配信", Chinese: "邮件已送达"},
		"deferred":              {English: "Mail deferred", Japanese: "メール配信の遅延", Chinese: "邮件延迟"},
		"bounce":                {English: "Mail bounced", Japanese: "メールの不達", Chinese: "邮件退回"},
		"blocked":               {English: "Mail blocked", Japanese: "メールの拒否", Chinese: "邮件被拒"},
		"dropped":               {English: "Mail dropped", Japanese: "メールの破棄", Chinese: "邮件被丢弃"},
		"spamreport":            {English: "Reported as spam", Japanese: "迷惑メールの報告", Chinese: "被举报为垃圾邮件"},
		"unsubscribe":           {English: "Unsubscribed", Japanese: "購読解除", Chinese: "已退订"},
		"group_unsubscribe":     {English: "Unsubscribed from a group", Japanese: "グループの購読解除", Chinese: "已退订分组"},
		"group_resubscribe":     {English: "Subscribed to a group again", Japanese: "グループの再購読", Chinese: "重新订阅分组"},
		"open":                  {English: "Mail opened", Japanese: "メール開封", Chinese: "邮件已打开"},
		"click":                 {English: "Link clicked", Japanese: "リンクのクリック", Chinese: "链接被点击"},
		"account_status_change": {English: "Account's status changed", Japanese: "アカウント状態の変更", Chinese: "账户状态变更"},
	}[e.Type]
	if !known {
		return source.Headline(e, l)
	}
	return source.Title(e.Container.Name, w.In(l), e.Subject.Title)
}

// names are those of fields in every locale.
func names() map[string]source.Words {
	return map[string]source.Words{
		"Reason":     {English: "Reason", Japanese: "理由", Chinese: "原因"},
		"Response":   {English: "Response", Japanese: "応答", Chinese: "响应"},
		"Status":     {English: "Status", Japanese: "状態", Chinese: "状态"},
		"Kind":       {English: "Kind", Japanese: "種類", Chinese: "类型"},
		"Attempt":    {English: "Attempt", Japanese: "試行", Chinese: "尝试次数"},
		"Categories": {English: "Categories", Japanese: "カテゴリー", Chinese: "类别"},
	}
}
