package jira

import (
	"cmp"
	"regexp"
	"strconv"
	"strings"
	"time"

	"postern/pkg/source"
)

// How much of what a person wrote is looked at.
const (
	longest = 16 << 10 // bytes
	deepest = 40       // of a document's nodes
)

// Jira's own markup, less what reads well as it is.
var (
	wikiQuote   = regexp.MustCompile(`(?s)\{quote\}.*?(?:\{quote\}|\z)|(?m:^bq\. [^\n]*)`)
	wikiMacro   = regexp.MustCompile(`\{/?(?:code|noformat|color|panel|expand|anchor|adf)(?:[:=][^{}\n]*)?\}`)
	wikiMention = regexp.MustCompile(`\[~([^\]\n]+)\]`)
	wikiLink    = regexp.MustCompile(`\[([^\[\]|\n]+)\|([^\[\]|\n]+)(?:\|[^\[\]\n]*)?\]`)
	wikiAddress = regexp.MustCompile(`\[(https?://[^\[\]|\s]+)\]`)
	wikiImage   = regexp.MustCompile(`!([^!|\s][^!|\n]*\.[A-Za-z0-9]{2,5})(?:\|[^!\n]*)?!`)
	wikiHeading = regexp.MustCompile(`(?m)^h[1-6]\. +`)
	wikiEscape  = regexp.MustCompile(`\\([^\w\s])`)
)

// plain gives what a person wrote, as Jira's old markup or as a document of
// nodes (the Atlassian Document Format), without either.
func plain(v any) string {
	switch v := v.(type) {
	case string:
		return wiki(v[:min(len(v), longest)])
	case map[string]any:
		var d document
		d.node(v, 0)
		return d.text.String()
	default:
		return ""
	}
}

func wiki(s string) string {
	s = wikiQuote.ReplaceAllString(s, "")
	s = wikiMacro.ReplaceAllString(s, "")
	s = wikiMention.ReplaceAllStringFunc(s, func(found string) string {
		name := wikiMention.FindStringSubmatch(found)[1]
		if strings.HasPrefix(name, "accountid:") {
			return "@…"
		}
		return "@" + name
	})
	s = wikiLink.ReplaceAllStringFunc(s, func(found string) string {
		parts := wikiLink.FindStringSubmatch(found)
		return linked(parts[1], parts[2])
	})
	s = wikiAddress.ReplaceAllString(s, "$1")
	s = wikiImage.ReplaceAllString(s, "$1")
	s = wikiHeading.ReplaceAllString(s, "")
	return wikiEscape.ReplaceAllString(s, "$1")
}

// linked reads "text (address)"; an address that is not safe is left out.
func linked(text, address string) string {
	if address = source.Link(address); address == "" || address == text {
		return text
	}
	return text + " (" + address + ")"
}

// document writes the text of a document's nodes.
type document struct{ text strings.Builder }

func (d *document) node(n source.Object, depth int) {
	if depth > deepest || d.text.Len() > longest {
		return
	}
	switch kind := n.Text("type"); kind {
	case "blockquote":
		// what somebody else said before
	case "listItem":
		d.text.WriteString("• ")
		d.children(n, depth)
	case "taskItem":
		box := "☐ "
		if n.Text("attrs.state") == "DONE" {
			box = "☑ "
		}
		d.text.WriteString(box)
		d.children(n, depth)
		d.text.WriteString("\n")
	case "paragraph", "heading", "codeBlock", "caption":
		d.children(n, depth)
		d.text.WriteString("\n")
	default:
		d.text.WriteString(inline(kind, n))
		d.children(n, depth)
	}
}

func (d *document) children(n source.Object, depth int) {
	for _, child := range n.Objects("content") {
		d.node(child, depth+1)
	}
}

// inline gives the text of a node that stands within a line.
func inline(kind string, n source.Object) string {
	switch kind {
	case "text":
		for _, mark := range n.Objects("marks") {
			if mark.Text("type") == "link" {
				return linked(n.Text("text"), mark.Text("attrs.href"))
			}
		}
		return n.Text("text")
	case "hardBreak":
		return "\n"
	case "mention":
		return "@" + cmp.Or(strings.TrimPrefix(n.Text("attrs.text"), "@"), "…")
	case "emoji":
		return cmp.Or(n.Text("attrs.text"), n.Text("attrs.shortName"))
	case "inlineCard", "blockCard", "embedCard":
		return n.Link("attrs.url")
	case "status":
		return n.Text("attrs.text")
	case "date":
		return date(n.Text("attrs.timestamp"))
	case "media", "mediaInline":
		return n.Text("attrs.alt")
	default:
		return ""
	}
}

// date reads the milliseconds of a day, which stand there as text.
func date(ms string) string {
	n, err := strconv.ParseInt(ms, 10, 64)
	if err != nil {
		return ""
	}
	return time.UnixMilli(n).UTC().Format(time.DateOnly)
}
