package chat

import (
	"slices"
	"strings"

	"postern/pkg/webhook"
)

// Message is what we say, before any platform's markup. It crosses Redis as
// JSON, so that a later attempt says the same.
type Message struct {
	Title  string          `json:"title,omitempty"` // one line, plain
	URL    string          `json:"url,omitempty"`   // what the title links to
	Body   Text            `json:"body,omitempty"`
	Fields []webhook.Field `json:"fields,omitempty"` // shown as "Name: value", a line each
	Links  []webhook.Link  `json:"links,omitempty"`
	Footer string          `json:"footer,omitempty"`
	// Actor is who did it, where a platform shows an author of its own; the
	// title names them too.
	Actor       *webhook.Party   `json:"actor,omitempty"`
	Attachments []Attachment     `json:"attachments,omitempty"`
	Severity    webhook.Severity `json:"severity,omitempty"`
	Thread      string           `json:"thread,omitempty"`
	// Mentions are the platform's own ids, from a rule's mention: the only
	// way to ping on purpose.
	Mentions []string `json:"mentions,omitempty"`
}

// Text is running text. Line breaks are "\n" within spans.
type Text []Span

// Span is a run of plain text in one style. Its text is never markup: each
// Sender escapes it for its platform.
type Span struct {
	Text string `json:"text"`
	Bold bool   `json:"bold,omitempty"`
	Code bool   `json:"code,omitempty"`
	URL  string `json:"url,omitempty"`
}

// Plain makes a Text of one unstyled span.
func Plain(s string) Text {
	if s == "" {
		return nil
	}
	return Text{{Text: s}}
}

// Attachment is an image or a file that goes with a message: at an address, or
// uploaded with the job's own request.
type Attachment struct {
	Name   string `json:"name"`             // one line, for showing
	Type   string `json:"type,omitempty"`   // the media type it is said to have; empty: not known
	URL    string `json:"url,omitempty"`    // where it can be had
	Upload string `json:"upload,omitempty"` // the form field of the job's request that holds it
}

// Image reports whether it is said to be an image.
func (a Attachment) Image() bool { return strings.HasPrefix(a.Type, "image/") }

// File is what an attachment holds.
type File struct {
	Name string
	Type string // of its content, sniffed; never empty
	Data []byte
}

// Linked gives m with its attachments as links, for a Sender that uploads
// nothing: one without an address is named only.
func (m Message) Linked() Message {
	if len(m.Attachments) == 0 {
		return m
	}
	links := slices.Clip(m.Links)
	for _, a := range m.Attachments {
		links = append(links, webhook.Link{Text: "📎 " + a.Name, URL: a.URL})
	}
	m.Links, m.Attachments = links, nil
	return m
}
