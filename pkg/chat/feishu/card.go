package feishu

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"postern/pkg/chat"
	"postern/pkg/webhook"
)

const (
	// maxContent is how large a card or a text may be, in bytes of its JSON: a
	// custom bot takes 20 KB in all, an app's message 30 KB, styles counted more
	// than once.
	maxContent = 19_000
	// maxButtons is how many links become buttons.
	maxButtons = 5
	// short is up to how many characters of value two fields stand side by side.
	short = 30
)

// content is what a message holds: a card, text without any markup, or an image.
type content struct {
	card  *card
	post  *post
	image *image
	empty bool
}

// image is one that was uploaded.
type image struct {
	Key string `json:"image_key"`
}

func (c content) kind() string {
	switch {
	case c.image != nil:
		return "image"
	case c.card != nil:
		return "interactive"
	}
	return "post"
}

func (c content) json() []byte {
	switch {
	case c.image != nil:
		return chat.JSON(c.image)
	case c.card != nil:
		return chat.JSON(c.card)
	}
	return chat.JSON(c.post)
}

// compose cuts d by what its content may measure.
func compose(d chat.Delivery) content {
	m, build := d.Message.Clean().Linked(), rich
	if d.Plain {
		m, build = m.Unstyled(), plain
	}
	return build(chat.Fit(m, maxContent, chat.Bytes, func(m chat.Message) string { return string(build(m).json()) }))
}

// card is a card of Feishu's first form (JSON 1.0), which every client shows.
type card struct {
	Config   config    `json:"config"`
	Link     *link     `json:"card_link,omitempty"`
	Header   *header   `json:"header,omitempty"`
	Elements []element `json:"elements"`
}

type config struct {
	Wide bool `json:"wide_screen_mode"`
}

type link struct {
	URL string `json:"url"`
}

type header struct {
	Title    text   `json:"title"`
	Template string `json:"template"` // its colour
}

type text struct {
	Tag     string `json:"tag"` // plain_text or lark_md
	Content string `json:"content"`
}

// literal is text that no client reads as markup; an <at> is parted all the same,
// for whatever shows it somewhere else.
func literal(s string) text { return text{Tag: "plain_text", Content: untagged(s)} }

func untagged(s string) string { return strings.ReplaceAll(s, "<", "<\u200b") }

type element struct {
	Tag     string   `json:"tag"`
	Content string   `json:"content,omitempty"`
	Fields  []field  `json:"fields,omitempty"`
	Actions []button `json:"actions,omitempty"`
	Notes   []text   `json:"elements,omitempty"`
}

type field struct {
	Short bool `json:"is_short"`
	Text  text `json:"text"`
}

type button struct {
	Tag  string `json:"tag"`
	Text text   `json:"text"`
	Type string `json:"type"`
	URL  string `json:"url"`
}

func rich(m chat.Message) content {
	c := &card{Config: config{Wide: true}, Elements: []element{}}
	actions, lines := buttons(m.Links)
	c.markdown(mentions(m.Mentions))
	c.markdown(markdown(m.Body))
	if len(m.Fields) > 0 {
		c.Elements = append(c.Elements, element{Tag: "div", Fields: fields(m.Fields)})
	}
	c.markdown(markdown(lines))
	if len(actions) > 0 {
		c.Elements = append(c.Elements, element{Tag: "action", Actions: actions})
	}
	if m.Footer != "" {
		c.Elements = append(c.Elements, element{Tag: "note", Notes: []text{literal(m.Footer)}})
	}
	c.head(m)
	return content{card: c, empty: len(c.Elements) == 0}
}

// head puts the title on top; alone, it is the body: a card is not its header only.
func (c *card) head(m chat.Message) {
	if len(c.Elements) == 0 {
		c.markdown(markdown(m.Flow()))
		return
	}
	if m.Title != "" {
		c.Header = &header{Title: literal(m.Title), Template: colour(m.Severity)}
	}
	if isWeb(m.URL) {
		c.Link = &link{URL: m.URL}
	}
}

func (c *card) markdown(content string) {
	if strings.TrimSpace(content) != "" {
		c.Elements = append(c.Elements, element{Tag: "markdown", Content: content})
	}
}

func colour(s webhook.Severity) string {
	switch s {
	case webhook.Debug:
		return "grey"
	case webhook.Notice:
		return "turquoise"
	case webhook.Warning:
		return "orange"
	case webhook.Error:
		return "red"
	case webhook.Critical:
		return "carmine"
	default:
		return "blue"
	}
}

func fields(all []webhook.Field) []field {
	var out []field
	for _, f := range all {
		content := escape(f.Value)
		if f.Name != "" {
			content = "**" + escape(f.Name) + "**\n" + content
		}
		out = append(out, field{Short: utf8.RuneCountInString(f.Value) <= short, Text: text{Tag: "lark_md", Content: content}})
	}
	return out
}

// buttons gives the first links to the web as buttons, all others as lines.
func buttons(links []webhook.Link) ([]button, chat.Text) {
	var actions []button
	var lines chat.Text
	for _, l := range links {
		if len(actions) < maxButtons && isWeb(l.URL) {
			actions = append(actions, button{Tag: "button", Text: literal(l.Text), Type: "default", URL: l.URL})
			continue
		}
		if len(lines) > 0 {
			lines = append(lines, chat.Span{Text: "\n"})
		}
		lines = append(lines, chat.Span{Text: l.Text, URL: l.URL})
	}
	return actions, lines
}

func isWeb(url string) bool { return strings.HasPrefix(strings.ToLower(url), "http") }

// markdown writes what a card of the first form knows. Code within a line is not
// among it.
func markdown(t chat.Text) string {
	return chat.Dialect{
		Escape: escape,
		Bold:   func(s string) string { return "**" + s + "**" },
		Link: func(text, url string) string {
			return "[" + text + "](" + strings.NewReplacer("(", "%28", ")", "%29").Replace(url) + ")"
		},
	}.Write(t)
}

// bareURL is an address without any character that markup could begin with, but
// for one that stands within words; it becomes a link as a whole.
var bareURL = regexp.MustCompile(`https?://[A-Za-z0-9./?#=&%+,;!$_-]+`)

// escape makes text inert with the entities that Feishu's manual gives for this:
// no <at>, no style. Addresses stay whole.
func escape(s string) string {
	s = lineStarts.ReplaceAllStringFunc(chat.Between(s, bareURL, marks), func(start string) string {
		return strings.NewReplacer("#", "&#35;", "+", "&#43;", "-", "&#45;").Replace(start)
	})
	return numbered.ReplaceAllString(s, "$1&#46;")
}

func marks(s string) string {
	s = entity.ReplaceAllString(s, "&#38;$1")
	return strings.NewReplacer(
		"<", "&#60;", ">", "&#62;", "*", "&#42;", "_", "&#95;", "~", "&#126;", "`", "&#96;",
		"[", "&#91;", "]", "&#93;", "(", "&#40;", ")", "&#41;", `\`, "&#92;").Replace(s)
}

var (
	entity = regexp.MustCompile(`&(#[0-9xX]|[A-Za-z]+;)`) // what would be read as one
	// What means something only where a line begins.
	lineStarts = regexp.MustCompile(`(?m)^[ \t]*(?:#+|[+-])`)
	numbered   = regexp.MustCompile(`(?m)^([ \t]*[0-9]+)\.`)
)

var memberID = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$`)

// mentions pings on purpose: all, or a user's open_id or user_id; anything else
// is a word.
func mentions(names []string) string {
	var pings []string
	for _, name := range names {
		name = strings.TrimPrefix(chat.Clean(name), "@")
		switch {
		case memberID.MatchString(name):
			pings = append(pings, "<at id="+name+"></at>")
		case name != "":
			pings = append(pings, escape(name))
		}
	}
	return strings.Join(pings, " ")
}
