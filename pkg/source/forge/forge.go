// Package forge words what happens on every code host in the same way: pushes,
// things that people work on, and runs of machines. A source reads its
// service's payload and describes what it found; this package knows no
// service and checks nothing.
package forge

import (
	"cmp"
	"math"
	"net/url"
	"strconv"
	"strings"
	"time"

	"postern/pkg/chat"
	"postern/pkg/source"
	"postern/pkg/webhook"
)

// Listed is how many commits, jobs or files are named one by one.
const Listed = 5

// Message words an event that the Tell of a Push, Item, Run or Line filled in;
// any other reads as the generic line.
func Message(e webhook.Event, l source.Locale, v source.Verbosity) chat.Message {
	switch d := e.Detail.(type) {
	case Push:
		return d.message(e, l, v)
	case Item:
		return localized(source.Message(e, d.headline(e, l), v), l)
	case Run:
		return localized(source.Message(e, d.headline(e, l), v), l)
	case Line:
		return localized(source.Message(e, d.headline(e, l), v), l)
	default:
		return localized(source.Message(e, source.Headline(e, l), v), l)
	}
}

// AddField adds a fact, where there is one.
func AddField(e *webhook.Event, name, value string) {
	if value != "" {
		e.Fields = append(e.Fields, webhook.Field{Name: name, Value: source.Clip(value, source.MaxLine)})
	}
}

// AddAuthor says whose thing it is that somebody else did something to.
func AddAuthor(e *webhook.Event) {
	if e.Author != e.Actor.Name {
		AddField(e, "Author", e.Author)
	}
}

// AddLink adds a further address, where there is one.
func AddLink(e *webhook.Event, text, address string) {
	if address != "" {
		e.Links = append(e.Links, webhook.Link{Text: text, URL: address})
	}
}

// AddDuration adds how long something took, in whole seconds: nothing where it
// was less than one, or so long that it cannot be meant.
func AddDuration(e *webhook.Event, took time.Duration) {
	const year = 365 * 24 * time.Hour
	if took >= time.Second && took < year {
		AddField(e, "Duration", took.Round(time.Second).String())
	}
}

// Lasting reads a number of units, as a payload has it, as a duration. What is
// no number, or too large for one, is 0.
func Lasting(v any, unit time.Duration) time.Duration {
	var count float64
	switch n := v.(type) {
	case int64:
		count = float64(n)
	case float64:
		count = n
	}
	if took := count * float64(unit); took > 0 && took < math.MaxInt64/2 {
		return time.Duration(took)
	}
	return 0
}

// Numbered gives a number as people write it, "#12", and nothing for none.
func Numbered(number string) string {
	if number == "" {
		return ""
	}
	return "#" + number
}

// FirstLine gives the first line of what a person wrote, as a title has it.
func FirstLine(text string) string { return source.Clip(source.FirstLine(text), source.MaxLine) }

// Shortened names Listed of several names, and how many more there are.
func Shortened(names []string) string {
	if rest := len(names) - Listed; rest > 0 {
		names = append(names[:Listed:Listed], "+"+strconv.Itoa(rest))
	}
	return strings.Join(names, ", ")
}

// Page gives the address of something below another address, or nothing where
// either half is missing. Neither part is trusted.
func Page(base, path, name string) string {
	if base == "" || name == "" {
		return ""
	}
	escaped := (&url.URL{Path: name}).EscapedPath()
	return source.Link(strings.TrimSuffix(base, "/") + path + escaped)
}

// Into reads "head → base", or what of it is known.
func Into(head, base string) string {
	if head == "" || base == "" {
		return cmp.Or(head, base)
	}
	return head + " → " + base
}

// Thread names the thing that several events are about; without a place or a
// thing there is none.
func Thread(e *webhook.Event, separator, thing string) string {
	if e.Container.Name == "" || thing == "" {
		return ""
	}
	return e.Source + ":" + e.Container.Name + separator + thing
}
