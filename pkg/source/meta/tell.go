package meta

import (
	"cmp"
	"slices"
	"time"

	"postern/pkg/source"
	"postern/pkg/webhook"
)

func tell(e *webhook.Event, c change, arrived time.Time) {
	v := c.value
	message := first(v, "messages") // WhatsApp's
	status := first(v, "statuses")
	e.Container.Name = cmp.Or(v.Line("metadata.display_phone_number"), c.entry.Line("name"), c.entry.Line("id"))
	e.Actor.Name = cmp.Or(first(v, "contacts").Line("profile.name"), v.Line("from.name"), v.Line("from.username"),
		message.Line("from"), v.Line("sender.id"), v.Line("sender_name"))
	e.Body = source.Excerpt(cmp.Or(message.Text("text.body"), message.Text("button.text"), v.Text("message.text"),
		v.Text("message"), v.Text("text"), v.Text("postback.title"), first(status, "errors").Text("title")))
	e.Subject.Title = cmp.Or(status.Line("status"), v.Line("item"), kind(message.Line("type")), v.Line("event"))
	e.URL = cmp.Or(v.Link("permalink_url"), v.Link("post.permalink_url"), v.Link("link"))
	e.OccurredAt = when(c, message, arrived)
	e.Thread = thread(e.Type, c, message, status)
	if status.Text("status") == "failed" {
		e.Severity = webhook.Error
	}
	e.Default = told(e.Action) && (len(v.List("statuses")) == 0 || e.Severity == webhook.Error)
	e.Fields = source.Fields("Action", v.Line("verb"))
	e.Title = headline(*e, source.English)
}

// kind is empty for a text: that is told itself.
func kind(of string) string {
	if of == "text" {
		return ""
	}
	return of
}

func first(o source.Object, list string) source.Object {
	if all := o.Objects(list); len(all) > 0 {
		return all[0]
	}
	return nil
}

// when reads seconds, the milliseconds of Messenger and entries, and the text
// that WhatsApp writes seconds in.
func when(c change, message source.Object, otherwise time.Time) time.Time {
	if t, err := time.Parse("2006-01-02T15:04:05-0700", c.value.Text("created_time")); err == nil && t.Year() >= 1970 {
		return t.UTC()
	}
	for _, at := range []any{message.At("timestamp"), c.value.At("timestamp"), c.value.At("created_time"), c.entry.At("time")} {
		v, err := webhook.DecodeJSON([]byte(source.Scalar(at)))
		n, ok := v.(int64)
		switch {
		case err != nil || !ok || n <= 0 || n >= 253402300800000:
		case n < 1e11:
			return time.Unix(n, 0).UTC()
		default:
			return time.UnixMilli(n).UTC()
		}
	}
	return otherwise
}

// thread is a person's conversation, or a post with its comments.
func thread(object string, c change, message, status source.Object) string {
	with := cmp.Or(message.Line("from"), status.Line("recipient_id"), c.value.Line("sender.id"), c.value.Line("post_id"),
		c.value.Line("media.id"))
	if with == "" {
		return ""
	}
	return "meta:" + object + ":" + c.entry.Line("id") + ":" + with
}

// told are the fields that a person must hear of.
func told(field string) bool {
	return slices.Contains([]string{
		"messages", "messaging_postbacks", "feed", "comments", "mention", "mentions", "leadgen", "ratings",
		"account_alerts", "account_update", "message_template_status_update", "phone_number_quality_update",
	}, field)
}

// headline is "[shop] Message by who: image".
func headline(e webhook.Event, l source.Locale) string {
	w, known := map[string]source.Words{
		"messages":                       {English: "Message", Japanese: "メッセージ", Chinese: "消息"},
		"message_echoes":                 {English: "Message sent", Japanese: "送信したメッセージ", Chinese: "已发消息"},
		"messaging_postbacks":            {English: "Button pressed", Japanese: "ボタン操作", Chinese: "按钮操作"},
		"message_reactions":              {English: "Reaction", Japanese: "リアクション", Chinese: "表情回应"},
		"feed":                           {English: "Page activity", Japanese: "ページの動き", Chinese: "主页动态"},
		"comments":                       {English: "Comment", Japanese: "コメント", Chinese: "评论"},
		"mention":                        {English: "Mention", Japanese: "メンション", Chinese: "提及"},
		"mentions":                       {English: "Mention", Japanese: "メンション", Chinese: "提及"},
		"leadgen":                        {English: "New lead", Japanese: "新しいリード", Chinese: "新线索"},
		"ratings":                        {English: "Recommendation", Japanese: "おすすめ", Chinese: "推荐"},
		"account_alerts":                 {English: "Account alert", Japanese: "アカウントの警告", Chinese: "账户警告"},
		"account_update":                 {English: "Account changed", Japanese: "アカウントの変更", Chinese: "账户变更"},
		"message_template_status_update": {English: "Template's state changed", Japanese: "テンプレートの状態変更", Chinese: "模板状态变更"},
		"phone_number_quality_update":    {English: "Phone number's quality changed", Japanese: "電話番号の品質変更", Chinese: "号码质量变更"},
	}[e.Action]
	if !known {
		return source.Headline(e, l)
	}
	return source.Title(e.Container.Name, source.By(l, w.In(l), e.Actor.Name), e.Subject.Title)
}

// labels are the names of fields in every locale.
func labels() map[string]source.Words {
	return map[string]source.Words{"Action": {English: "Action", Japanese: "操作", Chinese: "操作"}}
}
