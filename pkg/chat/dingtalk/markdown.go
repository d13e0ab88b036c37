package dingtalk

import (
	"regexp"
	"strings"

	"postern/pkg/chat"
)

// payload is a message of DingTalk's: Markdown, or the plain text of a second
// try. Nobody is pinged whom at does not name.
type payload struct {
	Kind     string    `json:"msgtype"`
	Markdown *markdown `json:"markdown,omitempty"`
	Text     *content  `json:"text,omitempty"`
	At       at        `json:"at"`
}

type markdown struct {
	Title string `json:"title"` // what the list of chats shows
	Text  string `json:"text"`
}

type content struct {
	Content string `json:"content"`
}

type at struct {
	Mobiles []string `json:"atMobiles,omitempty"`
	UserIDs []string `json:"atUserIds,omitempty"`
	All     bool     `json:"isAtAll"`
}

func (p payload) text() string {
	if p.Text != nil {
		return p.Text.Content
	}
	return p.Markdown.Text
}

// compose cuts d by what the whole request may measure.
func compose(d chat.Delivery) payload {
	m, build := d.Message.Clean().Linked(), rich
	if d.Plain {
		m, build = m.Unstyled(), plain
	}
	return build(chat.Fit(m, maxBody, chat.Bytes, func(m chat.Message) string {
		return string(chat.JSON(build(m)))
	}))
}

func rich(m chat.Message) payload {
	pings, named := mentions(m.Mentions, escape)
	text := dialect().Write(m.Flow())
	return payload{
		Kind: "markdown",
		Markdown: &markdown{
			Title: chat.Cut(unpinged(headline(m)), maxTitle, chat.Runes),
			Text:  strings.ReplaceAll(strings.TrimSpace(pings+text), "\n", "  \n"), // two blanks make a line break
		},
		At: named,
	}
}

func plain(m chat.Message) payload {
	pings, named := mentions(m.Mentions, unpinged)
	text := strings.TrimSpace(pings + unpinged(m.Flow().String()))
	return payload{Kind: "text", Text: &content{text}, At: named}
}

// headline is the title, else the first line there is.
func headline(m chat.Message) string {
	line, _, _ := strings.Cut(m.Text(), "\n")
	return line
}

func dialect() chat.Dialect {
	return chat.Dialect{
		Escape: escape,
		Bold:   func(s string) string { return "**" + s + "**" },
		// Code is not among what DingTalk documents: it stays plain.
		Link: func(text, url string) string {
			return "[" + text + "](" + strings.NewReplacer("(", "%28", ")", "%29", "@", "%40").Replace(url) + ")"
		},
	}
}

// escape makes text inert: backslashes before marks, as senders of alerts have
// long done (https://github.com/timonwong/prometheus-webhook-dingtalk/pull/2),
// and an entity for what begins HTML.
func escape(s string) string {
	s = strings.NewReplacer(
		`\`, `\\`, "*", `\*`, "_", `\_`, "~", `\~`, "`", "\\`", "|", `\|`,
		"[", `\[`, "]", `\]`, "!", `\!`, "&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
	s = lineStarts.ReplaceAllString(s, `$1\$2`)
	return unpinged(numbered.ReplaceAllString(s, `$1\$2`))
}

// What means something only where a line begins.
var (
	lineStarts = regexp.MustCompile(`(?m)^([ \t]*)([#+=-])`)
	numbered   = regexp.MustCompile(`(?m)^([ \t]*[0-9]+)([.)])`)
)

// unpinged parts the words for everybody from their @: they would look like a
// ping, and be one where the config itself pings.
func unpinged(s string) string {
	return strings.NewReplacer("@all", "@\u200ball", "@everyone", "@\u200beveryone", "@所有人", "@\u200b所有人").Replace(s)
}

var (
	mobile = regexp.MustCompile(`^(?:\+[0-9]{1,4}-)?[0-9]{6,15}$`)
	userID = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_$:.-]{0,63}$`)
)

// mentions pings on purpose: all, a mobile number or a user's id; anything else
// is a word. Who is pinged must stand in the text too.
func mentions(names []string, inert func(string) string) (string, at) {
	var pings []string
	var named at
	for _, name := range names {
		name = strings.TrimPrefix(chat.Clean(name), "@")
		switch {
		case name == "all":
			named.All = true
		case mobile.MatchString(name):
			named.Mobiles = append(named.Mobiles, name)
		case userID.MatchString(name):
			named.UserIDs = append(named.UserIDs, name)
		case name != "":
			pings = append(pings, inert(name))
			continue
		default:
			continue
		}
		pings = append(pings, "@"+name)
	}
	if len(pings) == 0 {
		return "", named
	}
	return strings.Join(pings, " ") + "\n", named
}
