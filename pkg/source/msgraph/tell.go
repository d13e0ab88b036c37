package msgraph

import (
	"cmp"
	"strings"
	"unicode"
	"unicode/utf8"

	"postern/pkg/source"
	"postern/pkg/webhook"
)

// kind gives type and action of an item: message, created.
func kind(item source.Object) (of, action string) {
	if event := item.Line("lifecycleEvent"); event != "" {
		return lifecycle, event
	}
	return cmp.Or(thing(item), otherType), item.Line("changeType")
}

// thing is the type of what changed, in Graph's own word for it: from its data,
// "#Microsoft.Graph.Message", else from its path, "chats('1')/messages('2')" or
// "Users/1/Messages/2".
func thing(item source.Object) string {
	data := item.Object("resourceData")
	name := source.Scalar(data["@odata.type"])
	if name = name[strings.LastIndex(name, ".")+1:]; name == "" {
		parts := strings.Split(item.Line("resource"), "/")
		last := parts[len(parts)-1]
		if len(parts) > 1 && last == data.Line("id") {
			last = parts[len(parts)-2]
		}
		name, _, _ = strings.Cut(last, "(")
	}
	name = source.Line(name)
	first, size := utf8.DecodeRuneInString(name)
	if size == 0 {
		return ""
	}
	return string(unicode.ToLower(first)) + name[size:]
}

func tell(e *webhook.Event, item source.Object) {
	resource, subscription := item.Line("resource"), item.Line("subscriptionId")
	if thing := cmp.Or(resource, subscription); thing != "" {
		e.Thread = "msgraph:" + thing
	}
	e.Fields = source.Fields("Resource", resource, "Tenant", item.Line("tenantId"), "Subscription", subscription)
	switch {
	case e.Type == lifecycle:
		e.Fields = append(e.Fields, source.Fields("Expires", item.Line("subscriptionExpirationDateTime"))...)
		e.Severity = webhook.Warning
		if e.Action == "subscriptionRemoved" {
			e.Severity = webhook.Error
		}
	case e.Action == "deleted":
		e.Severity = webhook.Notice
	}
	e.Title = headline(*e, source.English)
}

// headline is "[Microsoft Graph] message created".
func headline(e webhook.Event, l source.Locale) string {
	w, known := deeds()[e.Action]
	if !known || e.Type == "" {
		return source.Headline(e, l)
	}
	return source.Title(e.Container.Name, source.Fill(w.In(l), "kind", e.Type), e.Subject.Title)
}

// deeds are the wordings of what happened, to a {kind} of thing or to the
// subscription itself.
func deeds() map[string]source.Words {
	return map[string]source.Words{
		"created":                 {English: "{kind} created", Japanese: "{kind} を作成", Chinese: "{kind} 已创建"},
		"updated":                 {English: "{kind} changed", Japanese: "{kind} を変更", Chinese: "{kind} 已变更"},
		"deleted":                 {English: "{kind} deleted", Japanese: "{kind} を削除", Chinese: "{kind} 已删除"},
		"subscriptionRemoved":     {English: "🔴 Subscription removed", Japanese: "🔴 サブスクリプションの削除", Chinese: "🔴 订阅已被移除"},
		"reauthorizationRequired": {English: "Subscription must be authorized again", Japanese: "サブスクリプションの再承認が必要", Chinese: "订阅需要重新授权"},
		"missed":                  {English: "Notifications were missed", Japanese: "通知の欠落", Chinese: "有通知遗漏"},
	}
}

// labels are the names of fields in every locale.
func labels() map[string]source.Words {
	return map[string]source.Words{
		"Resource":     {English: "Resource", Japanese: "リソース", Chinese: "资源"},
		"Tenant":       {English: "Tenant", Japanese: "テナント", Chinese: "租户"},
		"Subscription": {English: "Subscription", Japanese: "サブスクリプション", Chinese: "订阅"},
		"Expires":      {English: "Expires", Japanese: "有効期限", Chinese: "到期时间"},
	}
}
