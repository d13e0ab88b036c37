package line

import (
	"fmt"
	"regexp"
	"strings"

	"postern/pkg/chat"
	"postern/pkg/webhook"
)

const (
	maxText     = 5000 // of one message object, in UTF-16 units: https://developers.line.biz/en/docs/messaging-api/text-character-count/
	maxObjects  = 5    // in one push
	maxMentions = 20
)

type payload struct {
	To       string   `json:"to"`
	Messages []object `json:"messages"`
	// Silent keeps the phone quiet.
	Silent bool `json:"notificationDisabled,omitempty"`
}

type object struct {
	Type         string                  `json:"type"`
	Text         string                  `json:"text"`
	Substitution map[string]substitution `json:"substitution,omitempty"`
}

type substitution struct {
	Type      string    `json:"type"`
	Mentionee mentionee `json:"mentionee"`
}

type mentionee struct {
	Type   string `json:"type"`
	UserID string `json:"userId,omitempty"`
}

// compose says d in as few objects as it needs. Text is of the type that knows no
// markup; only the pings, in an object of their own, are of the one that does.
func compose(d chat.Delivery, to string) payload {
	p := payload{To: to, Silent: d.Message.Severity == webhook.Debug}
	render := func(m chat.Message) string { return m.Flow().String() }
	m := d.Message.Clean().Unstyled()
	pings := mentions(m.Mentions, to)
	for _, part := range chat.Split(m, maxObjects-len(pings), maxText, chat.UTF16, render) {
		if text := render(part); strings.TrimSpace(text) != "" {
			p.Messages = append(p.Messages, object{Type: "text", Text: text})
		}
	}
	if len(p.Messages) > 0 {
		p.Messages = append(pings, p.Messages...)
	}
	return p
}

var userID = regexp.MustCompile(`^U[0-9a-f]{32}$`)

// mentions pings on purpose, where there are several to hear it: a user's id, or
// all. Anything else is left out.
// https://developers.line.biz/en/reference/messaging-api/#text-message-v2-mention-object.
func mentions(names []string, to string) []object {
	o := object{Type: "textV2", Substitution: map[string]substitution{}}
	var places []string
	for _, name := range names {
		who := mentionee{Type: "user", UserID: name}
		switch {
		case name == "all":
			who = mentionee{Type: "all"}
		case !userID.MatchString(name):
			continue
		}
		if len(places) == maxMentions {
			break
		}
		key := fmt.Sprintf("m%d", len(places))
		o.Substitution[key] = substitution{Type: "mention", Mentionee: who}
		places = append(places, "{"+key+"}")
	}
	if len(places) == 0 || strings.HasPrefix(to, "U") {
		return nil
	}
	o.Text = strings.Join(places, " ")
	return []object{o}
}
