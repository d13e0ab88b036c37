package mattermost

import (
	"regexp"
	"strings"

	"postern/pkg/chat"
	"postern/pkg/webhook"
)

// zeroWidth parts an @ from a name, and keeps a line from beginning with a mark
// that no backslash disarms.
const zeroWidth = "\u200b"

// maxFallback is how much of a text is repeated for who sees no attachment.
const maxFallback = 200

// attachment is what stands below a message, with a bar in a colour.
type attachment struct {
	Fallback string `json:"fallback"`
	Color    string `json:"color"`
	Text     string `json:"text"`
}

// pages parts d by the limit, and gives how each part is written.
func pages(d chat.Delivery) ([]chat.Message, func(chat.Message) string) {
	m, write := d.Message.Clean().Linked(), markdown().Write
	if d.Plain {
		m, write = m.Unstyled(), chat.Dialect{Escape: escape}.Write
	}
	render := func(m chat.Message) string { return strings.TrimSpace(mentions(m.Mentions) + write(m.Flow())) }
	return chat.Split(m, maxParts, maxText, chat.Runes, render), render
}

// say renders the part of d that is to be said. Of a warning or worse only the
// title stands in the message, where notifications and the search find it; the rest
// stands below, in a colour.
func say(d chat.Delivery) (text string, below []attachment) {
	parts, render := pages(d)
	part := d.Page(parts)
	colour := colours()[part.Severity]
	if d.Plain || colour == "" {
		return render(part), nil
	}
	head := chat.Message{Title: part.Title, URL: part.URL, Mentions: part.Mentions}
	part.Title, part.URL, part.Mentions = "", "", nil
	if rest := render(part); rest != "" {
		below = []attachment{{Fallback: fallback(part), Color: colour, Text: rest}}
	}
	return render(head), below
}

// fallback is shown as it is, without markup.
func fallback(m chat.Message) string {
	text := strings.NewReplacer("@", "@"+zeroWidth, "<", "<"+zeroWidth).Replace(m.Text())
	return chat.Cut(text, maxFallback, chat.Runes)
}

func colours() map[webhook.Severity]string {
	return map[webhook.Severity]string{webhook.Warning: "#f1c40f", webhook.Error: "#e74c3c", webhook.Critical: "#8e44ad"}
}

func markdown() chat.Dialect {
	return chat.Dialect{
		Escape: escape,
		Bold:   func(s string) string { return "**" + s + "**" },
		Code:   code,
		Link:   func(text, url string) string { return "[" + text + "](" + address(url) + ")" },
	}
}

// address keeps a URL from ending its link too early, and from holding a name.
func address(url string) string {
	return strings.NewReplacer("(", "%28", ")", "%29", "@", "%40", "*", "%2A").Replace(url)
}

// code writes what can stand in code. A "<" cannot: the server rewrites Slack's
// <url|text> and <!here> in a webhook's text before it looks for code.
func code(s string) string {
	if strings.ContainsAny(s, "`<") {
		return escape(s)
	}
	return "`" + words(s) + "`"
}

// words parts from their @ those that ping a whole channel. Within code nothing
// pings; whoever copies the text elsewhere is spared too.
func words(s string) string {
	return wholeRoom.ReplaceAllString(s, "@"+zeroWidth+"$1")
}

var wholeRoom = regexp.MustCompile(`@(all|channel|everyone|here|room)\b`)

// escape makes text inert: backslashes before marks, but not within addresses, and
// no "<", for the server reads Slack's markup in a webhook's text.
func escape(s string) string {
	var b strings.Builder
	for line := range strings.Lines(s) {
		rest := strings.TrimLeft(line, " \t")
		indent := line[:len(line)-len(rest)]
		if codeBlock(indent) || strings.HasPrefix(rest, "=") { // a row of = makes the line above a heading
			b.WriteString(zeroWidth)
		}
		b.WriteString(indent)
		switch n := numbered(rest); {
		case rest != "" && strings.IndexByte("#>+-", rest[0]) >= 0:
			b.WriteByte('\\')
		case n > 0:
			b.WriteString(rest[:n] + `\`)
			rest = rest[n:]
		}
		b.WriteString(chat.Between(rest, bareURL, disarm))
	}
	if strings.HasSuffix(s, "!") { // before a link it would make an image of it
		b.WriteString(zeroWidth)
	}
	return b.String()
}

// codeBlock reports whether a line that is indented so is shown as code.
func codeBlock(indent string) bool { return len(indent) >= 4 || strings.Contains(indent, "\t") }

// numbered is how many digits begin an entry of a list, or 0.
func numbered(line string) int {
	n := len(line) - len(strings.TrimLeft(line, "0123456789"))
	rest := line[n:]
	if n == 0 || (!strings.HasPrefix(rest, ".") && !strings.HasPrefix(rest, ")")) {
		return 0
	}
	if rest = rest[1:]; rest != "" && !strings.ContainsAny(rest[:1], " \t\n") {
		return 0
	}
	return n
}

// bareURL is an address without any character that markup could begin with;
// Mattermost links it as a whole, and a backslash within would become part of it.
var bareURL = regexp.MustCompile(`https?://[A-Za-z0-9./?#=&%+,;!$_-]+`)

// entity is what would be shown as another character.
var entity = regexp.MustCompile(`&(#?\w+;)`)

func disarm(s string) string {
	if strings.Contains(s, "&") && strings.Contains(s, ";") {
		s = entity.ReplaceAllString(s, "&amp;$1")
	}
	return marks.Replace(s)
}

var marks = strings.NewReplacer( //nolint:gochecknoglobals // a constant table, safe for concurrent use
	`\`, `\\`, "*", `\*`, "_", `\_`, "~", `\~`, "`", "\\`", "|", `\|`,
	"[", `\[`, "]", `\]`, "<", "&lt;", "@", "@"+zeroWidth)

// username is as Mattermost defines it.
var username = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]*$`)

// mentions pings on purpose: channel, here, all, a user's or a group's name;
// anything else is a word.
func mentions(names []string) string {
	var pings []string
	for _, name := range names {
		name = strings.TrimPrefix(chat.Clean(name), "@")
		switch {
		case username.MatchString(name):
			pings = append(pings, "@"+name)
		case name != "":
			pings = append(pings, escape(name))
		}
	}
	if len(pings) == 0 {
		return ""
	}
	return strings.Join(pings, " ") + "\n"
}
