package wecom

import (
	"regexp"
	"strings"

	"postern/pkg/chat"
	"postern/pkg/webhook"
)

// WeCom's limits, in bytes: https://developer.work.weixin.qq.com/document/path/91770.
const (
	maxMarkdown = 4096
	maxText     = 2048
)

// maxParts is how many messages one may become; what is longer is cut.
const maxParts = 4

// zeroWidth parts a mark from what it could style: this Markdown has no escape.
const zeroWidth = "\u200b"

// payload is a message of WeCom's: Markdown, the plain text of a second try, or an
// image.
type payload struct {
	Kind     string    `json:"msgtype"`
	Markdown *markdown `json:"markdown,omitempty"`
	Text     *content  `json:"text,omitempty"`
	Image    *image    `json:"image,omitempty"`
}

type markdown struct {
	Content string `json:"content"`
}

type content struct {
	Content string   `json:"content"`
	Named   []string `json:"mentioned_list,omitempty"`
	Mobiles []string `json:"mentioned_mobile_list,omitempty"`
}

func (p payload) text() string {
	if p.Text != nil {
		return p.Text.Content
	}
	return p.Markdown.Content
}

// compose says d's part, which is text.
func compose(d chat.Delivery) payload {
	parts, render := pages(d)
	part := d.Page(parts)
	if !d.Plain {
		return payload{Kind: "markdown", Markdown: &markdown{render(part)}}
	}
	text := content{Content: render(part)}
	for _, name := range part.Mentions {
		switch name = named(name); {
		case name == "all":
			text.Named = append(text.Named, "@all")
		case mobile.MatchString(name):
			text.Mobiles = append(text.Mobiles, name)
		case userID.MatchString(name):
			text.Named = append(text.Named, name)
		}
	}
	return payload{Kind: "text", Text: &text}
}

// pages parts d by WeCom's limit, and gives how each part is written.
func pages(d chat.Delivery) ([]chat.Message, func(chat.Message) string) {
	_, m := apart(d.Message)
	m = m.Clean().Linked()
	if d.Plain {
		m = m.Unstyled()
		render := func(m chat.Message) string { return strings.TrimSpace(untagged(m.Flow().String())) }
		return chat.Split(m, maxParts, maxText, chat.Bytes, render), render
	}
	return chat.Split(m, maxParts, maxMarkdown, chat.Bytes, rich), rich
}

func rich(m chat.Message) string {
	text := dialect().Write(m.Flow())
	if m.Title != "" {
		text = colour(m.Severity) + text
	}
	return strings.TrimSpace(mentions(m.Mentions) + text)
}

// colour marks what somebody should look at. Of WeCom's three colours "warning"
// is an orange red, "comment" grey.
func colour(s webhook.Severity) string {
	switch s {
	case webhook.Warning, webhook.Error, webhook.Critical:
		return `<font color="warning">●</font> `
	case webhook.Debug:
		return `<font color="comment">●</font> `
	default:
		return ""
	}
}

func dialect() chat.Dialect {
	return chat.Dialect{
		Escape: inert,
		Bold:   func(s string) string { return "**" + s + "**" },
		Code:   func(s string) string { return "`" + inert(s) + "`" },
		Link: func(text, url string) string {
			text = strings.NewReplacer("[", "［", "]", "］").Replace(text)
			return "[" + text + "](" + strings.NewReplacer("(", "%28", ")", "%29", "@", "%40").Replace(url) + ")"
		},
	}
}

// inert breaks what WeCom's Markdown knows: bold, links, code, tags and pings,
// and headings and quotes where a line begins. It knows no italics.
func inert(s string) string {
	s = strings.ReplaceAll(unticked(untagged(s)), "](", "]"+zeroWidth+"(")
	return starless(lineStarts.ReplaceAllString(s, zeroWidth+"$1"))
}

var lineStarts = regexp.MustCompile(`(?m)^([ \t]*[#>])`)

// starless parts two stars, and one at an end from ours that may follow.
func starless(s string) string {
	for strings.Contains(s, "**") { // twice at most: three stars hold two pairs
		s = strings.ReplaceAll(s, "**", "*"+zeroWidth+"*")
	}
	if strings.HasPrefix(s, "*") {
		s = zeroWidth + s
	}
	if strings.HasSuffix(s, "*") {
		s += zeroWidth
	}
	return s
}

// untagged keeps an angle bracket from opening <font> or <@user>, and parts the
// words for everybody from their @. WeCom reads <@user> in plain text too.
func untagged(s string) string {
	return strings.NewReplacer("<", "<"+zeroWidth, "@all", "@"+zeroWidth+"all",
		"@everyone", "@"+zeroWidth+"everyone", "@所有人", "@"+zeroWidth+"所有人").Replace(s)
}

// unticked puts another grave accent in the place of the one that begins code:
// nothing between two of them could break the pair.
func unticked(s string) string { return strings.ReplaceAll(s, "`", "ˋ") }

var (
	mobile = regexp.MustCompile(`^[0-9]{11}$`)
	userID = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}$`)
)

// named takes off how WeCom writes a user's id, where a config does too.
func named(name string) string { return strings.Trim(chat.Clean(name), "<@>") }

// mentions pings on purpose: all or a user's id; anything else is a word. A
// mobile number pings in plain text only.
func mentions(names []string) string {
	var pings []string
	for _, name := range names {
		switch name = named(name); {
		case userID.MatchString(name):
			pings = append(pings, "<@"+name+">")
		case name != "":
			pings = append(pings, inert(name))
		}
	}
	if len(pings) == 0 {
		return ""
	}
	return strings.Join(pings, " ") + "\n"
}
