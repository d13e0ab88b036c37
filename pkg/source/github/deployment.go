package github

import (
	"cmp"
	"slices"

	"postern/pkg/source"
	"postern/pkg/source/forge"
	"postern/pkg/webhook"
)

func deployment(e *webhook.Event, payload source.Object) {
	i := deployed(e, payload.Object("deployment"))
	e.Severity = webhook.Debug                                          // its statuses tell how it went
	i.wording = wording(cmp.Or(e.Action, "created"), deploymentDeeds()) // once there was no action
	tell(e, i)
}

func deploymentStatus(e *webhook.Event, payload source.Object) {
	s := payload.Object("deployment_status")
	i := deployed(e, payload.Object("deployment"))
	state := s.Line("state")
	switch state {
	case "success":
		e.Severity = webhook.Notice
	case "failure", "error":
		e.Severity = webhook.Error
	case "in_progress", "queued", "pending", "waiting":
	default:
		e.Severity = webhook.Debug
	}
	e.Default = slices.Contains([]string{"success", "failure", "error"}, state)
	site, log := s.Link("environment_url"), cmp.Or(s.Link("log_url"), s.Link("target_url"))
	e.URL = cmp.Or(log, site, e.URL)
	e.Summary = s.Line("description")
	e.OccurredAt = s.Time(e.OccurredAt, "updated_at", "created_at")
	addField(e, "Result", spaced(state))
	addLink(e, "Environment", site)
	addLink(e, "Log", log)
	i.wording, i.title = deploymentDeeds()[state], e.Summary
	tell(e, i)
}

// deploymentReview tells that somebody must let a deployment pass, or did.
func deploymentReview(e *webhook.Event, payload source.Object) {
	i := deployed(e, payload.Object("deployment"))
	run := payload.Object("workflow_run")
	environment := cmp.Or(payload.Line("environment"), e.Subject.Title)
	if environment == "" {
		environment = names(payload.Lines("workflow_job_runs", "environment"))
	}
	e.Subject = webhook.Subject{Title: environment, URL: run.Link("html_url")}
	i.name, i.places = environment, []string{"env", environment, "ref", cmp.Or(run.Line("head_branch"), e.Branch)}
	e.Branch = cmp.Or(e.Branch, run.Line("head_branch"))
	e.URL = cmp.Or(run.Link("html_url"), e.URL)
	if id := run.Line("id"); id != "" {
		e.Thread = "github:run:" + id
	}
	e.Body = source.Excerpt(payload.Text("comment"))
	switch e.Action {
	case "requested", "rejected":
		e.Severity = webhook.Warning
	case "approved":
		e.Severity = webhook.Notice
	}
	addField(e, "Approver", payload.Line("approver.login"))
	addField(e, "Requested by", payload.Line("requestor.login"))
	i.wording = deploymentReviewDeeds()[e.Action]
	tell(e, i)
}

func protectedDeployment(e *webhook.Event, payload source.Object) {
	i := deployed(e, payload.Object("deployment"))
	environment := cmp.Or(payload.Line("environment"), e.Subject.Title)
	e.Subject.Title, i.name = environment, environment
	i.places = []string{"env", environment, "ref", e.Branch}
	e.Severity = webhook.Debug
	addField(e, "Event", spaced(payload.Line("event")))
	i.wording = deploymentReviewDeeds()["waits"]
	tell(e, i)
}

// deployed points an event at a deployment.
func deployed(e *webhook.Event, thing source.Object) item {
	environment, ref := thing.Line("environment"), thing.Line("ref")
	e.Subject = webhook.Subject{Title: environment}
	e.Branch = ref
	e.Author = thing.Line("creator.login")
	e.URL = e.Container.URL
	e.Thread = thread(e, ":deployment:", thing.Line("id"))
	e.OccurredAt = thing.Time(e.OccurredAt, "updated_at", "created_at")
	addField(e, "Environment", environment)
	addField(e, "Ref", ref)
	addField(e, "Commit", forge.Short(thing.Line("sha")))
	addField(e, "Task", otherThan("deploy", thing.Line("task")))
	return item{name: environment, places: []string{"env", environment, "ref", ref}}
}

// otherThan leaves out what goes without saying.
func otherThan(usual, value string) string {
	if value == usual {
		return ""
	}
	return value
}

func deploymentDeeds() map[string]source.Words {
	return map[string]source.Words{
		"created":     {English: "{who} asked for a deployment of {ref} to {env}", Japanese: "{who} が {ref} の {env} へのデプロイを要求しました", Chinese: "{who} 请求将 {ref} 部署到 {env}"},
		"success":     {English: "{who} deployed {ref} to {env}", Japanese: "{who} が {ref} を {env} にデプロイしました", Chinese: "{who} 已将 {ref} 部署到 {env}"},
		"failure":     {English: "{who}'s deployment of {ref} to {env} failed", Japanese: "{who} による {ref} の {env} へのデプロイが失敗しました", Chinese: "{who} 将 {ref} 部署到 {env} 失败"},
		"error":       {English: "{who}'s deployment of {ref} to {env} ended in an error", Japanese: "{who} による {ref} の {env} へのデプロイがエラーになりました", Chinese: "{who} 将 {ref} 部署到 {env} 出错"},
		"in_progress": {English: "{who} is deploying {ref} to {env}", Japanese: "{who} が {ref} を {env} にデプロイ中です", Chinese: "{who} 正在将 {ref} 部署到 {env}"},
		"queued":      {English: "{who}'s deployment of {ref} to {env} is queued", Japanese: "{who} による {ref} の {env} へのデプロイは順番待ちです", Chinese: "{who} 将 {ref} 部署到 {env} 的任务排队中"},
		"pending":     {English: "{who}'s deployment of {ref} to {env} is pending", Japanese: "{who} による {ref} の {env} へのデプロイは保留中です", Chinese: "{who} 将 {ref} 部署到 {env} 的任务待处理"},
		"waiting":     {English: "{who}'s deployment of {ref} to {env} is waiting", Japanese: "{who} による {ref} の {env} へのデプロイは待機中です", Chinese: "{who} 将 {ref} 部署到 {env} 的任务等待中"},
		"inactive":    {English: "{who}'s deployment of {ref} to {env} is no longer active", Japanese: "{who} による {ref} の {env} へのデプロイは無効になりました", Chinese: "{who} 将 {ref} 部署到 {env} 的部署已失效"},
	}
}

func deploymentReviewDeeds() map[string]source.Words {
	return map[string]source.Words{
		"requested": {English: "{who} asks for a review of the deployment to {env}", Japanese: "{who} が {env} へのデプロイの承認を求めています", Chinese: "{who} 请求审批到 {env} 的部署"},
		"approved":  {English: "{who} approved the deployment to {env}", Japanese: "{who} が {env} へのデプロイを承認しました", Chinese: "{who} 批准了到 {env} 的部署"},
		"rejected":  {English: "{who} rejected the deployment to {env}", Japanese: "{who} が {env} へのデプロイを却下しました", Chinese: "{who} 拒绝了到 {env} 的部署"},
		"waits":     {English: "{who}'s deployment to {env} waits for a protection rule", Japanese: "{who} による {env} へのデプロイは保護ルールを待っています", Chinese: "{who} 到 {env} 的部署正在等待保护规则"},
	}
}
