package slack

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"postern/pkg/source"
	"postern/pkg/webhook"
)

// reference is Slack's own markup for a person, a channel or an address:
// <@U1|name>, <#C1|general>, <!here>, <https://example.com|text>.
var reference = regexp.MustCompile(`<([@#!]|https?://|mailto:|tel:)([^<>|]*)(?:\|([^<>]*))?>`)

func tell(e *webhook.Event, payload source.Object) {
	what := payload.Object("event")
	if what == nil {
		what = payload
	}
	e.Actor.Name = actor(what)
	channel := channelID(what)
	e.Container.Name = place(payload, what, channel)
	e.Container.URL = address(cmp.Or(payload.Text("team_id"), payload.Text("team.id")), channel)
	e.URL = e.Container.URL
	e.Thread = thread(what, channel)
	e.Body = source.Excerpt(plain(text(what)))
	e.Subject.Title = subject(e, what)
	if bot(what) {
		e.Severity = webhook.Debug
	}
	e.Default = told(e.Type, e.Action) && !bot(what)
	e.Fields = source.Fields("Value", chosen(pressed(payload)), "Reaction", what.Line("reaction"),
		"Workspace", cmp.Or(payload.Line("team_domain"), payload.Line("team.domain")))
	e.Title = headline(*e, source.English)
}

// told says what a person must hear of: what people say to the app, and who
// and what is new in the workspace.
func told(kind, subtype string) bool {
	switch kind {
	case slashCommand, "block_actions", "view_submission", "shortcut", "message_action",
		"app_mention", "team_join", "channel_created", "channel_archive", "channel_deleted":
		return true
	case "message":
		return slices.Contains([]string{"", "file_share", "thread_broadcast", "me_message"}, subtype)
	default:
		return false
	}
}

func bot(what source.Object) bool {
	return what.Text("bot_id") != "" || what.Text("subtype") == "bot_message" || what.Text("message.bot_id") != ""
}

func actor(what source.Object) string {
	return cmp.Or(
		what.Line("user_name"), what.Line("user.profile.display_name"), what.Line("user.real_name"),
		what.Line("user.username"), what.Line("user.name"), what.Line("user_profile.display_name"),
		what.Line("username"), what.Line("bot_profile.name"),
		what.Line("user"), what.Line("user.id"), what.Line("message.user"),
	)
}

func channelID(what source.Object) string {
	return cmp.Or(what.Text("channel_id"), what.Text("channel.id"), what.Text("channel"),
		what.Text("item.channel"), what.Text("container.channel_id"))
}

// place is the channel by its name where Slack gives one.
func place(payload, what source.Object, channel string) string {
	if name := cmp.Or(what.Line("channel_name"), what.Line("channel.name")); name != "" {
		return "#" + strings.TrimPrefix(name, "#")
	}
	return cmp.Or(source.Line(channel),
		payload.Line("team_domain"), payload.Line("team.domain"), payload.Line("team_id"))
}

func thread(what source.Object, channel string) string {
	at := cmp.Or(what.Line("thread_ts"), what.Line("message.thread_ts"), what.Line("message.ts"),
		what.Line("item.ts"), what.Line("ts"))
	if at == "" || channel == "" {
		return ""
	}
	return "slack:" + source.Line(channel) + ":" + at
}

// text is what a person wrote; of an interaction, the message it stands in is
// nobody's news.
func text(what source.Object) string {
	if what.Text("type") == "block_actions" {
		return ""
	}
	return cmp.Or(what.Text("text"), what.Text("message.text"))
}

// subject is the command, the element or the view that was used.
func subject(e *webhook.Event, what source.Object) string {
	if e.Type == slashCommand {
		return source.Line(what.Text("command") + " " + plain(what.Text("text")))
	}
	return cmp.Or(pressed(what).Line("text.text"), what.Line("view.title.text"), e.Action, what.Line("file.name"))
}

// chosen is the value that a person set with an element.
func chosen(used source.Object) string {
	return cmp.Or(used.Line("selected_option.text.text"), used.Line("selected_date"), used.Line("selected_time"),
		used.Line("selected_user"), used.Line("selected_channel"), used.Line("value"))
}

// plain takes Slack's markup of references out of a text, and its escapes.
func plain(text string) string {
	text = reference.ReplaceAllStringFunc(text, func(found string) string {
		parts := reference.FindStringSubmatch(found)
		kind, target, label := parts[1], parts[2], parts[3]
		switch kind {
		case "@", "#":
			return kind + cmp.Or(strings.TrimLeft(label, "@#"), target)
		case "!":
			return "@" + strings.TrimPrefix(cmp.Or(label, target), "@")
		case "mailto:", "tel:":
			return cmp.Or(label, target)
		}
		if label == "" || label == kind+target {
			return kind + target
		}
		return label + " (" + kind + target + ")"
	})
	return strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&").Replace(text)
}

// address is the channel in Slack.
func address(team, channel string) string {
	if !id(team) || !id(channel) {
		return ""
	}
	return source.Link("https://app.slack.com/client/" + team + "/" + channel)
}

// id tells one of Slack's ids, which may stand in an address.
func id(s string) bool {
	return s != "" && len(s) <= 32 && !strings.ContainsFunc(s, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'A' || r > 'Z')
	})
}
