package chat

import (
	"sort"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// ellipsis ends what was cut.
const ellipsis = "…"

// maxCluster is how many runes a cut goes back to spare a character made of
// several; longer ones are no letters of anybody's language.
const maxCluster = 32

// maxFields is how many fields or links a message that is too long keeps.
const maxFields = 50

// Unit is what a platform counts its limits in.
type Unit int

// The units.
const (
	Bytes Unit = iota // of UTF-8
	Runes
	UTF16 // code units, as JavaScript and Java count
)

// Len measures s.
func (u Unit) Len(s string) int {
	switch u {
	case Runes:
		return utf8.RuneCountInString(s)
	case UTF16:
		n := 0
		for _, r := range s {
			n += utf16Len(r)
		}
		return n
	default:
		return len(s)
	}
}

// utf16Len is 2 for what needs a surrogate pair; a byte that is no UTF-8 will
// be shown as U+FFFD and counts as that.
func utf16Len(r rune) int { return max(utf16.RuneLen(r), 1) }

func (u Unit) of(r rune, width int) int {
	switch u {
	case Runes:
		return 1
	case UTF16:
		return utf16Len(r)
	default:
		return width
	}
}

// Cut gives the longest beginning of s that, with an "…" behind it, is at most
// n units long; s itself if it fits. It never cuts within a rune or a
// surrogate pair, and spares characters made of several runes (accents, joined
// emoji, flags). What is escaped must be cut before: see Fit.
func Cut(s string, n int, unit Unit) string {
	if unit.Len(s) <= n {
		return s
	}
	room := n - unit.Len(ellipsis)
	if room < 0 {
		return ""
	}
	end, used := 0, 0
	for end < len(s) {
		r, width := utf8.DecodeRuneInString(s[end:])
		if used += unit.of(r, width); used > room {
			break
		}
		end += width
	}
	return s[:border(s, end)] + ellipsis
}

// border steps back from end to where no character is torn.
func border(s string, end int) int {
	at := end
	for range maxCluster {
		if at == 0 || at == len(s) || !joined(s[:at], s[at:]) {
			return at
		}
		_, width := utf8.DecodeLastRuneInString(s[:at])
		at -= width
	}
	return end
}

const zeroWidthJoiner = 0x200D

// joined reports whether the rune before and the one behind are one character.
func joined(before, behind string) bool {
	left, _ := utf8.DecodeLastRuneInString(before)
	right, _ := utf8.DecodeRuneInString(behind)
	switch {
	case left == zeroWidthJoiner, right == zeroWidthJoiner:
		return true
	case unicode.In(right, unicode.Mn, unicode.Me, unicode.Mc): // accents, variation selectors
		return true
	case right >= 0x1F3FB && right <= 0x1F3FF: // skin tones
		return true
	case right >= 0xE0020 && right <= 0xE007F: // the letters of a region's flag
		return true
	case regional(left) && regional(right):
		return regionals(before)%2 == 1
	}
	return false
}

func regional(r rune) bool { return r >= 0x1F1E6 && r <= 0x1F1FF }

// regionals counts the flag letters at the end of s.
func regionals(s string) int {
	n := 0
	for s != "" {
		r, width := utf8.DecodeLastRuneInString(s)
		if !regional(r) {
			break
		}
		n++
		s = s[:len(s)-width]
	}
	return n
}

// Fit shortens a cleaned m until what render makes of it is at most limit
// units long, so that the limit holds after escaping and no escape or entity
// is ever cut. The footer goes first, then what is overlong in title and
// fields, then the end of the body, then links and fields from the last.
// render must be pure and never give less for more.
func Fit(m Message, limit int, unit Unit, render func(Message) string) Message {
	fits := func(m Message) bool { return unit.Len(render(m)) <= limit }
	m.Body = m.Body.cut(limit) // more could never fit, and need not be rendered again and again
	if fits(m) {
		return m
	}
	m.Footer = ""
	m.Title = Cut(m.Title, limit/4, Runes)
	m.Fields = append(m.Fields[:0:0], m.Fields[:min(len(m.Fields), maxFields)]...)
	m.Links = append(m.Links[:0:0], m.Links[:min(len(m.Links), maxFields)]...)
	for i := range m.Links {
		m.Links[i].Text = Cut(m.Links[i].Text, limit/16, Runes)
	}
	for i := range m.Fields {
		m.Fields[i].Name = Cut(m.Fields[i].Name, limit/16, Runes)
		m.Fields[i].Value = Cut(m.Fields[i].Value, limit/8, Runes)
	}
	for {
		bare := m
		bare.Body = nil
		switch {
		case fits(bare):
			return fitBody(m, limit, fits)
		case len(m.Links) > 0:
			m.Links = m.Links[:len(m.Links)-1]
		case len(m.Fields) > 0:
			m.Fields = m.Fields[:len(m.Fields)-1]
		default:
			return fitTitle(m, limit, fits)
		}
	}
}

// fitBody keeps as much of the body as fits.
func fitBody(m Message, limit int, fits func(Message) bool) Message {
	whole := m.Body
	tooLong := sort.Search(limit+1, func(n int) bool {
		m.Body = whole.cut(n)
		return !fits(m)
	})
	m.Body = whole.cut(max(tooLong-1, 0))
	return m
}

// fitTitle is the last resort: the title alone, and if need be no mention.
func fitTitle(m Message, limit int, fits func(Message) bool) Message {
	m.Body, m.URL = nil, ""
	title := m.Title
	m.Title = ""
	if !fits(m) {
		m.Mentions = nil
	}
	tooLong := sort.Search(limit+1, func(n int) bool {
		m.Title = Cut(title, n, Runes)
		return !fits(m)
	})
	m.Title = Cut(title, max(tooLong-1, 0), Runes)
	return m
}

// cut gives the first n runes of t, the last of them an "…" where something
// was cut.
func (t Text) cut(n int) Text {
	var out Text
	for i, s := range t {
		size := utf8.RuneCountInString(s.Text)
		if size < n || (size == n && i == len(t)-1) {
			out = append(out, s)
			n -= size
			continue
		}
		if size == n { // more follows: the mark must take a rune's place
			s.Text += ellipsis
		}
		if s.Text = Cut(s.Text, n, Runes); s.Text != "" {
			out = append(out, s)
		}
		return out
	}
	return out
}
