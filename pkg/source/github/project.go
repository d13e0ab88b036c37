package github

import (
	"cmp"

	"postern/pkg/source"
	"postern/pkg/webhook"
)

func projectNoun() source.Words {
	return source.Words{English: "project", Japanese: "プロジェクト", Chinese: "项目"}
}

func project(e *webhook.Event, payload source.Object) {
	thing := payload.Object("projects_v2")
	i := planned(e, thing, thing.Line("title"), projectNoun())
	e.Body = source.Excerpt(thing.Text("short_description"))
	if e.Action == "edited" {
		edits(e, payload)
	}
	tell(e, i)
}

// projectItem tells which field of a project's item changed, and from what to
// what.
func projectItem(e *webhook.Event, payload source.Object) {
	thing := payload.Object("projects_v2_item")
	i := planned(e, thing, "", source.Words{English: "a project item", Japanese: "プロジェクトの項目", Chinese: "项目条目"})
	if id := thing.Line("project_node_id"); id != "" {
		e.Thread = "github:project:" + id
	}
	addField(e, "Type", thing.Line("content_type"))
	change := payload.Object("changes.field_value")
	addField(e, "Field", cmp.Or(change.Line("field_name"), spaced(change.Line("field_type"))))
	addField(e, "Change", into(value(change, "from"), value(change, "to")))
	tell(e, i)
}

func projectStatus(e *webhook.Event, payload source.Object) {
	thing := payload.Object("projects_v2_status_update")
	i := planned(e, thing, "", source.Words{English: "a project status update", Japanese: "プロジェクトの状況報告", Chinese: "项目状态更新"})
	if id := thing.Line("project_node_id"); id != "" {
		e.Thread = "github:project:" + id
	}
	state := thing.Line("status")
	if state == "OFF_TRACK" || state == "AT_RISK" {
		e.Severity = webhook.Warning
	}
	if e.Action != "deleted" {
		e.Body = source.Excerpt(thing.Text("body"))
	}
	addField(e, "Status", spaced(state))
	addField(e, "Start", thing.Line("start_date"))
	addField(e, "Due", thing.Line("target_date"))
	tell(e, i)
}

// classicProject tells the older projects with their columns and cards.
func classicProject(e *webhook.Event, payload source.Object) {
	thing := payload.Object(e.Type)
	noun := map[string]source.Words{
		"project":        projectNoun(),
		"project_card":   {English: "a project card", Japanese: "プロジェクトのカード", Chinese: "项目卡片"},
		"project_column": {English: "project column", Japanese: "プロジェクトの列", Chinese: "项目列"},
	}[e.Type]
	i := planned(e, thing, thing.Line("name"), noun)
	if e.Action != "deleted" {
		e.Body = source.Excerpt(cmp.Or(thing.Text("note"), thing.Text("body")))
	}
	tell(e, i)
}

// planned points an event at a part of a project.
func planned(e *webhook.Event, thing source.Object, name string, noun source.Words) item {
	number := thing.Line("number")
	e.Subject = webhook.Subject{Title: name, Number: number, URL: thing.Link("html_url")}
	e.URL = cmp.Or(e.Subject.URL, e.Container.URL)
	e.Author = thing.Line("creator.login")
	e.OccurredAt = thing.Time(e.OccurredAt, "updated_at", "created_at")
	if id := thing.Line("node_id"); id != "" {
		e.Thread = "github:project:" + id
	}
	if e.Action == "deleted" {
		e.Severity = webhook.Warning
	}
	i := item{noun: noun, name: name, wording: wording(e.Action, projectDeeds())}
	if number != "" {
		i.name, i.title = "#"+number, name
	}
	return i
}

// value gives one side of a field's change: a plain value or a named option.
func value(change source.Object, side string) string {
	return cmp.Or(change.Line(side), change.Line(side+".name"), change.Line(side+".title"))
}

func projectDeeds() map[string]source.Words {
	return map[string]source.Words{
		"converted": {English: "{who} converted {what} to an issue", Japanese: "{who} が {what} を Issue に変換しました", Chinese: "{who} 将{what}转为议题"},
		"reordered": {English: "{who} moved {what}", Japanese: "{who} が {what} を移動しました", Chinese: "{who} 移动了{what}"},
		"moved":     {English: "{who} moved {what}", Japanese: "{who} が {what} を移動しました", Chinese: "{who} 移动了{what}"},
		"restored":  {English: "{who} restored {what}", Japanese: "{who} が {what} を復元しました", Chinese: "{who} 恢复了{what}"},
	}
}
