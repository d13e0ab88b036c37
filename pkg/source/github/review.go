package github

import (
	"cmp"
	"strings"

	"postern/pkg/source"
	"postern/pkg/source/forge"
	"postern/pkg/webhook"
)

// quotedLines is how many lines of a diff a review comment is shown with.
const quotedLines = 3

// review tells a review as a whole. GitHub sends each of its inline notes as
// an event of its own too, see reviewComment.
func review(e *webhook.Event, payload source.Object) {
	i := aboutPull(e, payload)
	r := payload.Object("review")
	written(e, r)
	state := strings.ToLower(r.Line("state"))
	deed := e.Action
	if deed == "submitted" {
		deed = state
		switch {
		case state == "approved":
			e.Severity = webhook.Notice
		case state == "changes_requested":
			e.Severity = webhook.Warning
		case state == "commented" && e.Body == "":
			e.Severity = webhook.Debug // its inline notes say it all
		}
	}
	addField(e, "Commit", forge.Short(r.Line("commit_id")))
	i.wording = wording(deed, reviewDeeds())
	tell(e, i)
}

func reviewComment(e *webhook.Event, payload source.Object) {
	i := aboutPull(e, payload)
	comment := payload.Object("comment")
	written(e, comment)
	e.Severity = webhook.Debug
	addPath(e, comment.Line("path"), cmp.Or(comment.Line("line"), comment.Line("original_line")))
	i.code = lastLines(comment.Text("diff_hunk"))
	i.wording = wording(e.Action, commentDeeds())
	tell(e, i)
}

func reviewThread(e *webhook.Event, payload source.Object) {
	i := aboutPull(e, payload)
	e.Severity = webhook.Debug
	if comments := payload.Objects("thread.comments"); len(comments) > 0 {
		first := comments[0]
		e.URL = cmp.Or(first.Link("html_url"), e.URL)
		addPath(e, first.Line("path"), cmp.Or(first.Line("line"), first.Line("original_line")))
	}
	i.wording = wording(e.Action, reviewDeeds())
	tell(e, i)
}

func aboutPull(e *webhook.Event, payload source.Object) item {
	pull := payload.Object("pull_request")
	i := about(e, pull, pullNoun(pull.Flag("draft")))
	e.Branch = pull.Line("base.ref")
	return i
}

// lastLines gives the end of a diff, which is what a comment stands under.
func lastLines(diff string) string {
	end := strings.TrimRight(diff, "\r\n")
	if len(end) > source.MaxExcerpt {
		end = end[len(end)-source.MaxExcerpt:]
	}
	lines := strings.Split(end, "\n")
	lines = lines[max(0, len(lines)-quotedLines):]
	var kept []string
	for _, line := range lines {
		if l := source.Clip(source.FirstLine(line), source.MaxLine); l != "" {
			kept = append(kept, l)
		}
	}
	return strings.Join(kept, "\n")
}

func reviewDeeds() map[string]source.Words {
	return map[string]source.Words{
		"approved":          {English: "{who} approved {what}", Japanese: "{who} が {what} を承認しました", Chinese: "{who} 批准了{what}"},
		"changes_requested": {English: "{who} requested changes to {what}", Japanese: "{who} が {what} に変更を要求しました", Chinese: "{who} 请求修改{what}"},
		"commented":         {English: "{who} reviewed {what}", Japanese: "{who} が {what} をレビューしました", Chinese: "{who} 评审了{what}"},
		"dismissed":         {English: "{who} dismissed a review of {what}", Japanese: "{who} が {what} のレビューを却下しました", Chinese: "{who} 驳回了对{what}的评审"},
		"edited":            {English: "{who} edited a review of {what}", Japanese: "{who} が {what} のレビューを編集しました", Chinese: "{who} 编辑了对{what}的评审"},
		"resolved":          {English: "{who} resolved a review thread on {what}", Japanese: "{who} が {what} のレビュースレッドを解決済みにしました", Chinese: "{who} 解决了{what}的一个评审讨论"},
		"unresolved":        {English: "{who} reopened a review thread on {what}", Japanese: "{who} が {what} のレビュースレッドを未解決に戻しました", Chinese: "{who} 重新打开了{what}的一个评审讨论"},
	}
}
