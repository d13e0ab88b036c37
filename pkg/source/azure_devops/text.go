package azuredevops

import (
	"html"
	"regexp"
	"strings"

	"postern/pkg/source"
	"postern/pkg/webhook"
)

var (
	link     = regexp.MustCompile(`!?\[([^\]]*)\]\(([^)]*)\)`)
	emphasis = regexp.MustCompile("\\*\\*([^*]+)\\*\\*|\\*([^*\\s][^*\n]*)\\*|`([^`]+)`")
	bullet   = regexp.MustCompile(`(?m)^[ \t]*[*+-][ \t]+`)
	heading  = regexp.MustCompile(`(?m)^#+[ \t]+`)
	breaks   = regexp.MustCompile(`(?i)<br\s*/?>|<li>|</(?:p|div|li|tr|h[1-6])>`)
	tags     = regexp.MustCompile(`(?i)</?[a-z][^<>]*>`)
	// known are the tags that Azure DevOps puts into markdown; List<string> is none.
	known = regexp.MustCompile(`(?i)</?(?:a|b|br|code|div|em|i|li|ol|p|pre|span|strong|u|ul)(?:\s[^<>]*)?/?>|<\\li>`)
)

// maxRead bounds what of a text is looked at.
const maxRead = 8 << 10

// plain takes the markup out of what Azure DevOps wrote in markdown. Where it
// put a line break as an escape, or swapped a link's halves, it is mended.
func plain(markdown string) string {
	text := markdown
	if len(text) > maxRead {
		text = strings.ToValidUTF8(text[:maxRead], "")
	}
	text = strings.NewReplacer(`\r\n`, "\n", "\r\n", "\n").Replace(text)
	text = known.ReplaceAllString(breaks.ReplaceAllString(text, "\n"), "")
	text = link.ReplaceAllStringFunc(text, linked)
	text = bullet.ReplaceAllString(heading.ReplaceAllString(text, ""), "- ")
	return emphasis.ReplaceAllString(text, "$1$2$3")
}

// linked is the text of a link. A target that is no address says something too.
func linked(markdown string) string {
	halves := link.FindStringSubmatch(markdown)
	text, target := strings.TrimSpace(halves[1]), strings.TrimSpace(halves[2])
	switch {
	case strings.Contains(target, "://") || target == "":
		return text
	case strings.Contains(text, "://"):
		return target
	default:
		return text + " (" + target + ")"
	}
}

// fromHTML is the text of what a person wrote into a work item.
func fromHTML(text string) string {
	if len(text) > maxRead {
		text = strings.ToValidUTF8(text[:maxRead], "")
	}
	text = tags.ReplaceAllString(breaks.ReplaceAllString(text, "\n"), "")
	return strings.TrimSpace(strings.ReplaceAll(html.UnescapeString(text), "\u00a0", " "))
}

// spoken is the headline that Azure DevOps wrote, as one plain line.
func spoken(o source.Object) string {
	text := plain(o.Text("message.markdown"))
	if strings.TrimSpace(text) == "" {
		text = o.Text("message.text")
	}
	line := source.Clip(source.FirstLine(text), source.MaxTitle)
	return strings.TrimSuffix(source.OneLine(line), ".")
}

// spokenLink is the first address in it.
func spokenLink(o source.Object) string {
	for _, halves := range link.FindAllStringSubmatch(o.Text("message.markdown"), 3) {
		for _, half := range halves[1:] {
			if address := source.Link(strings.TrimSpace(half)); address != "" {
				return address
			}
		}
	}
	return ""
}

// more is what the detailed text says beyond the headline.
func more(e webhook.Event, o source.Object) string {
	text := source.Excerpt(plain(o.Text("detailedMessage.markdown")))
	first, rest, _ := strings.Cut(text, "\n")
	if strings.TrimSuffix(source.OneLine(first), ".") == e.Summary {
		text = rest
	}
	return strings.TrimSpace(text)
}
