package github

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"postern/pkg/source"
	"postern/pkg/webhook"
)

func milestone(e *webhook.Event, payload source.Object) {
	thing := payload.Object("milestone")
	title := thing.Line("title")
	e.Subject = webhook.Subject{Title: title, URL: thing.Link("html_url")}
	e.URL = cmp.Or(e.Subject.URL, e.Container.URL)
	e.Author = thing.Line("creator.login")
	e.OccurredAt = thing.Time(e.OccurredAt, "updated_at", "created_at")
	e.Thread = thread(e, ":milestone:", thing.Line("number"))
	if e.Action == "deleted" {
		e.Severity = webhook.Warning
	}
	due, _, _ := strings.Cut(thing.Line("due_on"), "T")
	addField(e, "Due", due)
	addField(e, "Progress", progress(thing))
	changed(e, payload)
	tell(e, item{
		noun: source.Words{English: "milestone", Japanese: "マイルストーン", Chinese: "里程碑"},
		name: title, wording: wording(e.Action, nil),
	})
}

// progress is "3/4 (75%)" of a milestone's issues.
func progress(milestone source.Object) string {
	closed, err := strconv.Atoi(milestone.Line("closed_issues"))
	open, err2 := strconv.Atoi(milestone.Line("open_issues"))
	const most = 1 << 30 // far from where a sum would turn over
	if err != nil || err2 != nil || closed < 0 || open < 0 || closed > most || open > most || closed+open == 0 {
		return ""
	}
	return fmt.Sprintf("%d/%d (%d%%)", closed, closed+open, closed*100/(closed+open))
}

func label(e *webhook.Event, payload source.Object) {
	thing := payload.Object("label")
	name := thing.Line("name")
	e.Severity = webhook.Debug
	if e.Action == "deleted" {
		e.Severity = webhook.Warning
	}
	e.Subject = webhook.Subject{Title: name}
	e.URL = e.Container.URL
	if name != "" {
		e.Labels = []string{name}
	}
	e.Summary = thing.Line("description")
	changed(e, payload)
	tell(e, item{
		noun: source.Words{English: "label", Japanese: "ラベル", Chinese: "标签"},
		name: name, wording: wording(e.Action, nil),
	})
}
