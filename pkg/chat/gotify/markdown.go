package gotify

import (
	"regexp"
	"strings"

	"postern/pkg/chat"
	"postern/pkg/webhook"
)

// maxText is where a message ends, in characters: Gotify takes megabytes, a
// reader does not.
const maxText = 20_000

const maxTitle = 250 // characters

type payload struct {
	Title    string         `json:"title,omitempty"`
	Message  string         `json:"message"`
	Priority int            `json:"priority,omitempty"` // none: the application's own
	Extras   map[string]any `json:"extras,omitempty"`
}

// compose writes d as Markdown, or as text where markup was refused.
func compose(d chat.Delivery) payload {
	m, write, kind := d.Message.Clean().Linked(), markdown().Write, "text/markdown"
	if d.Plain {
		m, write, kind = m.Unstyled(), chat.Dialect{}.Write, "text/plain"
	}
	p := payload{Title: chat.Cut(m.Title, maxTitle, chat.Runes), Priority: priority(m.Severity)}
	p.Extras = map[string]any{"client::display": map[string]string{"contentType": kind}}
	if m.URL != "" {
		p.Extras["client::notification"] = map[string]any{"click": map[string]string{"url": m.URL}}
	}
	if rest := untitled(m); p.Title != "" && len(rest.Flow()) > 0 {
		m = rest
	} else {
		p.Title = "" // the text is the title; Gotify demands a text
	}
	render := func(m chat.Message) string { return lines(write(m.Flow()), d.Plain) }
	p.Message = render(chat.Fit(m, maxText, chat.Runes, render))
	return p
}

// untitled is m less what stands in the title and behind a tap.
func untitled(m chat.Message) chat.Message {
	m.Title, m.URL = "", ""
	return m
}

// lines makes each line a line, where Markdown would run them together or make
// code of what is indented.
func lines(text string, plain bool) string {
	if plain {
		return text
	}
	text = indents.ReplaceAllStringFunc(text, func(blanks string) string {
		return strings.Repeat("\u00a0", len(strings.ReplaceAll(blanks, "\t", "    ")))
	})
	return strings.ReplaceAll(text, "\n", "  \n")
}

// indents make code of a line.
var indents = regexp.MustCompile(`(?m)^(?: {4,}| *\t)[ \t]*`)

// priority is Gotify's, from 1 to 10: its Android app is silent below 4 and
// insists from 8 on.
func priority(s webhook.Severity) int {
	switch s {
	case webhook.Critical:
		return 10
	case webhook.Error:
		return 8
	case webhook.Warning:
		return 6
	case webhook.Notice:
		return 5
	case webhook.Info:
		return 4
	case webhook.Debug:
		return 1
	default:
		return 0
	}
}

func markdown() chat.Dialect {
	return chat.Dialect{
		Escape: escape,
		Bold:   func(s string) string { return "**" + s + "**" },
		Code:   code,
		Link:   func(text, url string) string { return "[" + text + "](<" + url + ">)" }, // a SafeURL holds neither < nor >
	}
}

func code(s string) string {
	if strings.Contains(s, "`") {
		return escape(s)
	}
	return "`" + s + "`"
}

// bareURL is an address without any character that markup could begin with; a
// backslash within would become part of it. A _ before a letter closes nothing.
var bareURL = regexp.MustCompile(`https?://[A-Za-z0-9./?#=&%+,$-]+(?:_[A-Za-z0-9][A-Za-z0-9./?#=&%+,$-]*)*`)

// escape makes text inert: backslashes before marks, but not within addresses.
func escape(s string) string {
	return numbers.ReplaceAllString(lineStarts.ReplaceAllString(chat.Between(s, bareURL, marks), `$1\$2`), `$1\$2`)
}

func marks(s string) string {
	return strings.NewReplacer(
		`\`, `\\`, "*", `\*`, "_", `\_`, "~", `\~`, "`", "\\`", "|", `\|`,
		"<", `\<`, "&", `\&`, "[", `\[`, "]", `\]`).Replace(s)
}

var (
	// lineStarts are the marks that mean something only where a line begins.
	lineStarts = regexp.MustCompile(`(?m)^([ \t]*)([#>+=-])`)
	// numbers begin a list.
	numbers = regexp.MustCompile(`(?m)^([ \t]*[0-9]{1,9})([.)])`)
)
