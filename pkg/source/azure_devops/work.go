package azuredevops

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"postern/pkg/source"
	"postern/pkg/source/forge"
	"postern/pkg/webhook"
)

// item is a work item's fields. Their names hold dots, so they are no paths.
type item source.Object

// text gives a field as one clean line: its new value where it was changed, a
// person's name where it is one.
func (i item) text(name string) string { return value(i[name]) }

func value(v any) string {
	if m, ok := v.(map[string]any); ok {
		changed, is := m["newValue"]
		if !is {
			return withoutMail(source.Object(m).Line("displayName"))
		}
		return value(changed)
	}
	return source.Object{"v": v}.Line("v")
}

// before gives what a field was before it was changed.
func (i item) before(name string) string {
	m, _ := i[name].(map[string]any)
	return value(m["oldValue"])
}

// workItem tells what became of a work item. That it was created, closed or
// opened again is a default event.
func workItem(e *webhook.Event, r source.Object) {
	changed := item(r.Object("fields"))
	now := changed
	if revision := r.Object("revision.fields"); revision != nil {
		now = item(revision)
	}
	number := r.AnyLine("workItemId", "id")
	e.Container.Name = cmp.Or(now.text("System.TeamProject"), changed.text("System.TeamProject"))
	e.Subject = webhook.Subject{
		Title: cmp.Or(now.text("System.Title"), changed.text("System.Title")), Number: number,
		URL: cmp.Or(r.Link("_links.html.href"), r.Link("revision._links.html.href"), e.URL),
	}
	e.URL = e.Subject.URL
	e.Actor = actor(r, now)
	e.Thread = forge.Thread(e, "#", number)
	for tag := range strings.SplitSeq(now.text("System.Tags"), ";") {
		if tag = strings.TrimSpace(tag); tag != "" {
			e.Labels = append(e.Labels, tag)
		}
	}
	kind := cmp.Or(now.text("System.WorkItemType"), "work item")
	i := forge.Item{Noun: noun(kind), Name: forge.Numbered(number), Deed: deed(e.Type, changed)}
	e.Default = slices.Contains([]string{"created", "closed", "reopened"}, i.Deed)
	facts(e, i.Deed, changed, now)
	worded(e, i)
}

// noun is the type of a work item, which is a team's own word.
func noun(kind string) source.Words {
	if kind == "work item" {
		return source.Words{English: kind, Japanese: "作業項目", Chinese: "工作项"}
	}
	return source.Words{English: kind, Japanese: kind, Chinese: kind}
}

func actor(r source.Object, now item) webhook.Party {
	if p := person(r, "revisedBy"); p.Name != "" {
		return p
	}
	return webhook.Party{Name: withoutMail(cmp.Or(now.text("System.ChangedBy"), now.text("System.CreatedBy")))}
}

func deed(kind string, changed item) string {
	switch kind {
	case "workitem.created":
		return "created"
	case "workitem.deleted":
		return "deleted"
	case "workitem.commented":
		return "commented"
	case "workitem.updated":
		return moved(changed.before("System.State"), changed.text("System.State"))
	default:
		return "" // restored: Azure DevOps's words stand
	}
}

// moved tells a work item that was closed or opened again from one that was
// changed otherwise, in the states of the processes that Azure DevOps brings.
func moved(before, after string) string {
	over := func(state string) bool {
		return slices.Contains([]string{"Closed", "Done", "Completed", "Resolved", "Removed"}, state)
	}
	switch {
	case before == "" || after == "" || over(before) == over(after):
		return "updated"
	case over(after):
		return "closed"
	default:
		return "reopened"
	}
}

func facts(e *webhook.Event, deed string, changed, now item) {
	state := now.text("System.State")
	if before := changed.before("System.State"); before != "" {
		state = forge.Into(before, changed.text("System.State"))
	}
	forge.AddField(e, "Status", state)
	forge.AddField(e, "Assignees", withoutMail(now.text("System.AssignedTo")))
	switch deed {
	case "created":
		e.Body = source.Excerpt(fromHTML(source.Scalar(now["System.Description"])))
		forge.AddField(e, "Priority", now.text("Microsoft.VSTS.Common.Priority"))
		forge.AddField(e, "Severity", now.text("Microsoft.VSTS.Common.Severity"))
		forge.AddField(e, "Area", now.text("System.AreaPath"))
		forge.AddField(e, "Iteration", now.text("System.IterationPath"))
	case "commented":
		e.Body = source.Excerpt(fromHTML(source.Scalar(now["System.History"])))
	case "updated":
		forge.AddField(e, "Changed", forge.Shortened(names(changed)))
	}
}

// names are the fields that a person changed, in short.
func names(changed item) []string {
	var fields []string
	for _, name := range slices.Sorted(maps.Keys(changed)) {
		short := source.Line(name[strings.LastIndexByte(name, '.')+1:])
		if _, is := changed[name].(map[string]any); is && short != "" && !slices.Contains(clerical(), short) {
			fields = append(fields, short)
		}
	}
	return fields
}

// clerical are the fields that change with every change.
func clerical() []string {
	return []string{
		"Rev", "RevisedDate", "ChangedDate", "ChangedBy", "AuthorizedDate", "AuthorizedAs", "PersonId", "Watermark",
		"State", "StateChangeDate", "Reason", "CommentCount", "History",
	}
}
