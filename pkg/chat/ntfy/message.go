package ntfy

import (
	"strings"

	"postern/pkg/chat"
	"postern/pkg/webhook"
)

const (
	// maxText is below the 4,096 bytes behind which ntfy makes a file of a
	// message: https://docs.ntfy.sh/publish/#limitations.
	maxText    = 4000
	maxPayload = 8000 // bytes of JSON; the server takes twice its limit of a message
	maxTitle   = 250  // characters
	maxActions = 3    // buttons below a message
	maxLabel   = 40   // characters of a button
)

type payload struct {
	Topic    string   `json:"topic"`
	Title    string   `json:"title,omitempty"`
	Message  string   `json:"message"`
	Priority int      `json:"priority,omitempty"` // 1 to 5; none is 3
	Tags     []string `json:"tags,omitempty"`     // names of emoji, shown before the title
	Click    string   `json:"click,omitempty"`
	Actions  []action `json:"actions,omitempty"`
}

type action struct {
	Action string `json:"action"`
	Label  string `json:"label"`
	URL    string `json:"url"`
}

// compose fits d into both limits of the server.
func compose(d chat.Delivery, topic string) payload {
	m := d.Message.Clean().Linked()
	if d.Plain {
		m = m.Unstyled()
	}
	m.Title = chat.Cut(m.Title, maxTitle, chat.Runes)
	m = chat.Fit(m, maxText, chat.Bytes, func(m chat.Message) string { return write(m, topic).Message })
	m = chat.Fit(m, maxPayload, chat.Bytes, func(m chat.Message) string { return string(chat.JSON(write(m, topic))) })
	return write(m, topic)
}

func write(m chat.Message, topic string) payload {
	p := payload{Topic: topic, Title: m.Title, Click: m.URL}
	p.Priority, p.Tags = urgency(m.Severity)
	var more []webhook.Link
	for _, l := range m.Links {
		if l.URL == "" || len(p.Actions) == maxActions {
			more = append(more, l)
			continue
		}
		p.Actions = append(p.Actions, action{Action: "view", Label: chat.Cut(l.Text, maxLabel, chat.Runes), URL: l.URL})
	}
	p.Message = chat.Message{Body: m.Body, Fields: m.Fields, Links: more, Footer: m.Footer}.Text()
	if p.Message == "" { // ntfy would say "triggered"
		p.Message, p.Title = strings.TrimSpace(p.Title), ""
	}
	if p.Message == "" {
		p.Message = m.URL
	}
	return p
}

// urgency gives a priority and an emoji.
func urgency(s webhook.Severity) (priority int, tags []string) {
	switch s {
	case webhook.Critical:
		return 5, []string{"rotating_light"}
	case webhook.Error:
		return 4, []string{"x"}
	case webhook.Warning:
		return 3, []string{"warning"}
	case webhook.Debug:
		return 2, nil
	default:
		return 0, nil
	}
}
