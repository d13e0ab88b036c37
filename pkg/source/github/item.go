package github

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"postern/pkg/chat"
	"postern/pkg/source"
	"postern/pkg/source/forge"
	"postern/pkg/webhook"
)

// item is what a headline tells: "[place] who did the noun name: title".
type item struct {
	wording source.Words // of what was done, with {who} and {what}; empty where nobody has words for it
	noun    source.Words
	name    string   // "#12", "v1.2.0", or empty
	title   string   // what stands behind the colon, or empty
	places  []string // further places of the wording, each a name and a value
	code    string   // lines that a full message quotes
}

// headline is the message's title in a locale.
func (i item) headline(e webhook.Event, l source.Locale) string {
	if i.wording == (source.Words{}) {
		return source.Headline(e, l)
	}
	unknown := source.Unknown().In(l)
	wording, what := fit(i.wording.In(l), strings.TrimSpace(i.noun.In(l)+" "+i.name), l)
	pairs := []string{"who", cmp.Or(e.Actor.Name, unknown), "what", what}
	for at, text := range i.places {
		if at%2 == 1 {
			text = cmp.Or(text, unknown)
		}
		pairs = append(pairs, text)
	}
	title := i.title
	if title == i.name {
		title = ""
	}
	return source.Title(cmp.Or(e.Container.Name, unknown), strings.TrimSpace(source.Fill(wording, pairs...)), title)
}

// fit spaces a thing within its wording: Japanese and Chinese put a space
// between their own script and Latin letters or digits, and none elsewhere.
// Two spaces become one in the title.
func fit(wording, what string, l source.Locale) (fittedWording, fittedWhat string) {
	first, _ := utf8.DecodeRuneInString(what)
	last, _ := utf8.DecodeLastRuneInString(what)
	switch {
	case l == source.Japanese && last >= utf8.RuneSelf:
		return strings.ReplaceAll(wording, "{what} ", "{what}"), what
	case l == source.Chinese && last < utf8.RuneSelf:
		what += " "
	}
	if l == source.Chinese && first < utf8.RuneSelf {
		what = " " + what
	}
	return wording, what
}

func (i item) message(e webhook.Event, l source.Locale, v source.Verbosity) chat.Message {
	m := localized(source.Message(e, i.headline(e, l), v), l)
	if i.code == "" || !v.AtLeast(source.Full) {
		return m
	}
	quoted := chat.Text{{Text: i.code, Code: true}}
	if len(m.Body) > 0 {
		quoted = append(quoted, chat.Span{Text: "\n"})
	}
	m.Body = append(quoted, m.Body...)
	return m
}

// tell ends the reading of an event.
func tell(e *webhook.Event, i item) {
	e.Detail = i
	e.Title = i.headline(*e, source.English)
}

// wording looks a deed up in a family's own words, then in the common ones.
func wording(deed string, family map[string]source.Words) source.Words {
	if w, ok := family[deed]; ok {
		return w
	}
	return deeds()[deed]
}

// about points an event at the issue, pull request or discussion it is about
// and gives its item.
func about(e *webhook.Event, thing source.Object, noun source.Words) item {
	i := item{noun: noun, title: thing.Line("title")}
	number := thing.Line("number")
	if number != "" {
		i.name = "#" + number
	}
	e.Subject = webhook.Subject{Title: i.title, Number: number, URL: thing.Link("html_url")}
	e.URL = e.Subject.URL
	e.Author = thing.Line("user.login")
	e.Labels = thing.Lines("labels", "name")
	e.Draft = thing.Flag("draft")
	e.Thread = thread(e, "#", number)
	e.OccurredAt = thing.Time(e.OccurredAt, "updated_at")
	return i
}

// written takes over what a person wrote on a thing: the comment is where to
// look, and its author the event's.
func written(e *webhook.Event, comment source.Object) {
	e.URL = cmp.Or(comment.Link("html_url"), e.URL)
	e.Author = comment.Line("user.login")
	e.OccurredAt = comment.Time(e.OccurredAt, "updated_at", "submitted_at", "created_at")
	if e.Action != "deleted" {
		e.Body = source.Excerpt(comment.Text("body"))
	}
}

// changed adds what an event put on, took off or changed.
func changed(e *webhook.Event, payload source.Object) {
	switch e.Action {
	case "labeled", "unlabeled":
		addField(e, "Label", payload.Line("label.name"))
	case "assigned", "unassigned":
		addField(e, "Assignee", payload.Line("assignee.login"))
	case "review_requested", "review_request_removed":
		addField(e, "Reviewer", cmp.Or(payload.Line("requested_reviewer.login"), payload.Line("requested_team.name")))
	case "milestoned", "demilestoned":
		addField(e, "Milestone", payload.Line("milestone.title"))
	case "typed", "untyped":
		addField(e, "Type", payload.Line("type.name"))
	case "edited":
		edits(e, payload)
	}
}

// edits names what was changed and, where it is short, what it was before.
func edits(e *webhook.Event, payload source.Object) {
	changes := payload.Object("changes")
	addField(e, "Changed", names(slices.Sorted(maps.Keys(changes))))
	addField(e, "Before", cmp.Or(changes.Line("title.from"), changes.Line("name.from")))
}

// names puts a list on one line, cut short behind forge.Listed of them.
func names(list []string) string {
	var rest string
	if len(list) > forge.Listed {
		rest = ", …"
		list = list[:forge.Listed]
	}
	return source.OneLine(strings.Join(list, ", ") + rest)
}

func addField(e *webhook.Event, name, value string) {
	if value != "" {
		e.Fields = append(e.Fields, webhook.Field{Name: name, Value: source.Clip(value, source.MaxLine)})
	}
}

// addAuthor says whose thing it is that somebody else did something to.
func addAuthor(e *webhook.Event) {
	if e.Author != e.Actor.Name {
		addField(e, "Author", e.Author)
	}
}

// addLink adds an address that is safe; an empty one is left out.
func addLink(e *webhook.Event, text, address string) {
	if address != "" {
		e.Links = append(e.Links, webhook.Link{Text: text, URL: address})
	}
}

// addPath adds a file that an event is about, as field and for the filters.
func addPath(e *webhook.Event, path, line string) {
	if path == "" {
		return
	}
	e.Paths = []string{path}
	if line != "" {
		path += ":" + line
	}
	addField(e, "File", path)
}
