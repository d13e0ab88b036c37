package slack

import (
	"regexp"
	"strings"
	"unicode"

	"postern/pkg/chat"
)

// zeroWidth parts a mark from what it could style: mrkdwn has no escape.
const zeroWidth = "\u200b"

// maxParts is how many messages one may become; what is longer is cut.
const maxParts = 5

// pages parts d by Slack's limit, measured as JavaScript would, and gives how each
// part is written. Files are messages of their own, behind the parts; where there is
// nothing else, there is no part.
func (s *Sender) pages(d chat.Delivery) (parts []chat.Message, files []chat.Attachment, render func(chat.Message) string) {
	files, m := s.apart(d)
	m, write := m.Linked(), mrkdwn().Write
	if d.Plain {
		m, write = m.Unstyled(), chat.Dialect{Escape: entities}.Write
	}
	render = func(m chat.Message) string { return strings.TrimSpace(mentions(m.Mentions) + write(m.Flow())) }
	parts = chat.Split(m, maxParts, maxText, chat.UTF16, render)
	if len(files) > 0 && len(parts) == 1 && render(parts[0]) == "" {
		parts = nil
	}
	return parts, files, render
}

// text renders the part of d that is to be said; of a file a link.
func (s *Sender) text(d chat.Delivery) string {
	parts, files, render := s.pages(d)
	if a, ok := d.File(files, len(parts)); ok {
		m := chat.Message{Attachments: []chat.Attachment{a}}.Linked()
		if d.Plain {
			m = m.Unstyled()
		}
		return render(m)
	}
	return render(d.Page(parts))
}

func mrkdwn() chat.Dialect {
	return chat.Dialect{
		Escape: func(s string) string { return entities(inert(s)) },
		Bold:   func(s string) string { return "*" + s + "*" },
		Code:   code,
		Link: func(text, url string) string {
			return "<" + entities(url) + "|" + strings.ReplaceAll(text, "|", "¦") + ">"
		},
	}
}

// entities escapes the three characters that Slack says to escape, and with
// them every mention and link.
func entities(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}

func code(s string) string {
	if strings.Contains(s, "`") {
		return entities(inert(s)) // no way to write one within code
	}
	return "`" + entities(s) + "`"
}

// inert puts a zero-width space before each mark that could open or close a
// style; one within a word or between blanks cannot.
func inert(s string) string {
	if !strings.ContainsAny(s, "*_~`") {
		return s
	}
	runes := []rune(s)
	var b strings.Builder
	for i, r := range runes {
		if strings.ContainsRune("*_~`", r) && styles(runes, i) {
			b.WriteString(zeroWidth)
		}
		b.WriteRune(r)
	}
	return b.String()
}

// styles reports whether the mark at i may open or close a style. What stands
// outside the text is not known, and counts as whatever makes it one.
func styles(runes []rune, i int) bool {
	if runes[i] == '`' {
		return true
	}
	const edge = '*' // neither a word nor a blank
	before, behind := edge, edge
	if i > 0 {
		before = runes[i-1]
	}
	if i < len(runes)-1 {
		behind = runes[i+1]
	}
	opens := !word(before) && !unicode.IsSpace(behind)
	closes := !word(behind) && !unicode.IsSpace(before)
	return opens || closes
}

func word(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

var (
	userID  = regexp.MustCompile(`^[UW][A-Z0-9]+$`)
	groupID = regexp.MustCompile(`^S[A-Z0-9]+$`)
)

// mentions pings on purpose: channel, here, everyone, a user's id or a user
// group's; anything else is a word.
func mentions(names []string) string {
	var pings []string
	for _, name := range names {
		switch name = strings.Trim(name, "<@!>"); { // as an id or as Slack writes it
		case name == "channel" || name == "here" || name == "everyone":
			pings = append(pings, "<!"+name+">")
		case userID.MatchString(name):
			pings = append(pings, "<@"+name+">")
		case groupID.MatchString(name):
			pings = append(pings, "<!subteam^"+name+">")
		case name != "":
			pings = append(pings, entities(inert(chat.Clean(name))))
		}
	}
	if len(pings) == 0 {
		return ""
	}
	return strings.Join(pings, " ") + "\n"
}
