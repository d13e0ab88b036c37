package telegram

import (
	"strings"

	"postern/pkg/chat"
)

// wordJoiner behind an @ keeps text from mentioning: Telegram has no switch.
const wordJoiner = "\u2060"

// entity is a style over a run of text, measured in UTF-16 units.
type entity struct {
	Type   string `json:"type"`
	Offset int    `json:"offset"`
	Length int    `json:"length"`
	URL    string `json:"url,omitempty"`
}

// maxParts is how many messages one may become; what is longer is cut.
const maxParts = 5

// pages parts d by Telegram's limit. Its files are messages of their own, behind the
// parts; where there is nothing else, there is no part.
func pages(d chat.Delivery) (parts []chat.Message, files []chat.Attachment) {
	files, m := d.Message.Apart(maxFiles, nil)
	m = m.Linked()
	if d.Plain {
		m = m.Unstyled()
	}
	render := func(m chat.Message) string {
		text, _ := write(m)
		return text
	}
	parts = chat.Split(m, maxParts, maxText, chat.UTF16, render)
	if len(files) > 0 && len(parts) == 1 && render(parts[0]) == "" {
		parts = nil
	}
	return parts, files
}

// write sets the mentions before everything else, and measures as it goes.
func write(m chat.Message) (string, []entity) {
	var b strings.Builder
	var styles []entity
	b.WriteString(mentions(m.Mentions))
	at := chat.UTF16.Len(b.String())
	for _, s := range m.Flow() {
		shown := inert(s.Text)
		core := strings.TrimSpace(shown) // an entity over blanks is refused
		before, _, _ := strings.Cut(shown, core)
		if core != "" {
			styles = append(styles, over(s, at+chat.UTF16.Len(before), chat.UTF16.Len(core))...)
		}
		b.WriteString(shown)
		at += chat.UTF16.Len(shown)
	}
	return b.String(), styles
}

// over gives the entities of one span. Code stands alone: Telegram allows no
// other style over it.
func over(s chat.Span, offset, length int) []entity {
	if s.Code && s.URL == "" {
		return []entity{{Type: "code", Offset: offset, Length: length}}
	}
	var styles []entity
	if s.Bold {
		styles = append(styles, entity{Type: "bold", Offset: offset, Length: length})
	}
	if s.URL != "" {
		styles = append(styles, entity{Type: "text_link", Offset: offset, Length: length, URL: s.URL})
	}
	return styles
}

func inert(s string) string { return strings.ReplaceAll(s, "@", "@"+wordJoiner) }

// mentions pings on purpose, by public names.
func mentions(names []string) string {
	var pings []string
	for _, name := range names {
		if name = strings.Join(strings.Fields(strings.TrimPrefix(chat.Clean(name), "@")), ""); name != "" {
			pings = append(pings, "@"+name)
		}
	}
	if len(pings) == 0 {
		return ""
	}
	return strings.Join(pings, " ") + "\n"
}
