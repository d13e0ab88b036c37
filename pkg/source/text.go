package source

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// How long texts from outside may get, in characters.
const (
	MaxLine    = 200 // a name, a title, a field's value
	MaxTitle   = 400 // a whole headline
	MaxExcerpt = 400 // what a person wrote
	MaxNotes   = 800 // what a person wrote for all to read
)

// MaxLink is how long an address may be that is shown, in bytes.
const MaxLink = 2048

// maxRead bounds what of a long text is looked at before it is cut short.
const maxRead = 16 << 10

var (
	htmlComment   = regexp.MustCompile(`(?s)<!--.*?(?:-->|$)`)
	htmlFolded    = regexp.MustCompile(`(?is)<details\b[^>]*>.*?</details\s*>|<blockquote\b[^>]*>.*?</blockquote\s*>`)
	htmlImage     = regexp.MustCompile(`(?i)<img\b[^>]*>`)
	htmlSource    = regexp.MustCompile(`(?i)\ssrc\s*=\s*["']?([^"'\s>]*)`)
	htmlName      = regexp.MustCompile(`(?i)\salt\s*=\s*(?:"([^"]*)"|'([^']*)')`)
	markdownImage = regexp.MustCompile(`!\[([^\]]*)\]\(([^)\s]*)[^)]*\)`)
	blankLines    = regexp.MustCompile(`\n{3,}`)
)

// OneLine makes one line of a text: line breaks, tabs and runs of spaces
// become one space; control characters, and those that turn the direction of
// writing for what follows them, are dropped.
func OneLine(s string) string {
	return strings.Join(strings.FieldsFunc(clean(s), unicode.IsSpace), " ")
}

// Line makes one line of a text, of at most MaxLine characters.
func Line(s string) string { return Clip(OneLine(s), MaxLine) }

// FirstLine gives the first line of a text that is not blank, its inner spaces
// as they were.
func FirstLine(s string) string {
	for line := range strings.Lines(clean(s)) {
		if l := strings.TrimSpace(line); l != "" {
			return strings.ReplaceAll(l, "\t", " ")
		}
	}
	return ""
}

// Clip cuts a text to at most most characters, the last of them … where
// something is missing.
func Clip(s string, most int) string {
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	runes := 0
	for i := range s {
		if runes++; runes == most {
			return strings.TrimRightFunc(s[:i], unicode.IsSpace) + "…"
		}
	}
	return s
}

// Excerpt gives the beginning of what a person wrote, at most MaxExcerpt
// characters: without HTML comments (templates hide their hints there), what
// the writer folded away and what is quoted, and with images as the address
// they are at.
func Excerpt(s string) string { return excerpt(s, MaxExcerpt) }

// Notes is Excerpt for what is written to be read as a whole, such as the
// notes of a release: at most MaxNotes characters.
func Notes(s string) string { return excerpt(s, MaxNotes) }

func excerpt(s string, most int) string {
	s = htmlComment.ReplaceAllString(clean(s), "")
	s = htmlFolded.ReplaceAllString(s, "")
	s = htmlImage.ReplaceAllStringFunc(s, pictured)
	s = markdownImage.ReplaceAllStringFunc(s, imageAddress)
	lines := strings.Split(s, "\n")
	lines = slices.DeleteFunc(lines, func(l string) bool {
		return strings.HasPrefix(strings.TrimSpace(l), ">")
	})
	for i, l := range lines {
		lines[i] = strings.TrimRightFunc(l, unicode.IsSpace)
	}
	s = blankLines.ReplaceAllString(strings.Join(lines, "\n"), "\n\n")
	return Clip(strings.TrimSpace(s), most)
}

// pictured gives the name and the address of an HTML image.
func pictured(image string) string {
	var name, address string
	if m := htmlName.FindStringSubmatch(image); m != nil {
		name = m[1] + m[2]
	}
	if m := htmlSource.FindStringSubmatch(image); m != nil {
		address = Link(m[1])
	}
	return strings.TrimSpace(name + " " + address)
}

func imageAddress(image string) string {
	parts := markdownImage.FindStringSubmatch(image)
	return strings.TrimSpace(parts[1] + " " + Link(parts[2]))
}

// Link gives an address if it is an absolute http or https one that is safe to
// show, else nothing: no javascript:, no credentials, no room for markup.
func Link(address string) string {
	if len(address) > MaxLink || strings.ContainsAny(address, " <>\"`\\") || address != clean(address) {
		return ""
	}
	u, err := url.Parse(address)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "" || u.User != nil {
		return ""
	}
	return address
}

// clean gives text of bounded length in valid UTF-8 with "\n" as its only line
// break and no other control character but the tab.
func clean(s string) string {
	if len(s) > maxRead {
		s = s[:maxRead]
	}
	s = strings.ToValidUTF8(s, "")
	s = strings.ReplaceAll(s, "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r == '\r' || r == '\v' || r == '\f' || r == '\u0085' || r == '\u2028' || r == '\u2029':
			return '\n'
		case unicode.IsControl(r) || turnsDirection(r):
			return -1
		default:
			return r
		}
	}, s)
}

// turnsDirection tells the invisible characters that reorder what stands
// behind them. Right-to-left writing itself needs none of them.
func turnsDirection(r rune) bool {
	return (r >= '\u202a' && r <= '\u202e') || (r >= '\u2066' && r <= '\u2069')
}
