package apprise

import (
	"strings"

	"postern/pkg/chat"
	"postern/pkg/webhook"
)

// compose writes d as text. Apprise demands a body.
func compose(d chat.Delivery, tags string) payload {
	m := d.Message.Clean().Linked()
	p := payload{Type: kind(m.Severity), Format: "text", Tag: tags}
	if d.Plain {
		m = m.Unstyled()
	}
	p.Title = inert(chat.Cut(m.Title, maxTitle, chat.Runes))
	m.Title = ""
	render := func(m chat.Message) string { return inert(m.Text()) }
	p.Body = render(chat.Fit(m, maxText, chat.Runes, render))
	if p.Body == "" {
		p.Body, p.Title = p.Title, ""
	}
	return p
}

// inert breaks what could ping somebody on a platform behind: which one it is,
// nobody knows here, and Apprise hands text to those with markup as it is.
func inert(s string) string {
	return strings.NewReplacer("@", "@\u2060", "<", "<\u200b", "[CQ:", "[CQ\u200b:").Replace(s)
}

// kind is Apprise's word: it becomes a colour, an icon or a priority.
func kind(s webhook.Severity) string {
	switch s {
	case webhook.Warning:
		return "warning"
	case webhook.Error, webhook.Critical:
		return "failure"
	default:
		return "info"
	}
}
