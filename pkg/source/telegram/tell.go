package telegram

import (
	"cmp"
	"slices"
	"strings"

	"postern/pkg/source"
	"postern/pkg/webhook"
)

func tell(e *webhook.Event, what source.Object) {
	message := what
	if inner := what.Object("message"); inner != nil { // of a button that was pressed
		message = inner
	}
	from := what.Object("from")
	if from == nil {
		from = firstOf(what.Object("user"), what.Object("sender_chat"))
	}
	e.Actor.Name = name(from)
	room := message.Object("chat")
	e.Container = webhook.Party{Name: name(room), URL: home(room)}
	if room.Text("type") == "private" {
		e.Container = webhook.Party{}
	}
	e.URL = page(room, message.Text("message_id"))
	e.Thread = thread(room, message)
	e.Body = source.Excerpt(cmp.Or(what.Text("text"), what.Text("caption"), what.Text("data"),
		what.Text("query"), what.Text("poll.question"), what.Text("question")))
	e.Subject.Title = cmp.Or(attachment(what), what.Line("new_chat_member.status"))
	e.Default = told(e.Type) && !from.Flag("is_bot")
	if user := from.Line("username"); user != "" && user != e.Actor.Name {
		e.Fields = append(e.Fields, webhook.Field{Name: "User", Value: "@" + user})
	}
	if before := what.Line("old_chat_member.status"); before != "" {
		e.Fields = append(e.Fields, webhook.Field{Name: "Before", Value: before})
	}
	e.Title = headline(*e, source.English)
}

// told are the updates that a person must hear of.
func told(kind string) bool {
	return slices.Contains([]string{
		"message", "channel_post", "business_message", "callback_query", "my_chat_member", "chat_join_request",
		"pre_checkout_query", "shipping_query",
	}, kind)
}

func firstOf(objects ...source.Object) source.Object {
	for _, o := range objects {
		if o != nil {
			return o
		}
	}
	return nil
}

// name is that of a person or a chat.
func name(o source.Object) string {
	person := strings.TrimSpace(o.Line("first_name") + " " + o.Line("last_name"))
	return source.Clip(cmp.Or(o.Line("title"), person, o.Line("username"), o.Line("id")), source.MaxLine)
}

func thread(room, message source.Object) string {
	id := room.Line("id")
	if id == "" {
		return ""
	}
	if topic := message.Line("message_thread_id"); topic != "" {
		id += ":" + topic
	}
	return "telegram:" + id
}

// attachment names what came beside or instead of a text.
func attachment(what source.Object) string {
	if file := what.Line("document.file_name"); file != "" {
		return file
	}
	for _, member := range []string{
		"document", "video", "audio", "voice", "sticker", "animation", "location", "contact", "poll", "video_note",
	} {
		if what.Object(member) != nil {
			return member
		}
	}
	if len(what.List("photo")) > 0 {
		return "photo"
	}
	if people := joined(what); people != "" {
		return people
	}
	return name(what.Object("left_chat_member"))
}

func joined(what source.Object) string {
	var names []string
	for _, person := range what.Objects("new_chat_members") {
		if n := name(person); n != "" {
			names = append(names, n)
		}
	}
	return source.Clip(strings.Join(names, ", "), source.MaxLine)
}

// home is the public address of a chat that has one.
func home(room source.Object) string {
	if user := room.Text("username"); plain(user) {
		return source.Link("https://t.me/" + user)
	}
	return ""
}

// page is the address of a message, in a public chat or a supergroup.
func page(room source.Object, message string) string {
	if !plain(message) {
		return home(room)
	}
	if public := home(room); public != "" {
		return public + "/" + message
	}
	if id, ok := strings.CutPrefix(room.Text("id"), "-100"); ok && plain(id) {
		return "https://t.me/c/" + id + "/" + message
	}
	return ""
}

// plain tells a name or number that may stand in an address.
func plain(s string) bool {
	return s != "" && len(s) <= 64 && !strings.ContainsFunc(s, func(r rune) bool {
		return r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	})
}

// headline is "[Ops] Message from who: photo".
func headline(e webhook.Event, l source.Locale) string {
	w, known := map[string]source.Words{
		"message":              {English: "Message", Japanese: "メッセージ", Chinese: "消息"},
		"edited_message":       {English: "Message edited", Japanese: "メッセージ編集", Chinese: "消息已编辑"},
		"business_message":     {English: "Business message", Japanese: "ビジネスメッセージ", Chinese: "商务消息"},
		"channel_post":         {English: "Channel post", Japanese: "チャンネル投稿", Chinese: "频道消息"},
		"edited_channel_post":  {English: "Channel post edited", Japanese: "チャンネル投稿の編集", Chinese: "频道消息已编辑"},
		"callback_query":       {English: "Button pressed", Japanese: "ボタン操作", Chinese: "按钮操作"},
		"inline_query":         {English: "Inline query", Japanese: "インライン検索", Chinese: "内联查询"},
		"my_chat_member":       {English: "Bot's membership changed", Japanese: "ボットの参加状態の変更", Chinese: "机器人成员状态变更"},
		"chat_member":          {English: "Membership changed", Japanese: "メンバーの変更", Chinese: "成员状态变更"},
		"chat_join_request":    {English: "Request to join", Japanese: "参加リクエスト", Chinese: "入群申请"},
		"poll":                 {English: "Poll", Japanese: "投票", Chinese: "投票"},
		"poll_answer":          {English: "Poll answered", Japanese: "投票への回答", Chinese: "投票回答"},
		"message_reaction":     {English: "Reaction", Japanese: "リアクション", Chinese: "表情回应"},
		"pre_checkout_query":   {English: "Checkout", Japanese: "購入確認", Chinese: "结账确认"},
		"shipping_query":       {English: "Shipping asked for", Japanese: "配送の問い合わせ", Chinese: "配送查询"},
		"chat_boost":           {English: "Chat boosted", Japanese: "チャットのブースト", Chinese: "群组助力"},
		"removed_chat_boost":   {English: "Boost removed", Japanese: "ブーストの削除", Chinese: "助力已移除"},
		"business_connection":  {English: "Business connection", Japanese: "ビジネス接続", Chinese: "商务连接"},
		"chosen_inline_result": {English: "Inline result chosen", Japanese: "インライン結果の選択", Chinese: "选择内联结果"},
	}[e.Type]
	if !known {
		return source.Headline(e, l)
	}
	return source.Title(e.Container.Name, source.By(l, w.In(l), e.Actor.Name), e.Subject.Title)
}

// labels are the names of fields and links in every locale.
func labels() map[string]source.Words {
	return map[string]source.Words{
		"User":   {English: "User", Japanese: "ユーザー", Chinese: "用户"},
		"Before": {English: "Before", Japanese: "変更前", Chinese: "变更前"},
	}
}
