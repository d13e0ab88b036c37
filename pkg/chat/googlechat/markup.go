package googlechat

import (
	"regexp"
	"strings"
	"unicode"

	"postern/pkg/chat"
)

// zeroWidth parts a mark from what it could style: this markup has no escape.
const zeroWidth = "\u200b"

func text(m chat.Message, write func(chat.Text) string) string {
	return strings.TrimSpace(mentions(m.Mentions) + write(m.Flow()))
}

func markup() chat.Dialect {
	return chat.Dialect{
		Escape: inert,
		Bold:   func(s string) string { return "*" + s + "*" },
		Code:   code,
		Link: func(text, url string) string {
			return "<" + url + "|" + strings.NewReplacer("|", "¦", ">", "›").Replace(text) + ">"
		},
	}
}

// broken keeps an angle bracket from opening a link or a ping: <users/all> pings
// the whole space.
func broken(s string) string { return strings.ReplaceAll(s, "<", "<"+zeroWidth) }

func code(s string) string {
	if strings.Contains(s, "`") {
		return inert(s) // no way to write one within code
	}
	return "`" + broken(s) + "`"
}

// inert puts a zero-width space before each mark that could open or close a
// style; one within a word or between blanks cannot. A line that begins with a
// list's mark or a quote's begins with a zero-width space instead.
func inert(s string) string {
	s = lineStarts.ReplaceAllString(broken(s), zeroWidth+"$1")
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

var lineStarts = regexp.MustCompile(`(?m)^([ \t]*(?:[*-] |>))`)

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

var userID = regexp.MustCompile(`^(?:all|[0-9]{1,30})$`)

// mentions pings on purpose: all or a user's number, also as Chat writes it
// (users/123, <users/123>); anything else is a word.
func mentions(names []string) string {
	var pings []string
	for _, name := range names {
		name = strings.TrimPrefix(strings.Trim(chat.Clean(name), "<@>"), "users/")
		switch {
		case userID.MatchString(name):
			pings = append(pings, "<users/"+name+">")
		case name != "":
			pings = append(pings, inert(name))
		}
	}
	if len(pings) == 0 {
		return ""
	}
	return strings.Join(pings, " ") + "\n"
}
