package github

import (
	"slices"

	"postern/pkg/source"
	"postern/pkg/webhook"
)

func issueNoun() source.Words {
	return source.Words{English: "issue", Japanese: "Issue", Chinese: "议题"}
}

func issue(e *webhook.Event, payload source.Object) {
	thing := payload.Object("issue")
	i := about(e, thing, issueNoun())
	i.wording = wording(e.Action, issueDeeds())
	e.Default = slices.Contains([]string{"opened", "closed", "reopened"}, e.Action)
	if e.Default {
		addAuthor(e)
	}
	switch e.Action {
	case "opened":
		e.Severity = webhook.Notice
		e.Body = source.Excerpt(thing.Text("body"))
		addField(e, "Assignees", names(thing.Lines("assignees", "login")))
		addField(e, "Labels", names(e.Labels))
		addField(e, "Milestone", thing.Line("milestone.title"))
	case "closed":
		addField(e, "Reason", spaced(thing.Line("state_reason")))
	case "deleted":
		e.Severity = webhook.Warning
	case "transferred":
		addField(e, "New repository", payload.Line("changes.new_repository.full_name"))
		addLink(e, "New issue", payload.Link("changes.new_issue.html_url"))
	}
	changed(e, payload)
	tell(e, i)
}

func issueDeeds() map[string]source.Words {
	return map[string]source.Words{
		"typed":   {English: "{who} set the type of {what}", Japanese: "{who} が {what} のタイプを設定しました", Chinese: "{who} 设置了{what}的类型"},
		"untyped": {English: "{who} removed the type of {what}", Japanese: "{who} が {what} のタイプを外しました", Chinese: "{who} 移除了{what}的类型"},
	}
}
