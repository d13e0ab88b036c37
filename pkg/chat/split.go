package chat

import (
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Split gives a cleaned m as at most most messages of at most limit units each,
// measured by what render makes of them: the title and the mentions begin the
// first one; fields, links and footer end the last. The body is parted at the
// end of a line where it can be, else between words, and never within a
// character; a style goes on in the next part. What is still too long for the
// last part is cut there, as Fit does. render must be pure, and for more it should not
// give less.
func Split(m Message, most, limit int, unit Unit, render func(Message) string) []Message {
	fits := func(m Message) bool { return unit.Len(render(m)) <= limit }
	if most <= 1 || fits(m) {
		return []Message{Fit(m, limit, unit, render)}
	}
	var parts []Message
	head, rest := m, m.Body.cut(most*limit) // more could never fit
	head.Body, head.Fields, head.Links, head.Footer, head.Attachments = nil, nil, nil, "", nil
	last := func() Message {
		end := head
		end.Body, end.Fields, end.Links, end.Footer, end.Attachments = rest, m.Fields, m.Links, m.Footer, m.Attachments
		return end
	}
	for len(parts) < most-1 && len(rest) > 0 && !fits(last()) {
		n := longest(head, rest, limit, fits)
		if n == 0 { // what is too long is no body
			break
		}
		head.Body, rest = rest.part(n)
		if render(head) != "" { // not blanks alone
			parts = append(parts, head)
		}
		head = Message{Severity: m.Severity, Thread: m.Thread, Actor: m.Actor}
	}
	return append(parts, Fit(last(), limit, unit, render))
}

// longest is how many runes of body fit into head, ending where a reader would
// part them.
func longest(head Message, body Text, limit int, fits func(Message) bool) int {
	tooLong := sort.Search(limit+1, func(n int) bool {
		head.Body, _ = body.at(n)
		return !fits(head)
	})
	n := max(tooLong-1, 0)
	if n >= body.runes() {
		return n
	}
	// Less may be more: a dialect may have to write more where a part ends.
	for n = body.border(n); n > 0; n = body.border(n - 1) {
		if head.Body, _ = body.part(n); fits(head) {
			break
		}
	}
	return n
}

func (t Text) runes() int {
	n := 0
	for _, s := range t {
		n += utf8.RuneCountInString(s.Text)
	}
	return n
}

// border steps back from n runes to the end of a line, else of a word, within
// the last quarter; else to where no character is torn.
func (t Text) border(n int) int {
	var whole strings.Builder
	for _, s := range t {
		whole.WriteString(s.Text)
	}
	text := whole.String()
	end := byteAt(text, n)
	floor := byteAt(text, n*3/4)
	if at := strings.LastIndexByte(text[floor:end], '\n'); at >= 0 {
		return utf8.RuneCountInString(text[:floor+at+1])
	}
	if at := strings.LastIndexFunc(text[floor:end], unicode.IsSpace); at >= 0 {
		_, width := utf8.DecodeRuneInString(text[floor+at:])
		return utf8.RuneCountInString(text[:floor+at+width])
	}
	return utf8.RuneCountInString(text[:border(text, end)])
}

// byteAt is the offset behind n runes of s.
func byteAt(s string, n int) int {
	at := 0
	for ; n > 0 && at < len(s); n-- {
		_, width := utf8.DecodeRuneInString(s[at:])
		at += width
	}
	return at
}

// at parts t behind n runes.
func (t Text) at(n int) (before, behind Text) {
	for i, s := range t {
		size := utf8.RuneCountInString(s.Text)
		if size <= n {
			before = append(before, s)
			n -= size
			continue
		}
		cut := byteAt(s.Text, n)
		rest := s
		s.Text, rest.Text = s.Text[:cut], s.Text[cut:]
		if s.Text != "" {
			before = append(before, s)
		}
		return before, append(Text{rest}, t[i+1:]...)
	}
	return before, nil
}

// part is at, less the blanks on both sides of the cut.
func (t Text) part(n int) (before, behind Text) {
	before, behind = t.at(n)
	return before.trim(), behind.trim()
}

// Page gives the part of d that is to be said, of those that Split made; the last
// where there is no such, and an empty one where Split's were left away.
func (d Delivery) Page(parts []Message) Message {
	if len(parts) == 0 {
		return Message{}
	}
	return parts[min(max(d.Part, 0), len(parts)-1)]
}
