package zulip

import (
	"regexp"
	"strings"

	"postern/pkg/chat"
)

// zeroWidth parts characters that mean something only side by side.
const zeroWidth = "\u200b"

// pages parts d by the limit, and gives how each part is written.
func pages(d chat.Delivery) ([]chat.Message, func(chat.Message) string) {
	m, write := reserve(d), markdown().Write
	if d.Plain {
		m, write = d.Message.Clean().Unstyled(), chat.Dialect{Escape: escape}.Write
	}
	render := func(m chat.Message) string { return strings.TrimSpace(mentions(m.Mentions) + write(m.Flow())) }
	return chat.Split(m, maxParts, maxText, chat.Runes, render), render
}

// text renders the part of d that is to be said; lead tells where its files are.
func text(d chat.Delivery, lead func(chat.Attachment) (string, error)) (string, error) {
	parts, render := pages(d)
	part, err := settle(d, d.Page(parts), lead)
	if err != nil {
		return "", err
	}
	return render(part), nil
}

// markdown is what https://zulip.com/help/format-your-message-using-markdown says,
// and zerver/lib/markdown in the server's source, which has left escapes out.
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
	return strings.NewReplacer("(", "%28", ")", "%29", "@", "%40", "*", "%2A", "~~", "%7E%7E", "$$", "%24%24").Replace(url)
}

// code parts names from their @ too, for whoever copies the text elsewhere: within
// code nothing pings.
func code(s string) string {
	if strings.Contains(s, "`") {
		return escape(s)
	}
	return "`" + strings.ReplaceAll(s, "@", "@"+zeroWidth) + "`"
}

// bareURL is an address without any character that markup could begin with; it is
// linked as a whole.
var bareURL = regexp.MustCompile(`https?://[A-Za-z0-9./?#=&%+,;!_-]+`)

// escape makes text inert, but for addresses, by other characters in the place of
// those that format.
func escape(s string) string {
	var b strings.Builder
	for line := range strings.Lines(s) {
		if begins(line) {
			b.WriteString(zeroWidth)
		}
		b.WriteString(chat.Between(line, bareURL, disarm))
	}
	return b.String()
}

// begins reports whether a line would become a heading, a quote, an entry of a list,
// a row of a table, a block of code or a command (/poll, /me).
func begins(line string) bool {
	rest := strings.TrimLeft(line, " \t")
	indent := line[:len(line)-len(rest)]
	if rest == "" {
		return false
	}
	if len(indent) >= 4 || strings.Contains(indent, "\t") || strings.IndexByte("#>+-|/=:", rest[0]) >= 0 {
		return true
	}
	number := strings.TrimLeft(rest, "0123456789")
	return number != rest && (strings.HasPrefix(number, ". ") || strings.HasPrefix(number, ") "))
}

// disarm replaces the marks that format in pairs, and parts what formats side by
// side, also with what we write next to it. An underscore does nothing in Zulip.
func disarm(s string) string {
	var b strings.Builder
	for i := range len(s) {
		switch s[i] {
		case '*':
			b.WriteString("∗") // the operator
		case '`':
			b.WriteString("ˋ") // the modifier letter
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
// name, a time, an image, a link, struck text, a formula, and a backslash before our
// own code, which would be none.
func parted(mark byte, behind string) bool {
	switch mark {
	case '@', '<':
		return true
	case '!':
		return behind == "" || behind[0] == '['
	case ']':
		return behind == "" || behind[0] == '('
	case '~', '$':
		return behind == "" || behind[0] == mark
	case '\\':
		return behind == ""
	}
	return false
}

var (
	// wildcard are the names of everybody: channel since Zulip 8, stream before.
	wildcard = regexp.MustCompile(`^(all|everyone|channel|stream|topic)$`)
	userID   = regexp.MustCompile(`^[0-9]{1,18}$`)
	group    = regexp.MustCompile(`^\*([^*\n]+)\*$`)
)

// mentions pings on purpose: everybody, a user's id, a group's name between
// asterisks; anything else is a word.
func mentions(names []string) string {
	var pings []string
	for _, name := range names {
		name = strings.TrimPrefix(chat.Clean(name), "@")
		switch {
		case wildcard.MatchString(name):
			pings = append(pings, "@**"+name+"**")
		case userID.MatchString(name):
			pings = append(pings, "@**|"+name+"**")
		case group.MatchString(name):
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
