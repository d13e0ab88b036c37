package bark

import (
	"encoding/json"

	"postern/pkg/chat"
	"postern/pkg/webhook"
)

const (
	// maxPayload is what of Apple's 4,096 bytes is ours: Bark adds its own keys and
	// encodes as Go does, < as six bytes. See
	// https://developer.apple.com/documentation/usernotifications/generating-a-remote-notification.
	maxPayload = 3500
	maxTitle   = 250 // characters
	maxGroup   = 100
)

type payload struct {
	DeviceKey string `json:"device_key"`
	Title     string `json:"title,omitempty"`
	Body      string `json:"body"`
	Level     string `json:"level,omitempty"`
	Group     string `json:"group,omitempty"`
	URL       string `json:"url,omitempty"` // what a tap opens
}

// compose fits d into what Apple carries.
func compose(d chat.Delivery, key string) payload {
	m := d.Message.Clean().Linked()
	if d.Plain {
		m = m.Unstyled()
	}
	m.Title = chat.Cut(m.Title, maxTitle, chat.Runes)
	return write(chat.Fit(m, maxPayload, chat.Bytes, func(m chat.Message) string { return carried(write(m, key)) }), key)
}

// carried is how the payload reaches Apple.
func carried(p payload) string {
	b, err := json.Marshal(p)
	if err != nil {
		return "" // strings can always be encoded
	}
	return string(b)
}

func write(m chat.Message, key string) payload {
	p := payload{DeviceKey: key, Title: m.Title, Level: level(m.Severity), Group: chat.Cut(chat.Clean(m.Thread), maxGroup, chat.Runes), URL: m.URL}
	links := m.Links
	if p.URL == "" && len(links) > 0 && links[0].URL != "" {
		p.URL = links[0].URL
	}
	p.Body = chat.Message{Body: m.Body, Fields: m.Fields, Links: links, Footer: m.Footer}.Text()
	if p.Body == "" { // Bark would say "NoContent"
		p.Body, p.Title = p.Title, ""
	}
	if p.Body == "" {
		p.Body = p.URL
	}
	return p
}

// level is how much an iPhone lets itself be disturbed: "critical" sounds in
// silent mode, "timeSensitive" comes through a focus, "passive" lights no screen.
func level(s webhook.Severity) string {
	switch s {
	case webhook.Critical:
		return "critical"
	case webhook.Error:
		return "timeSensitive"
	case webhook.Debug:
		return "passive"
	default:
		return ""
	}
}
