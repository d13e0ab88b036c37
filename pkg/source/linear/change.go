package linear

import (
	"cmp"
	"strings"

	"postern/pkg/source"
	"postern/pkg/webhook"
)

// fact is one thing to tell of an issue or project.
type fact struct {
	name   string
	key    string              // its member in updatedFrom
	now    string              // its value, or name
	before func(string) string // reads the old value; nil: that is an id, which names nothing
	when   moment
}

// moment says when a fact is told, beside when it changed.
type moment int

const (
	changed moment = iota // never
	atFirst               // when the thing is new
	always
)

func same(s string) string { return s }

func facts(data source.Object) []fact {
	return []fact{
		{"Title", "title", data.Line("title"), same, changed},
		{"Name", "name", data.Line("name"), same, changed},
		{"Status", stateKey(data), stateName(data), nil, always},
		{"Priority", "priority", priority(data.Text("priority")), priority, atFirst},
		{"Assignee", "assigneeId", data.Line("assignee.name"), nil, always},
		{"Lead", "leadId", data.Line("lead.name"), nil, atFirst},
		{"Health", "health", data.Line("health"), same, atFirst},
		{"Team", "teamId", data.Line("team.name"), nil, changed},
		{"Project", "projectId", data.Line("project.name"), nil, atFirst},
		{"Cycle", "cycleId", cmp.Or(data.Line("cycle.name"), data.Line("cycle.number")), nil, atFirst},
		{"Parent", "parentId", data.Line("parent.identifier"), nil, atFirst},
		{"Labels", "labelIds", source.Clip(strings.Join(data.Lines("labels", "name"), ", "), source.MaxLine), nil, atFirst},
		{"Estimate", "estimate", data.Line("estimate"), same, atFirst},
		{"Start", "startDate", data.Line("startDate"), same, atFirst},
		{"Due", "dueDate", data.Line("dueDate"), same, atFirst},
		{"Target", "targetDate", data.Line("targetDate"), same, atFirst},
	}
}

// fields tells a new thing whole; of one that was changed, what was.
func fields(data, from source.Object) []webhook.Field {
	var namesAndValues []string
	for _, f := range facts(data) {
		namesAndValues = append(namesAndValues, f.name, f.value(from))
	}
	for _, long := range []string{"description", "content", "body"} {
		if _, ok := from[long]; ok {
			namesAndValues = append(namesAndValues, "Changed", long)
		}
	}
	return source.Fields(namesAndValues...)
}

func (f fact) value(from source.Object) string {
	_, isChanged := from[f.key]
	switch {
	case !isChanged && (f.when == always || f.when == atFirst && from == nil):
		return f.now
	case !isChanged:
		return ""
	case f.before == nil:
		return source.Change("", cmp.Or(f.now, "–"))
	default:
		return source.Change(f.before(from.Line(f.key)), f.now)
	}
}

// stateKey and stateName: issues have states, projects statuses.
func stateKey(data source.Object) string {
	if data.Object("status") != nil {
		return "statusId"
	}
	return "stateId"
}

func stateName(data source.Object) string {
	return cmp.Or(data.Line("state.name"), data.Line("status.name"))
}

// priority is a number's name; 0, no priority, has none.
func priority(number string) string {
	switch number {
	case "1":
		return "Urgent"
	case "2":
		return "High"
	case "3":
		return "Medium"
	case "4":
		return "Low"
	default:
		return ""
	}
}

// detail is what the headline needs beside the event.
type detail struct {
	deed   string // a word of deeds
	to     string // what something became
	closed bool
}

// deed picks the change that matters most.
func deed(e *webhook.Event, data, from source.Object) detail {
	d := detail{deed: e.Type + "." + e.Action}
	if e.Action != "update" {
		return d
	}
	has := func(name string) bool { _, ok := from[name]; return ok }
	kind := cmp.Or(data.Text("state.type"), data.Text("status.type"))
	switch {
	case has(stateKey(data)) && stateName(data) != "":
		d.deed, d.to = "status", stateName(data)
		d.closed = kind == "completed" || kind == "canceled"
	case has("archivedAt") && data.Text("archivedAt") != "":
		d.deed = e.Type + ".archived"
	case has("assigneeId") && data.Line("assignee.name") != "":
		d.deed, d.to = "assigned", data.Line("assignee.name")
	case has("assigneeId"):
		d.deed = "unassigned"
	case has("priority"):
		d.deed, d.to = "priority", source.Change(priority(from.Text("priority")), priority(data.Text("priority")))
	}
	return d
}
