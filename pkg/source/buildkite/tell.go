package buildkite

import (
	"cmp"
	"strings"

	"postern/pkg/chat"
	"postern/pkg/source"
	"postern/pkg/source/forge"
	"postern/pkg/webhook"
)

// build tells how a build stands. That it failed is a default event.
func build(e *webhook.Event, o source.Object) {
	b := o.Object("build")
	r := forge.Run{Noun: forge.Build(), Name: forge.Numbered(b.Line("number")), Ref: ref(b), Result: result(e.Action)}
	if e.Type == "build.finished" && b.Flag("blocked") {
		r.Result = forge.Waiting // for a person
	}
	e.Default = e.Type == "build.finished" && r.Result == forge.Failed
	common(e, o)
	e.Subject = webhook.Subject{Title: forge.FirstLine(b.Text("message")), URL: b.Link("web_url")}
	e.URL = cmp.Or(e.Subject.URL, e.Container.URL)
	took(e, b)
	r.Tell(e)
}

// job tells how a job stands. Its build tells most of it too, so it is no
// default event.
func job(e *webhook.Event, o source.Object) {
	j := o.Object("job")
	r := forge.Run{
		Noun: forge.Job(), Name: cmp.Or(j.Line("name"), j.Line("label"), j.Line("type")),
		Ref: ref(o.Object("build")), Result: result(e.Action),
	}
	if r.Result == forge.Failed && j.Flag("soft_failed") {
		r.Result = forge.Warned
	}
	common(e, o)
	e.Subject = webhook.Subject{
		Title: cmp.Or(forge.FirstLine(o.Text("build.message")), r.Name), URL: cmp.Or(j.Link("web_url"), o.Link("build.web_url")),
	}
	e.URL = cmp.Or(e.Subject.URL, e.Container.URL)
	if status := j.Line("exit_status"); status != "0" {
		forge.AddField(e, "Exit status", status)
	}
	forge.AddField(e, "Agent", j.Line("agent.name"))
	took(e, j)
	r.Tell(e)
}

// common is what events of a build have in common, whose job they may be about.
func common(e *webhook.Event, o source.Object) {
	b := o.Object("build")
	e.Container = webhook.Party{
		Name: cmp.Or(o.Line("pipeline.name"), o.Line("pipeline.slug")),
		URL:  cmp.Or(o.Link("pipeline.web_url"), pipelinePage(b.Link("web_url"))),
	}
	e.Actor = webhook.Party{Name: cmp.Or(b.Line("creator.name"), b.Line("author.name"))}
	if e.Author = b.Line("author.name"); e.Author == "" {
		e.Author = e.Actor.Name
	}
	e.Thread = forge.Thread(e, ":build:", b.Line("id"))
	if b.Text("tag") == "" {
		e.Branch = b.Line("branch")
	}
	forge.AddField(e, "Branch", e.Branch)
	forge.AddField(e, "Tag", b.Line("tag"))
	commit := b.Line("commit")
	if commit != "HEAD" { // what was asked for, before anybody looked it up
		forge.AddField(e, "Commit", forge.Short(commit))
	}
	forge.AddField(e, "Pull request", forge.Numbered(b.Line("pull_request.id")))
	e.OccurredAt = cmp.Or(when(o, about(e.Type)+".finished_at", about(e.Type)+".started_at", about(e.Type)+".created_at"), e.OccurredAt)
}

func ref(build source.Object) string { return cmp.Or(build.Line("tag"), build.Line("branch")) }

// pipelinePage is a build's address less "/builds/12".
func pipelinePage(build string) string {
	page, _, found := strings.Cut(build, "/builds/")
	if !found {
		return ""
	}
	return source.Link(page)
}

func took(e *webhook.Event, o source.Object) {
	if begin, end := when(o, "started_at"), when(o, "finished_at"); !begin.IsZero() && !end.IsZero() {
		forge.AddDuration(e, end.Sub(begin))
	}
}

// result knows what only Buildkite calls its states.
func result(state string) forge.Result {
	switch state {
	case "failing", "timing_out", "expired":
		return forge.Failed
	case "started", "accepted", "assigned":
		return forge.Running
	case "limiting", "limited", "creating":
		return forge.Waiting
	case "not_run", "broken", "waiting_failed", "blocked_failed", "unblocked_failed": // for what went before
		return forge.Skipped
	default:
		return forge.ReadResult(state)
	}
}

// agent tells what became of an agent. One that was lost or blocked is worth a
// warning, and no default event: machines come and go.
func agent(e *webhook.Event, o source.Object) {
	a := o.Object("agent")
	e.Subject = webhook.Subject{Title: cmp.Or(a.Line("name"), a.Line("hostname")), URL: a.Link("web_url")}
	e.URL = e.Subject.URL
	if id := a.Line("id"); id != "" {
		e.Thread = "buildkite:agent:" + id
	}
	if e.Type == "agent.lost" || e.Type == "agent.blocked" {
		e.Severity = webhook.Warning
	}
	forge.AddField(e, "Host", a.Line("hostname"))
	forge.AddField(e, "Blocked IP", o.Line("blocked_ip"))
	forge.AddField(e, "Version", a.Line("version"))
	e.Title = headline(*e, source.English)
}

// other tells an event that is about neither a build nor an agent. The sender
// of a payload is who made the webhook, not who did this.
func other(e *webhook.Event, o source.Object) {
	thing := o.Object(about(e.Type))
	e.Container = webhook.Party{Name: cmp.Or(
		thing.Line("registry.slug"), o.Line("pipeline.name"), o.Line("organization.name"), o.Line("organization.slug"))}
	e.Subject = webhook.Subject{Title: cmp.Or(thing.Line("name"), thing.Line("description")), URL: thing.Link("web_url")}
	if e.Subject.Title == e.Container.Name {
		e.Subject.Title = ""
	}
	e.URL = cmp.Or(e.Subject.URL, thing.Link("registry.web_url"), o.Link("organization.web_url"))
	if e.Type == "cluster_token.registration_blocked" || e.Type == "agent_token.registration_blocked" {
		e.Severity = webhook.Warning
	}
	forge.AddField(e, "Blocked IP", o.Line("blocked_ip"))
	e.Title = headline(*e, source.English)
}

func message(e webhook.Event, l source.Locale, v source.Verbosity) chat.Message {
	m := forge.Message(e, l, v)
	if _, told := deeds()[e.Type]; told {
		m.Title = headline(e, l)
	}
	return source.Translate(m, l, map[string]source.Words{
		"Agent":      {English: "Agent", Japanese: "エージェント", Chinese: "代理"},
		"Host":       {English: "Host", Japanese: "ホスト", Chinese: "主机"},
		"Blocked IP": {English: "Blocked IP", Japanese: "ブロックされた IP", Chinese: "被拦截的 IP"},
	})
}

// headline is "Agent lost: builder-3", or the generic line.
func headline(e webhook.Event, l source.Locale) string {
	w, told := deeds()[e.Type]
	if !told {
		return source.Headline(e, l)
	}
	return source.Title(e.Container.Name, w.In(l), e.Subject.Title)
}

// deeds are the wordings of what is about neither a build nor a job.
func deeds() map[string]source.Words {
	return map[string]source.Words{
		"agent.connected":    {English: "Agent connected", Japanese: "エージェントが接続しました", Chinese: "代理已连接"},
		"agent.disconnected": {English: "Agent disconnected", Japanese: "エージェントが切断しました", Chinese: "代理已断开"},
		"agent.lost":         {English: "Agent lost", Japanese: "エージェントとの通信が途絶えました", Chinese: "代理失联"},
		"agent.stopping":     {English: "Agent is stopping", Japanese: "エージェントを停止しています", Chinese: "代理正在停止"},
		"agent.stopped":      {English: "Agent stopped", Japanese: "エージェントが停止しました", Chinese: "代理已停止"},
		"agent.blocked":      {English: "Agent blocked", Japanese: "エージェントがブロックされました", Chinese: "代理被拦截"},
		"cluster_token.registration_blocked": {
			English: "Agent registration blocked", Japanese: "エージェントの登録がブロックされました", Chinese: "代理注册被拦截",
		},
		"agent_token.registration_blocked": {
			English: "Agent registration blocked", Japanese: "エージェントの登録がブロックされました", Chinese: "代理注册被拦截",
		},
		"package.created": {English: "📦 Package created", Japanese: "📦 パッケージを作成", Chinese: "📦 已创建软件包"},
	}
}
