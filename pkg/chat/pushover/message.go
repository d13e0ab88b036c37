package pushover

import (
	"net/url"
	"strings"

	"postern/pkg/chat"
	"postern/pkg/webhook"
)

// Pushover's limits: https://pushover.net/api#limits.
const (
	maxText     = 1024 // characters
	maxTitle    = 250
	maxURL      = 512
	maxURLTitle = 100
)

// compose gives the form's fields in their order; nil where there is nothing to
// say.
func (s *Sender) compose(m chat.Message, plain bool, user string) []webhook.Field {
	if m = m.Clean(); plain {
		m = m.Unstyled()
	}
	title := chat.Cut(m.Title, maxTitle, chat.Runes)
	link, rest := supplement(m)
	rest.Title = ""
	render := func(m chat.Message) string { return m.Text() }
	text := render(chat.Fit(rest, maxText, chat.Runes, render))
	if text == "" { // Pushover demands a text
		text, title = title, ""
	}
	if text == "" {
		text = link.URL
	}
	if text == "" {
		return nil
	}
	fields := []webhook.Field{{Name: "token", Value: s.token.Reveal()}, {Name: "user", Value: user}, {Name: "message", Value: text}}
	add := func(name, value string) {
		if value != "" {
			fields = append(fields, webhook.Field{Name: name, Value: value})
		}
	}
	add("title", title)
	add("url", link.URL)
	add("url_title", chat.Cut(link.Text, maxURLTitle, chat.Runes))
	return append(fields, s.urgency(m.Severity)...)
}

// supplement takes one address out of the text, for the link below it: the title's
// own, else the first link's. What is too long for it stays text.
func supplement(m chat.Message) (webhook.Link, chat.Message) {
	if m.URL != "" && chat.Runes.Len(m.URL) <= maxURL {
		link := webhook.Link{URL: m.URL}
		m.URL = ""
		return link, m
	}
	for i, l := range m.Links {
		if l.URL != "" && chat.Runes.Len(l.URL) <= maxURL {
			m.Links = append(append([]webhook.Link{}, m.Links[:i]...), m.Links[i+1:]...)
			return l, m
		}
	}
	return webhook.Link{}, m
}

// urgency gives the priority: 1 sounds in quiet hours too, -1 never; 2 rings every
// minute, for an hour, until it is acknowledged.
func (s *Sender) urgency(severity webhook.Severity) []webhook.Field {
	switch {
	case severity == webhook.Critical && s.emergency:
		return []webhook.Field{{Name: "priority", Value: "2"}, {Name: "retry", Value: "60"}, {Name: "expire", Value: "3600"}}
	case severity == webhook.Critical:
		return []webhook.Field{{Name: "priority", Value: "1"}}
	case severity == webhook.Debug:
		return []webhook.Field{{Name: "priority", Value: "-1"}}
	}
	return nil
}

// encode writes the form; with an image, as one with files.
func encode(seed string, fields []webhook.Field, files []chat.File) (contentType string, body []byte) {
	if len(files) > 0 {
		return chat.Multipart(seed, fields, files, func(int) string { return "attachment" })
	}
	var pairs []string
	for _, f := range fields {
		pairs = append(pairs, f.Name+"="+url.QueryEscape(f.Value))
	}
	return "application/x-www-form-urlencoded", []byte(strings.Join(pairs, "&"))
}
