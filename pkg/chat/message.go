package chat

import "postern/pkg/webhook"

// Message is what we say, before any platform's markup. It crosses Redis as
// JSON, so that a later attempt says the same.
type Message struct {
	Title    string           `json:"title,omitempty"` // one line, plain
	URL      string           `json:"url,omitempty"`   // what the title links to
	Body     Text             `json:"body,omitempty"`
	Fields   []webhook.Field  `json:"fields,omitempty"` // shown as "Name: value", a line each
	Links    []webhook.Link   `json:"links,omitempty"`
	Footer   string           `json:"footer,omitempty"`
	Severity webhook.Severity `json:"severity,omitempty"`
	Thread   string           `json:"thread,omitempty"`
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
