package github

import (
	"cmp"
	"strings"
	"time"

	"postern/pkg/source"
	"postern/pkg/source/forge"
	"postern/pkg/webhook"
)

// workflowRun is the one voice of a build by default: jobs, checks and
// statuses tell of the same build many times over.
func workflowRun(e *webhook.Event, payload source.Object) {
	run := payload.Object("workflow_run")
	who := run.Object("triggering_actor")
	if who.Line("login") == "" {
		who = run.Object("actor")
	}
	if name := who.Line("login"); name != "" {
		e.Actor = webhook.Party{Name: name, URL: who.Link("html_url")}
	}
	name, number := cmp.Or(run.Line("name"), payload.Line("workflow.name")), run.Line("run_number")
	built(e, run, run.Line("id"))
	e.Subject = webhook.Subject{Title: name, Number: number, URL: e.URL}
	e.Author = run.Line("head_commit.author.name")
	e.Summary = cmp.Or(run.Line("display_title"), firstLine(run, "head_commit.message"))
	e.OccurredAt = run.Time(e.OccurredAt, "updated_at")
	if number != "" {
		name += " #" + number
	}
	i := outcome(e, run.Line("conclusion"), run.Line("status"))
	i.noun = source.Words{English: "workflow", Japanese: "ワークフロー", Chinese: "工作流"}
	i.name, i.title = on(name, e.Branch), e.Summary
	e.Default = e.Action == "completed" && e.Severity == webhook.Error
	addField(e, "Branch", e.Branch)
	addField(e, "Event", spaced(run.Line("event")))
	addField(e, "Commit", forge.Short(run.Line("head_sha")))
	if attempt := run.Line("run_attempt"); attempt != "1" {
		addField(e, "Attempt", attempt)
	}
	addField(e, "Result", spaced(run.Line("conclusion")))
	if e.Action == "completed" {
		addField(e, "Duration", duration(run, "run_started_at", "updated_at"))
	}
	tell(e, i)
}

func workflowJob(e *webhook.Event, payload source.Object) {
	job := payload.Object("workflow_job")
	built(e, job, job.Line("run_id"))
	name := job.Line("name")
	e.Subject = webhook.Subject{Title: name, URL: e.URL}
	e.OccurredAt = job.Time(e.OccurredAt, "completed_at", "started_at", "created_at")
	i := outcome(e, job.Line("conclusion"), job.Line("status"))
	i.noun = source.Words{English: "job", Japanese: "ジョブ", Chinese: "作业"}
	i.name = on(name, e.Branch)
	addField(e, "Workflow", job.Line("workflow_name"))
	addField(e, "Branch", e.Branch)
	addField(e, "Result", spaced(job.Line("conclusion")))
	for _, step := range job.Objects("steps") {
		if step.Line("conclusion") == "failure" {
			addField(e, "Failed step", step.Line("name"))
			break
		}
	}
	addField(e, "Runner", job.Line("runner_name"))
	if e.Action == "completed" {
		addField(e, "Duration", duration(job, "started_at", "completed_at"))
	}
	tell(e, i)
}

// built fills in what a workflow's run and its jobs have in common.
func built(e *webhook.Event, thing source.Object, run string) {
	e.URL = cmp.Or(thing.Link("html_url"), e.Container.URL)
	e.Branch = thing.Line("head_branch")
	if run != "" {
		e.Thread = "github:run:" + run
	}
}

// outcome gives an event the severity of a result and its item the words. One
// without a result has only begun; of a result that is new to us the action
// tells what is certain, else how the thing stands.
func outcome(e *webhook.Event, result, stands string) item {
	switch result {
	case "success":
		e.Severity = webhook.Notice
	case "failure", "error", "timed_out", "startup_failure":
		e.Severity = webhook.Error
	case "cancelled", "action_required":
		e.Severity = webhook.Warning
	case "", "neutral", "skipped", "stale", "pending":
		e.Severity = webhook.Debug
	}
	told := results()
	return item{wording: cmp.Or(told[result], told[e.Action], told[stands])}
}

// on names the branch behind a build's name.
func on(name, branch string) string {
	if branch == "" {
		return name
	}
	return strings.TrimSpace(name + " (" + branch + ")")
}

func firstLine(o source.Object, path string) string {
	return source.Clip(source.FirstLine(o.Text(path)), source.MaxLine)
}

func duration(o source.Object, from, to string) string {
	begin, end := o.Time(time.Time{}, from), o.Time(time.Time{}, to)
	if begin.IsZero() || !end.After(begin) {
		return ""
	}
	return end.Sub(begin).Truncate(time.Second).String()
}

// spaced gives GitHub's names for states and reasons as words.
func spaced(name string) string { return strings.ReplaceAll(name, "_", " ") }

func results() map[string]source.Words {
	return map[string]source.Words{
		"success":          {English: "{who}'s {what} succeeded", Japanese: "{who} の{what} が成功しました", Chinese: "{who} 的{what} 成功"},
		"failure":          {English: "{who}'s {what} failed", Japanese: "{who} の{what} が失敗しました", Chinese: "{who} 的{what} 失败"},
		"error":            {English: "{who}'s {what} ended in an error", Japanese: "{who} の{what} がエラーになりました", Chinese: "{who} 的{what} 出错"},
		"timed_out":        {English: "{who}'s {what} timed out", Japanese: "{who} の{what} がタイムアウトしました", Chinese: "{who} 的{what} 超时"},
		"startup_failure":  {English: "{who}'s {what} could not start", Japanese: "{who} の{what} を開始できませんでした", Chinese: "{who} 的{what} 无法启动"},
		"cancelled":        {English: "{who}'s {what} was cancelled", Japanese: "{who} の{what} がキャンセルされました", Chinese: "{who} 的{what} 已取消"},
		"action_required":  {English: "{who}'s {what} needs someone to act", Japanese: "{who} の{what} は対応が必要です", Chinese: "{who} 的{what} 需要处理"},
		"neutral":          {English: "{who}'s {what} ended without a verdict", Japanese: "{who} の{what} が判定なしで終了しました", Chinese: "{who} 的{what} 结束，无结论"},
		"skipped":          {English: "{who}'s {what} was skipped", Japanese: "{who} の{what} がスキップされました", Chinese: "{who} 的{what} 已跳过"},
		"stale":            {English: "{who}'s {what} became stale", Japanese: "{who} の{what} が期限切れになりました", Chinese: "{who} 的{what} 已过期"},
		"pending":          {English: "{who}'s {what} is pending", Japanese: "{who} の{what} は保留中です", Chinese: "{who} 的{what} 等待中"},
		"requested":        {English: "{who}'s {what} was requested", Japanese: "{who} の{what} が要求されました", Chinese: "{who} 的{what} 已请求"},
		"rerequested":      {English: "{who}'s {what} was requested again", Japanese: "{who} の{what} が再要求されました", Chinese: "{who} 的{what} 已再次请求"},
		"requested_action": {English: "{who}'s {what} was asked to act", Japanese: "{who} の{what} にアクションが要求されました", Chinese: "{who} 的{what} 被请求执行操作"},
		"created":          {English: "{who}'s {what} began", Japanese: "{who} の{what} が始まりました", Chinese: "{who} 的{what} 已开始"},
		"queued":           {English: "{who}'s {what} is queued", Japanese: "{who} の{what} は待機中です", Chinese: "{who} 的{what} 排队中"},
		"waiting":          {English: "{who}'s {what} is waiting", Japanese: "{who} の{what} は待機中です", Chinese: "{who} 的{what} 等待中"},
		"in_progress":      {English: "{who}'s {what} is running", Japanese: "{who} の{what} を実行中です", Chinese: "{who} 的{what} 运行中"},
		"completed":        {English: "{who}'s {what} ended", Japanese: "{who} の{what} が終了しました", Chinese: "{who} 的{what} 已结束"},
	}
}
