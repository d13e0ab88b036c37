package chat

import (
	"regexp"
	"strings"

	"postern/pkg/webhook"
)

// String gives the text without styles; a link is "text (url)".
func (t Text) String() string {
	var b strings.Builder
	for _, s := range t {
		b.WriteString(s.Text)
		if s.URL != "" && s.URL != s.Text {
			b.WriteString(" (" + s.URL + ")")
		}
	}
	return b.String()
}

// Clean gives m as it may be shown: each text cleaned, title, fields and
// footer on one line, addresses that are no link taken away, nothing empty.
func (m Message) Clean() Message {
	m.Title, m.Footer = oneLine(m.Title), oneLine(m.Footer)
	m.Attachments = cleanAttachments(m.Attachments)
	m.URL, _ = SafeURL(m.URL)
	m.Body = m.Body.clean()
	m.Fields = cleanFields(m.Fields)
	m.Links = cleanLinks(m.Links)
	return m
}

func (t Text) clean() Text {
	out := make(Text, 0, len(t))
	for _, s := range t {
		s.Text = Clean(s.Text)
		s.URL, _ = SafeURL(s.URL)
		if s.Text == "" {
			s.Text = s.URL
		}
		if s.Text != "" {
			out = append(out, s)
		}
	}
	return out.trim()
}

// trim takes line breaks and blanks off both ends.
func (t Text) trim() Text {
	for len(t) > 0 {
		if t[0].Text = strings.TrimLeft(t[0].Text, "\n\t "); t[0].Text != "" {
			break
		}
		t = t[1:]
	}
	for len(t) > 0 {
		last := &t[len(t)-1]
		if last.Text = strings.TrimRight(last.Text, "\n\t "); last.Text != "" {
			return t
		}
		t = t[:len(t)-1]
	}
	return nil
}

func cleanFields(fields []webhook.Field) []webhook.Field {
	var out []webhook.Field
	for _, f := range fields {
		f = webhook.Field{Name: oneLine(f.Name), Value: oneLine(f.Value)}
		if f.Value != "" {
			out = append(out, f)
		}
	}
	return out
}

func cleanLinks(links []webhook.Link) []webhook.Link {
	var out []webhook.Link
	for _, l := range links {
		address, _ := SafeURL(l.URL)
		l = webhook.Link{Text: oneLine(l.Text), URL: address}
		if l.Text == "" {
			l.Text = l.URL
		}
		if l.Text != "" {
			out = append(out, l)
		}
	}
	return out
}

func cleanAttachments(attachments []Attachment) []Attachment {
	var out []Attachment
	for _, a := range attachments {
		a.URL, _ = SafeURL(a.URL)
		if a.Name = oneLine(a.Name); a.Name == "" {
			a.Name = a.Upload + a.URL
		}
		if a.URL != "" || a.Upload != "" {
			out = append(out, a)
		}
	}
	return out
}

// Text gives the plain rendering: the title, the body, a "Name: value" for
// each field, a "Text: URL" for each link and attachment, the title's own address where no
// link shows it already, and the footer, a line each, nothing empty.
func (m Message) Text() string {
	m = m.Clean().Linked()
	lines := []string{m.Title, m.Body.String()}
	shown := m.URL == ""
	for _, f := range m.Fields {
		lines = append(lines, fieldLine(f))
	}
	for _, l := range m.Links {
		lines = append(lines, linkLine(l))
		shown = shown || l.URL == m.URL
	}
	if !shown {
		lines = append(lines, m.URL)
	}
	lines = append(lines, m.Footer)
	var kept []string
	for _, line := range lines {
		if line != "" {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "\n")
}

func fieldLine(f webhook.Field) string {
	if f.Name == "" {
		return f.Value
	}
	return f.Name + ": " + f.Value
}

func linkLine(l webhook.Link) string {
	if l.URL == "" || l.URL == l.Text {
		return l.Text
	}
	return l.Text + ": " + l.URL
}

// Unstyled gives m as one plain body: what a Sender says where Delivery.Plain
// is set, or where its platform knows no markup. Its mentions stay.
func (m Message) Unstyled() Message {
	return Message{Body: Plain(m.Text()), Severity: m.Severity, Thread: m.Thread, Mentions: m.Mentions}
}

// Flow gives a cleaned m as one running text, in the order of Text: the title
// bold and linked, links behind their own words.
func (m Message) Flow() Text {
	m = m.Linked()
	var out Text
	line := func(spans ...Span) {
		if len(out) > 0 {
			out = append(out, Span{Text: "\n"})
		}
		out = append(out, spans...)
	}
	if m.Title != "" {
		line(Span{Text: m.Title, Bold: true, URL: m.URL})
	} else if m.URL != "" {
		line(Span{Text: m.URL, URL: m.URL})
	}
	if len(m.Body) > 0 {
		line(m.Body...)
	}
	for _, f := range m.Fields {
		line(Span{Text: fieldLine(f)})
	}
	for _, l := range m.Links {
		line(Span{Text: l.Text, URL: l.URL})
	}
	if m.Footer != "" {
		line(Span{Text: m.Footer})
	}
	return merge(out)
}

// Dialect is how a platform writes styled text. A nil function leaves the
// style away.
type Dialect struct {
	Escape func(plain string) string        // makes plain text inert
	Bold   func(escaped string) string      // one line, no blanks at its ends
	Code   func(plain string) string        // one line, not yet escaped
	Link   func(escaped, url string) string // url is a SafeURL
}

// Write gives t in the dialect. Styles never reach over a line's end, where
// most platforms forget them.
func (d Dialect) Write(t Text) string {
	var b strings.Builder
	for _, s := range t {
		if !s.Bold && !s.Code && s.URL == "" {
			b.WriteString(d.escape(s.Text))
			continue
		}
		for i, line := range strings.Split(s.Text, "\n") {
			if i > 0 {
				b.WriteByte('\n')
			}
			d.line(&b, s, line)
		}
	}
	return b.String()
}

// line writes one line of a styled span, its outer blanks outside the style.
func (d Dialect) line(b *strings.Builder, s Span, line string) {
	core := strings.TrimSpace(line)
	if core == "" {
		b.WriteString(line)
		return
	}
	before, after, _ := strings.Cut(line, core)
	styled := d.escape(core)
	if s.Code && d.Code != nil {
		styled = d.Code(core)
	}
	if s.URL != "" && d.Link != nil {
		styled = d.Link(styled, s.URL)
	}
	if s.Bold && d.Bold != nil {
		styled = d.Bold(styled)
	}
	b.WriteString(before + styled + after)
}

// Between gives s with everything escaped but what kept finds: an address, say, that
// an escape within would break.
func Between(s string, kept *regexp.Regexp, escape func(string) string) string {
	var b strings.Builder
	at := 0
	for _, found := range kept.FindAllStringIndex(s, -1) {
		b.WriteString(escape(s[at:found[0]]) + s[found[0]:found[1]])
		at = found[1]
	}
	b.WriteString(escape(s[at:]))
	return b.String()
}

func (d Dialect) escape(s string) string {
	if d.Escape == nil {
		return s
	}
	return d.Escape(s)
}
