package github

import (
	"cmp"

	"postern/pkg/source"
	"postern/pkg/source/forge"
	"postern/pkg/webhook"
)

func checkNoun() source.Words {
	return source.Words{English: "check", Japanese: "チェック", Chinese: "检查"}
}

func checkRun(e *webhook.Event, payload source.Object) {
	run := payload.Object("check_run")
	name := run.Line("name")
	e.Branch = run.Line("check_suite.head_branch")
	e.URL = cmp.Or(run.Link("html_url"), run.Link("details_url"), e.Container.URL)
	e.Subject = webhook.Subject{Title: name, URL: run.Link("html_url")}
	e.Thread = thread(e, "@", forge.Short(run.Line("head_sha")))
	e.Summary = run.Line("output.title")
	e.Body = source.Excerpt(run.Text("output.summary"))
	e.OccurredAt = run.Time(e.OccurredAt, "completed_at", "started_at")
	i := outcome(e, run.Line("conclusion"), run.Line("status"))
	if e.Action == "requested_action" {
		i.wording = results()[e.Action]
		e.Severity = webhook.Info
		addField(e, "Requested action", payload.Line("requested_action.identifier"))
	}
	i.noun, i.name, i.title = checkNoun(), on(name, e.Branch), e.Summary
	checked(e, run)
	tell(e, i)
}

func checkSuite(e *webhook.Event, payload source.Object) {
	suite := payload.Object("check_suite")
	app := suite.Line("app.name")
	e.Branch = suite.Line("head_branch")
	e.URL = e.Container.URL
	e.Subject = webhook.Subject{Title: app}
	e.Thread = thread(e, "@", forge.Short(suite.Line("head_sha")))
	e.OccurredAt = suite.Time(e.OccurredAt, "updated_at")
	e.Summary = firstLine(suite, "head_commit.message")
	i := outcome(e, suite.Line("conclusion"), suite.Line("status"))
	i.noun = source.Words{English: "check suite", Japanese: "チェックスイート", Chinese: "检查套件"}
	i.name, i.title = on(app, e.Branch), e.Summary
	checked(e, suite)
	tell(e, i)
}

// checked adds the facts that a check and a suite of them share.
func checked(e *webhook.Event, thing source.Object) {
	addField(e, "App", thing.Line("app.name"))
	addField(e, "Commit", forge.Short(thing.Line("head_sha")))
	addField(e, "Result", spaced(thing.Line("conclusion")))
}

// status is the oldest way to report on a commit. It has a state, no action.
func status(e *webhook.Event, payload source.Object) {
	name := payload.Line("context")
	if branches := payload.Lines("branches", "name"); len(branches) > 0 {
		e.Branch = branches[0]
	}
	commit := payload.Link("commit.html_url")
	e.URL = cmp.Or(payload.Link("target_url"), commit, e.Container.URL)
	e.Subject = webhook.Subject{Title: name, URL: commit}
	e.Author = payload.Line("commit.author.login")
	e.Thread = thread(e, "@", forge.Short(payload.Line("sha")))
	e.Summary = payload.Line("description")
	e.OccurredAt = payload.Time(e.OccurredAt, "updated_at", "created_at")
	i := outcome(e, payload.Line("state"), "")
	i.noun, i.name, i.title = checkNoun(), on(name, e.Branch), e.Summary
	addField(e, "Commit", forge.Short(payload.Line("sha")))
	addField(e, "Result", payload.Line("state"))
	addLink(e, "Commit", commit)
	tell(e, i)
}
