package rocketchat

import (
	"regexp"
	"strings"

	"postern/pkg/chat"
	"postern/pkg/webhook"
)

// zeroWidth parts characters that mean something only side by side.
const zeroWidth = "\u200b"

// attachment is what stands below a message, with a bar in a colour.
type attachment struct {
	Color string `json:"color"`
	Text  string `json:"text"`
}

// pages parts d by the limit, and gives how each part is written.
func pages(d chat.Delivery) ([]chat.Message, func(chat.Message) string) {
	m, write := d.Message.Clean().Linked(), markdown().Write
	if d.Plain {
		m, write = m.Unstyled(), chat.Dialect{Escape: escape}.Write
	}
	render := func(m chat.Message) string { return strings.TrimSpace(mentions(m.Mentions) + write(m.Flow())) }
	return chat.Split(m, maxParts, maxText, chat.UTF16, render), render
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
		below = []attachment{{Color: colour, Text: rest}}
	}
	return render(head), below
}

func colours() map[webhook.Severity]string {
	return map[webhook.Severity]string{webhook.Warning: "#f1c40f", webhook.Error: "#e74c3c", webhook.Critical: "#8e44ad"}
}

// markdown is what https://docs.rocket.chat/docs/markdown says, and the grammar of
// packages/message-parser in the server's source.
func markdown() chat.Dialect {
	return chat.Dialect{
		Escape: escape,
		Bold:   func(s string) string { return "*" + s + "*" },
		Code:   code,
		Link:   func(text, url string) string { return "[" + text + "](" + address(url) + ")" },
	}
}

// address keeps a URL from ending its link too early, and from holding a name.
func address(url string) string {
	return strings.NewReplacer("(", "%28", ")", "%29", "@", "%40", "*", "%2A").Replace(url)
}

// code parts names too: older servers look for them before they look for code.
func code(s string) string {
	if strings.Contains(s, "`") {
		return escape(s)
	}
	return "`" + strings.ReplaceAll(s, "@", "@"+zeroWidth) + "`"
}

// bareURL is an address without any character that markup could begin with; it is
// linked as a whole.
var bareURL = regexp.MustCompile(`https?://[A-Za-z0-9./?#=&%+,;!$_-]+`)

// escape makes text inert, but for addresses, by other characters in the place of
// those that format.
func escape(s string) string {
	var b strings.Builder
	for line := range strings.Lines(s) {
		rest := strings.TrimLeft(line, " \t")
		b.WriteString(line[:len(line)-len(rest)])
		if begins(rest) {
			b.WriteString(zeroWidth)
		}
		b.WriteString(chat.Between(rest, bareURL, disarm))
	}
	return b.String()
}

// begins reports whether a line would become a heading, a quote or an entry of a
// list.
func begins(line string) bool {
	if line == "" {
		return false
	}
	number := strings.TrimLeft(line, "0123456789")
	return strings.IndexByte("#>+-", line[0]) >= 0 || (number != line && strings.HasPrefix(number, ". "))
}

// disarm replaces the marks that format in pairs, and parts what formats side by
// side, also with what we write next to it.
func disarm(s string) string {
	var b strings.Builder
	for i := range len(s) {
		switch {
		case s[i] == '_' && i > 0 && wordly(s[i-1]): // within a word it does not format
			b.WriteByte('_')
		case lookalike(s[i]) != "":
			b.WriteString(lookalike(s[i]))
		default:
			b.WriteByte(s[i])
		}
		if parted(s[i], s[i+1:]) {
			b.WriteString(zeroWidth)
		}
	}
	return b.String()
}

// parted reports whether a mark means something together with what follows it: a
// name, Slack's links, images, links, spoilers, formulas.
func parted(mark byte, behind string) bool {
	switch mark {
	case '@', '<':
		return true
	case '!':
		return behind == "" || behind[0] == '['
	case ']':
		return behind == "" || behind[0] == '('
	case '|':
		return behind == "" || behind[0] == '|'
	case '\\':
		return behind == "" || behind[0] == '[' || behind[0] == '('
	}
	return false
}

func wordly(c byte) bool {
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')
}

func lookalike(c byte) string {
	switch c {
	case '*':
		return "∗" // the operator
	case '_':
		return "ˍ" // the modifier letter
	case '~':
		return "∼" // the operator
	case '`':
		return "ˋ" // the modifier letter
	}
	return ""
}

// username is as Rocket.Chat allows it unless its settings say otherwise.
var username = regexp.MustCompile(`^[0-9a-zA-Z._-]+$`)

// mentions pings on purpose: all, here, or a user's name; anything else is a word.
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
