package discord

import (
	"cmp"
	"strings"

	"postern/pkg/source"
	"postern/pkg/webhook"
)

// optionDepth bounds how deep groups of subcommands may lie; Discord's go two.
const optionDepth = 3

func tell(e *webhook.Event, payload source.Object) {
	what := payload
	if event := payload.Object("event"); event != nil {
		what = event.Object("data")
	}
	e.Actor.Name = name(what)
	channel := cmp.Or(what.Line("channel.id"), what.Line("channel_id"))
	guild := cmp.Or(what.Line("guild_id"), what.Line("guild.id"))
	e.Container = webhook.Party{Name: place(what, channel, guild), URL: address(guild, channel)}
	e.URL = e.Container.URL
	if id := what.Line("message.id"); id != "" {
		e.Thread = "discord:" + id
	}
	e.Default = e.Type == command || e.Type == component || e.Type == modal || payload.Object("event") != nil
	words := e.Action
	if e.Type == command && what.Text("data.type") != "2" && what.Text("data.type") != "3" {
		words = strings.TrimSpace("/" + e.Action)
	}
	e.Subject.Title = words
	e.Fields = append(options(what.Object("data"), optionDepth), entries(what.Object("data"))...)
	if values := picked(what); values != "" {
		e.Fields = append(e.Fields, webhook.Field{Name: "Selection", Value: values})
	}
	if guild := what.Line("guild.name"); guild != "" && guild != e.Container.Name {
		e.Fields = append(e.Fields, webhook.Field{Name: "Server", Value: guild})
	}
	e.Title = headline(*e, source.English)
}

// name is how the person is called: on this server, else anywhere.
func name(what source.Object) string {
	return cmp.Or(what.Line("member.nick"), what.Line("member.user.global_name"), what.Line("member.user.username"),
		what.Line("user.global_name"), what.Line("user.username"), what.Line("user.id"))
}

func place(what source.Object, channel, guild string) string {
	if name := what.Line("channel.name"); name != "" {
		return "#" + name
	}
	return cmp.Or(what.Line("guild.name"), channel, guild)
}

// options are what a person wrote behind a command, through its subcommands.
func options(of source.Object, depth int) []webhook.Field {
	var fields []webhook.Field
	for _, o := range of.Objects("options") {
		name, value := o.Line("name"), o.Line("value")
		if name != "" && value != "" {
			fields = append(fields, webhook.Field{Name: name, Value: value})
		}
		if depth > 0 {
			fields = append(fields, options(o, depth-1)...)
		}
	}
	return fields
}

// entries are what a person wrote into a form.
func entries(form source.Object) []webhook.Field {
	var fields []webhook.Field
	for _, row := range form.Objects("components") {
		inputs := row.Objects("components")
		if inner := row.Object("component"); inner != nil {
			inputs = append(inputs, inner)
		}
		for _, input := range inputs {
			name, value := input.Line("custom_id"), input.Line("value")
			if name != "" && value != "" {
				fields = append(fields, webhook.Field{Name: name, Value: value})
			}
		}
	}
	return fields
}

// picked are the values of a select menu.
func picked(what source.Object) string {
	var values []string
	for _, v := range what.List("data.values") {
		if s := source.OneLine(source.Scalar(v)); s != "" {
			values = append(values, s)
		}
	}
	return source.Clip(strings.Join(values, ", "), source.MaxLine)
}

// address is the channel in Discord.
func address(guild, channel string) string {
	if !snowflake(guild) || !snowflake(channel) {
		return ""
	}
	return source.Link("https://discord.com/channels/" + guild + "/" + channel)
}

// snowflake tells one of Discord's ids, which may stand in an address.
func snowflake(id string) bool {
	return id != "" && len(id) <= 20 && !strings.ContainsFunc(id, func(r rune) bool { return r < '0' || r > '9' })
}

// headline is "[#ops] Command by who: /deploy".
func headline(e webhook.Event, l source.Locale) string {
	w, known := map[string]source.Words{
		command:                  {English: "Command", Japanese: "コマンド", Chinese: "命令"},
		component:                {English: "Action", Japanese: "操作", Chinese: "操作"},
		modal:                    {English: "Form submitted", Japanese: "フォーム送信", Chinese: "提交表单"},
		"APPLICATION_AUTHORIZED": {English: "App added", Japanese: "アプリの追加", Chinese: "已添加应用"},
		"APPLICATION_DEAUTHORIZED": {
			English: "App removed", Japanese: "アプリの削除", Chinese: "已移除应用",
		},
		"ENTITLEMENT_CREATE": {English: "New entitlement", Japanese: "新しい利用権", Chinese: "新权益"},
	}[e.Type]
	if !known {
		return source.Headline(e, l)
	}
	return source.Title(e.Container.Name, source.By(l, w.In(l), e.Actor.Name), e.Subject.Title)
}

// labels are the names of fields and links in every locale.
func labels() map[string]source.Words {
	return map[string]source.Words{
		"Selection": {English: "Selection", Japanese: "選択", Chinese: "选择"},
		"Server":    {English: "Server", Japanese: "サーバー", Chinese: "服务器"},
	}
}
