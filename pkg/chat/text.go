package chat

import (
	"cmp"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// markup is every character that ParseText may take for more than itself.
const markup = "\\*`[]()"

// maxURL is the longest address that becomes a link, in bytes.
const maxURL = 2048

// Clean gives s as valid UTF-8 without what a terminal, a log or a reader's eye
// could be tricked with: control characters other than \n and \t, and the
// overrides of text direction.
func Clean(s string) string {
	clean := utf8.ValidString(s) && !strings.ContainsFunc(s, unwanted)
	if clean {
		return s
	}
	return strings.Map(func(r rune) rune {
		if unwanted(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, string(utf8.RuneError)))
}

func unwanted(r rune) bool {
	switch {
	case r == '\n' || r == '\t':
		return false
	case unicode.IsControl(r): // C0, DEL and C1
		return true
	}
	return (r >= 0x202A && r <= 0x202E) || (r >= 0x2066 && r <= 0x2069)
}

// oneLine cleans s and puts blanks in the place of its line breaks.
func oneLine(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		switch r {
		case '\n', '\t', '\u2028', '\u2029':
			return ' '
		}
		return r
	}, Clean(s)))
}

// SafeURL gives raw as an address that may become a link: http, https or
// mailto, with the characters that could end a link in any markup
// percent-encoded. Anything else is no link.
func SafeURL(raw string) (string, bool) {
	raw = strings.TrimSpace(Clean(raw))
	u, err := url.Parse(raw)
	if err != nil || len(raw) > maxURL {
		return "", false
	}
	switch strings.ToLower(u.Scheme) {
	case "http", "https":
		if u.Host == "" {
			return "", false
		}
	case "mailto":
		if u.Opaque == "" {
			return "", false
		}
	default:
		return "", false
	}
	return oddInURL.Replace(raw), true
}

var oddInURL = strings.NewReplacer( //nolint:gochecknoglobals // a constant table, safe for concurrent use
	" ", "%20", "\n", "%0A", "\t", "%09", `"`, "%22", "<", "%3C", ">", "%3E",
	`\`, "%5C", "^", "%5E", "`", "%60", "{", "%7B", "|", "%7C", "}", "%7D")

// EscapeText puts a backslash before whatever ParseText could take for markup:
// ParseText(EscapeText(s)) is Clean(s) as one plain span.
func EscapeText(s string) string {
	s = Clean(s)
	if !strings.ContainsAny(s, markup) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + 16)
	for i := range len(s) {
		if strings.IndexByte(markup, s[i]) >= 0 {
			b.WriteByte('\\')
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// ParseText reads the small markup of templates: **bold**, `code`, [text](url)
// and a backslash before a character that shall be itself. Markup that is not
// closed, and a link to anything but http, https or mailto, is plain text. Markup
// around nothing is nothing, a link to nothing its text: a value was missing there.
// Its time is linear in the length of s.
func ParseText(s string) Text {
	p := parser{s: Clean(s), opened: -1}
	p.closers = [...]closer{{mark: "**"}, {mark: "`"}, {mark: "]"}, {mark: ")"}}
	for p.at < len(p.s) {
		p.step()
	}
	p.flush()
	if p.opened >= 0 {
		p.unbold()
	}
	return merge(p.out)
}

const (
	stars = iota
	backtick
	bracket
	parenthesis
)

// parser walks over s once. Bold is a state, code and links are taken whole.
type parser struct {
	s       string
	at      int
	closers [4]closer
	plain   strings.Builder
	out     Text
	bold    bool
	opened  int // the index in out of the first span of the open bold, or -1
}

func (p *parser) step() {
	rest := p.s[p.at:]
	switch {
	case escaped(rest):
		p.plain.WriteByte(rest[1])
		p.at += 2
	case strings.HasPrefix(rest, "**") && p.stars():
	case rest[0] == '`' && p.code():
	case rest[0] == '[' && p.link():
	default:
		p.plain.WriteByte(rest[0])
		p.at++
	}
}

// stars opens or closes bold; "****" is nothing.
func (p *parser) stars() bool {
	end := p.closers[stars].after(p.s, p.at+2)
	switch {
	case p.bold:
		p.flush()
		p.bold, p.opened = false, -1
	case end == p.at+2:
		p.at += 2
	case end > p.at+2:
		p.flush()
		p.bold, p.opened = true, len(p.out)
	default:
		p.plain.WriteString("**")
	}
	p.at += 2
	return true
}

func (p *parser) code() bool {
	end := p.closers[backtick].after(p.s, p.at+1)
	switch {
	case end < 0:
		return false
	case end == p.at+1:
		p.at += 2
		return true
	}
	p.flush()
	p.out = append(p.out, Span{Text: unescape(p.s[p.at+1 : end]), Code: true, Bold: p.bold})
	p.at = end + 1
	return true
}

func (p *parser) link() bool {
	mid := p.closers[bracket].after(p.s, p.at+1)
	if mid < 0 || !strings.HasPrefix(p.s[mid:], "](") {
		return false
	}
	end := p.closers[parenthesis].after(p.s, mid+2)
	if end < 0 || end-mid > 2*maxURL {
		return false
	}
	text, raw := unescape(p.s[p.at+1:mid]), unescape(p.s[mid+2:end])
	address, ok := SafeURL(raw)
	switch {
	case strings.TrimSpace(raw) == "":
		p.plain.WriteString(text)
	case !ok:
		return false
	default:
		p.flush()
		p.out = append(p.out, Span{Text: cmp.Or(text, address), URL: address, Bold: p.bold})
	}
	p.at = end + 1
	return true
}

func (p *parser) flush() {
	if p.plain.Len() > 0 {
		p.out = append(p.out, Span{Text: p.plain.String(), Bold: p.bold})
		p.plain.Reset()
	}
}

// unbold takes back a bold whose closing stars were part of something else.
func (p *parser) unbold() {
	late := p.out[p.opened:]
	for i := range late {
		late[i].Bold = false
	}
	whole := append(Text{}, p.out[:p.opened]...)
	p.out = append(append(whole, Span{Text: "**"}), late...)
}

// closer finds the next unescaped mark. It remembers what it found, so that
// all searches of one walk together look at each byte once.
type closer struct {
	mark  string
	found int
	none  bool
}

// after gives the index of the first mark at or behind from, or -1. from never
// decreases between calls and never lies within an escape.
func (c *closer) after(s string, from int) int {
	if c.none || (c.found >= from && c.found > 0) {
		return c.known()
	}
	for i := from; i < len(s); i++ {
		if escaped(s[i:]) {
			i++
			continue
		}
		if strings.HasPrefix(s[i:], c.mark) {
			c.found = i
			return i
		}
	}
	c.none = true
	return -1
}

func (c *closer) known() int {
	if c.none {
		return -1
	}
	return c.found
}

func escaped(s string) bool {
	return len(s) > 1 && s[0] == '\\' && strings.IndexByte(markup, s[1]) >= 0
}

func unescape(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if escaped(s[i:]) {
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// merge joins neighbours of one style.
func merge(t Text) Text {
	var out Text
	for _, s := range t {
		last := len(out) - 1
		if last >= 0 && sameStyle(out[last], s) {
			out[last].Text += s.Text
			continue
		}
		out = append(out, s)
	}
	return out
}

func sameStyle(a, b Span) bool {
	return a.Bold == b.Bold && a.Code == b.Code && a.URL == b.URL
}
