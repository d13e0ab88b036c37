package matrix

import (
	"context"
	"errors"
	"html"
	"regexp"
	"strings"

	"postern/pkg/chat"
	"postern/pkg/retry"
	"postern/pkg/webhook"
)

// content is the content of an m.room.message.
type content struct {
	Type      string   `json:"msgtype"`
	Body      string   `json:"body"`
	Format    string   `json:"format,omitempty"`
	Formatted string   `json:"formatted_body,omitempty"`
	Filename  string   `json:"filename,omitempty"`
	URL       string   `json:"url,omitempty"`
	Info      *info    `json:"info,omitempty"`
	Mentions  mentions `json:"m.mentions"` // there even when empty: it turns off the pings of names found in text
}

type info struct {
	Type string `json:"mimetype"`
	Size int    `json:"size"`
}

type mentions struct {
	Users []string `json:"user_ids,omitempty"`
	Room  bool     `json:"room,omitempty"`
}

// pages parts d by its budget, measured on the whole content as it will be sent,
// and gives how each part is written. Its files are events of their own, behind the
// parts; where there is nothing else, there is no part.
func pages(d chat.Delivery) (parts []chat.Message, files []chat.Attachment, write func(chat.Message) content) {
	files, m := d.Message.Apart(maxFiles, nil)
	m, write = m.Linked(), notice
	if d.Plain {
		m, write = m.Unstyled(), plain
	}
	render := func(m chat.Message) string {
		c := write(m)
		if c.Body == "" {
			return ""
		}
		return string(chat.JSON(c))
	}
	parts = chat.Split(m, maxParts, maxContent, chat.Bytes, render)
	if len(files) > 0 && len(parts) == 1 && render(parts[0]) == "" {
		parts = nil
	}
	return parts, files, write
}

// compose makes the content of d's part.
func (s *Sender) compose(ctx context.Context, d chat.Delivery) (content, error) {
	parts, files, write := pages(d)
	if a, ok := d.File(files, len(parts)); ok {
		return s.attach(ctx, d, a)
	}
	c := write(d.Page(parts))
	if c.Body == "" {
		return content{}, retry.Never(errors.New("the message is empty"))
	}
	return c, nil
}

// plain says m as text alone.
func plain(m chat.Message) content {
	text, _, pinged := pings(m.Mentions)
	return content{Type: "m.notice", Body: strings.TrimSpace(text + broken(m.Flow().String())), Mentions: pinged}
}

// notice says m twice: as text, and in HTML for whoever shows it.
func notice(m chat.Message) content {
	c := plain(m)
	_, links, _ := pings(m.Mentions)
	c.Format = "org.matrix.custom.html"
	c.Formatted = strings.TrimSpace(links + mark(m) + strings.ReplaceAll(dialect().Write(m.Flow()), "\n", "<br>"))
	return c
}

func dialect() chat.Dialect {
	return chat.Dialect{
		Escape: func(s string) string { return html.EscapeString(broken(s)) },
		Bold:   func(s string) string { return "<strong>" + s + "</strong>" },
		Code:   func(s string) string { return "<code>" + html.EscapeString(broken(s)) + "</code>" },
		Link:   func(s, url string) string { return `<a href="` + html.EscapeString(url) + `">` + s + "</a>" },
	}
}

// broken parts the word that pings a whole room from its @, for servers and
// clients that know m.mentions not yet.
func broken(s string) string { return strings.ReplaceAll(s, "@room", "@\u200broom") }

// mark shows by a coloured dot before the title what is a warning or worse.
func mark(m chat.Message) string {
	colour := map[webhook.Severity]string{
		webhook.Warning: "#f1c40f", webhook.Error: "#e74c3c", webhook.Critical: "#8e44ad",
	}[m.Severity]
	if colour == "" || m.Title == "" {
		return ""
	}
	return `<span data-mx-color="` + colour + `">●</span> `
}

var userID = regexp.MustCompile(`^@[A-Za-z0-9._=/+-]+:[A-Za-z0-9.:\[\]-]+$`)

// pings on purpose: a user's id, or "room" for all of it; anything else is a word.
func pings(names []string) (text, links string, pinged mentions) {
	var words, linked []string
	for _, name := range names {
		name = strings.Join(strings.Fields(chat.Clean(name)), "")
		link := html.EscapeString(broken(name))
		switch {
		case name == "":
			continue
		case name == "room" || name == "@room":
			pinged.Room = true
			name, link = "@room", "@room"
		case userID.MatchString(name):
			pinged.Users = append(pinged.Users, name)
			link = dialect().Link(link, "https://matrix.to/#/"+name)
		default:
			name = broken(name)
		}
		words, linked = append(words, name), append(linked, link)
	}
	if len(words) == 0 {
		return "", "", pinged
	}
	return strings.Join(words, " ") + "\n", strings.Join(linked, " ") + "<br>", pinged
}
