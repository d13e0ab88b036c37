package teams

import (
	"regexp"
	"strings"

	"postern/pkg/chat"
	"postern/pkg/webhook"
)

const (
	// maxBody is how large a request may be, in bytes. Teams takes 28 KB, and
	// counts in a way of its own.
	maxBody = 24 << 10
	// maxButtons is how many links become buttons; more of them Teams hides.
	maxButtons = 5
)

// payload is what the template of a workflow expects: a message with one card.
type payload struct {
	Type        string       `json:"type"`
	Attachments []attachment `json:"attachments"`
}

type attachment struct {
	ContentType string  `json:"contentType"`
	ContentURL  *string `json:"contentUrl"`
	Content     card    `json:"content"`
}

// card is an adaptive card, as https://adaptivecards.io/explorer has them.
type card struct {
	Schema  string    `json:"$schema"`
	Type    string    `json:"type"`
	Version string    `json:"version"`
	Teams   teams     `json:"msteams"`
	Body    []element `json:"body"`
	Actions []action  `json:"actions,omitempty"`
}

type teams struct {
	Width    string    `json:"width"`
	Entities []mention `json:"entities,omitempty"`
}

type element struct {
	Type   string `json:"type"`
	Text   string `json:"text,omitempty"`
	Weight string `json:"weight,omitempty"`
	Size   string `json:"size,omitempty"`
	Color  string `json:"color,omitempty"`
	Subtle bool   `json:"isSubtle,omitempty"`
	Wrap   bool   `json:"wrap,omitempty"`
	Facts  []fact `json:"facts,omitempty"`
}

type fact struct {
	Title string `json:"title"`
	Value string `json:"value"`
}

type action struct {
	Type  string `json:"type"`
	Title string `json:"title"`
	URL   string `json:"url"`
}

// mention is who an <at> in the text is. Without one, an <at> pings nobody.
type mention struct {
	Type      string `json:"type"`
	Text      string `json:"text"`
	Mentioned person `json:"mentioned"`
}

type person struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

func (p payload) empty() bool { return len(p.Attachments[0].Content.Body) == 0 }

// compose cuts d by what the whole request may measure.
func compose(d chat.Delivery) payload {
	m := d.Message.Clean().Linked()
	if d.Plain {
		m = m.Unstyled()
	}
	return wrapped(chat.Fit(m, maxBody, chat.Bytes, func(m chat.Message) string { return string(chat.JSON(wrapped(m))) }))
}

func wrapped(m chat.Message) payload {
	return payload{Type: "message", Attachments: []attachment{{
		ContentType: "application/vnd.microsoft.card.adaptive", Content: newCard(m),
	}}}
}

func newCard(m chat.Message) card {
	c := card{
		Schema: "http://adaptivecards.io/schemas/adaptive-card.json", Type: "AdaptiveCard", Version: "1.4",
		Teams: teams{Width: "Full"}, Body: []element{},
	}
	pings, entities := mentions(m.Mentions)
	c.Teams.Entities = entities
	actions, lines := buttons(m.Links)
	c.Actions = actions
	c.add(element{Text: pings})
	c.add(title(m))
	c.add(element{Text: markdown(m.Body)})
	if len(m.Fields) > 0 {
		c.Body = append(c.Body, element{Type: "FactSet", Facts: facts(m.Fields)})
	}
	c.add(element{Text: markdown(lines)})
	c.add(element{Text: inert(m.Footer), Size: "Small", Subtle: true})
	return c
}

// add puts a block of text into the card, if it says anything.
func (c *card) add(e element) {
	if strings.TrimSpace(e.Text) != "" {
		e.Type, e.Wrap = "TextBlock", true
		c.Body = append(c.Body, e)
	}
}

func title(m chat.Message) element {
	span := chat.Span{Text: m.Title, URL: m.URL}
	if m.Title == "" {
		span.Text = m.URL
	}
	return element{Text: markdown(chat.Text{span}), Weight: "Bolder", Size: "Medium", Color: colour(m.Severity)}
}

func colour(s webhook.Severity) string {
	switch s {
	case webhook.Error, webhook.Critical:
		return "Attention"
	case webhook.Warning:
		return "Warning"
	case webhook.Notice:
		return "Accent"
	default:
		return ""
	}
}

func facts(fields []webhook.Field) []fact {
	var out []fact
	for _, f := range fields {
		out = append(out, fact{Title: inert(f.Name), Value: inert(f.Value)})
	}
	return out
}

// buttons gives the first links to the web as buttons, all others as lines.
func buttons(links []webhook.Link) ([]action, chat.Text) {
	var actions []action
	var lines chat.Text
	for _, l := range links {
		if len(actions) < maxButtons && strings.HasPrefix(strings.ToLower(l.URL), "http") {
			actions = append(actions, action{Type: "Action.OpenUrl", Title: untagged(l.Text), URL: l.URL})
			continue
		}
		if len(lines) > 0 {
			lines = append(lines, chat.Span{Text: "\n"})
		}
		lines = append(lines, chat.Span{Text: l.Text, URL: l.URL})
	}
	return actions, lines
}

// markdown writes the little that a TextBlock knows, where only a paragraph
// breaks a line. Code is not among it.
func markdown(t chat.Text) string {
	text := chat.Dialect{
		Escape: inert,
		Bold:   func(s string) string { return "**" + s + "**" },
		Link: func(text, url string) string {
			return "[" + text + "](" + strings.NewReplacer("(", "%28", ")", "%29").Replace(url) + ")"
		},
	}.Write(t)
	return strings.ReplaceAll(text, "\n", "\n\n")
}

// untagged puts a zero-width space within what opens a tag, an <at> for one, and
// a card's own function ({{DATE(...)}}).
func untagged(s string) string { return strings.NewReplacer("<", "<\u200b", "{", "{\u200b").Replace(s) }

// inert makes text plain: untagged, and with backslashes before marks.
func inert(s string) string {
	s = strings.NewReplacer(
		`\`, `\\`, "*", `\*`, "_", `\_`, "~", `\~`, "`", "\\`", "[", `\[`, "]", `\]`).Replace(untagged(s))
	s = lineStarts.ReplaceAllString(s, `$1\$2`)
	return numbered.ReplaceAllString(s, `$1\$2`)
}

// What means something only where a line begins.
var (
	lineStarts = regexp.MustCompile(`(?m)^([ \t]*)([#>+-])`)
	numbered   = regexp.MustCompile(`(?m)^([ \t]*[0-9]+)([.)])`)
)

var personID = regexp.MustCompile(`^(?:[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[A-Za-z0-9._%+'-]+@[A-Za-z0-9.-]+)$`)

// mentions pings on purpose: a user's id or principal name, as Entra has them;
// anything else is a word.
func mentions(names []string) (string, []mention) {
	var words []string
	var entities []mention
	for _, name := range names {
		name = strings.TrimPrefix(chat.Clean(name), "@")
		switch {
		case personID.MatchString(name):
			tag := "<at>" + name + "</at>"
			words = append(words, tag)
			entities = append(entities, mention{Type: "mention", Text: tag, Mentioned: person{ID: name, Name: name}})
		case name != "":
			words = append(words, inert(name))
		}
	}
	return strings.Join(words, " "), entities
}
