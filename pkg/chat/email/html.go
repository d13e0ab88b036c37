package email

import (
	"strings"

	"postern/pkg/chat"
	"postern/pkg/webhook"
)

// letter is what the page is filled with: html/template escapes all of it.
type letter struct {
	chat.Message
	Colour string
}

// html is the rich form. It holds links, and nothing that is loaded from afar.
func (s *Sender) html(m chat.Message) string {
	var b strings.Builder
	if err := s.page.Execute(&b, letter{m, colour(m.Severity)}); err != nil {
		panic("email: " + err.Error()) // a strings.Builder takes everything, and the page is ours
	}
	return b.String()
}

func colour(s webhook.Severity) string {
	switch s {
	case webhook.Critical:
		return "#8E44AD"
	case webhook.Error:
		return "#E74C3C"
	case webhook.Warning:
		return "#F1C40F"
	case webhook.Debug:
		return "#95A5A6"
	default:
		return "#3498DB"
	}
}
