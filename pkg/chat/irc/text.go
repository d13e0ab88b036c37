package irc

import (
	"strings"

	"postern/pkg/chat"
)

const (
	maxText  = 400 // bytes of a line's text
	maxLines = 8   // of a message: at a line in two seconds nobody waits for more
	maxHead  = 3   // of them for the title
	maxTail  = 3   // of them for fields and links
)

const ellipsis = "…"

// write gives what is said of m, a line each, none longer than room: the title
// with its address, the body, the fields in one line, the links in one.
func write(m chat.Message, plain bool, room int) []string {
	m = m.Clean().Linked()
	d := dialect()
	if plain {
		d = chat.Dialect{Link: d.Link}
	}
	var tail []string
	for _, text := range []string{fieldsOf(m), linksOf(m)} {
		tail = append(tail, fold(text, room, maxTail-len(tail))...)
	}
	head := fold(opening(m, d), room, maxHead)
	body := fold(d.Write(m.Body), room, maxLines-len(head)-len(tail))
	return append(append(head, body...), tail...)
}

// dialect knows bold, the one style that all clients do; a link's address
// follows its words.
func dialect() chat.Dialect {
	return chat.Dialect{
		Bold: func(s string) string { return "\x02" + s + "\x02" },
		Link: func(text, url string) string {
			if text == url {
				return url
			}
			return text + " (" + url + ")"
		},
	}
}

// opening is the first line. A nick at its beginning calls its owner.
func opening(m chat.Message, d chat.Dialect) string {
	var calls, parts []string
	for _, name := range m.Mentions {
		if nickShape.MatchString(name) {
			calls = append(calls, name)
		}
	}
	if m.Title != "" {
		parts = append(parts, d.Write(chat.Text{{Text: m.Title, Bold: true}}))
	}
	if m.URL != "" {
		parts = append(parts, m.URL)
	}
	line := strings.Join(parts, " ")
	if len(calls) > 0 {
		line = strings.TrimSpace(strings.Join(calls, ", ") + ": " + line)
	}
	return line
}

func fieldsOf(m chat.Message) string {
	var parts []string
	for _, f := range m.Fields {
		if f.Name != "" {
			f.Value = f.Name + ": " + f.Value
		}
		parts = append(parts, f.Value)
	}
	if m.Footer != "" {
		parts = append(parts, m.Footer)
	}
	return strings.Join(parts, " · ")
}

func linksOf(m chat.Message) string {
	var parts []string
	for _, l := range m.Links {
		switch {
		case l.URL == m.URL && l.URL != "": // the title shows it
		case l.URL == "" || l.URL == l.Text:
			parts = append(parts, l.Text)
		default:
			parts = append(parts, l.Text+": "+l.URL)
		}
	}
	return strings.Join(parts, " · ")
}

// fold gives text in at most most lines of at most room bytes. What is too much
// ends in an "…".
func fold(text string, room, most int) []string {
	var lines []string
	for line := range strings.SplitSeq(breaks.Replace(text), "\n") {
		for line = strings.TrimRight(line, " "); line != ""; {
			if len(lines) == most {
				return shorten(lines, room)
			}
			first := within(line, room)
			lines = append(lines, first)
			line = strings.TrimLeft(line[len(first):], " ")
		}
	}
	return lines
}

// breaks are what could end a line on somebody's screen, or in the protocol.
var breaks = strings.NewReplacer("\t", " ", "\r", "", "\x00", "", "\u2028", "\n", "\u2029", "\n") //nolint:gochecknoglobals // a constant table

func shorten(lines []string, room int) []string {
	if len(lines) == 0 {
		return nil
	}
	last := len(lines) - 1
	lines[last] = strings.TrimSuffix(chat.Cut(lines[last], room-len(ellipsis), chat.Bytes), ellipsis) + ellipsis
	return lines
}

// within gives the beginning of s that one line takes: it ends at a blank of
// its last quarter, else where no character is torn.
func within(s string, room int) string {
	if len(s) <= room {
		return s
	}
	first := strings.TrimSuffix(chat.Cut(s, room, chat.Bytes), ellipsis)
	if at := strings.LastIndexByte(first, ' '); at > len(first)*3/4 {
		return first[:at]
	}
	return first
}
