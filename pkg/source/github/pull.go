package github

import (
	"cmp"
	"slices"
	"strings"

	"postern/pkg/source"
	"postern/pkg/source/forge"
	"postern/pkg/webhook"
)

func pullNoun(draft bool) source.Words {
	if draft {
		return source.Words{English: "draft pull request", Japanese: "ドラフトのプルリクエスト", Chinese: "草稿拉取请求"}
	}
	return source.Words{English: "pull request", Japanese: "プルリクエスト", Chinese: "拉取请求"}
}

func pullRequest(e *webhook.Event, payload source.Object) {
	thing := payload.Object("pull_request")
	i := about(e, thing, pullNoun(thing.Flag("draft") && e.Action != "converted_to_draft"))
	e.Branch = thing.Line("base.ref")
	e.Default = slices.Contains([]string{"opened", "reopened", "ready_for_review", "closed"}, e.Action)
	deed := e.Action
	if deed == "closed" && thing.Flag("merged") {
		deed = "merged"
	}
	if e.Default {
		addAuthor(e)
		addField(e, "Branch", into(thing.Line("head.ref"), e.Branch))
		addField(e, "Changes", size(thing))
	}
	pullFacts(e, thing, payload, deed)
	changed(e, payload)
	if e.Subject.URL != "" {
		addLink(e, "Files changed", source.Link(e.Subject.URL+"/files"))
	}
	i.wording = wording(deed, pullDeeds())
	tell(e, i)
}

// pullFacts adds what belongs to one deed alone.
func pullFacts(e *webhook.Event, thing, payload source.Object, deed string) {
	switch deed {
	case "opened":
		e.Severity = webhook.Notice
		e.Body = source.Excerpt(thing.Text("body"))
		addField(e, "Files changed", thing.Line("changed_files"))
		addField(e, "Labels", names(e.Labels))
		addField(e, "Reviewers", reviewers(thing))
	case "ready_for_review":
		addField(e, "Reviewers", reviewers(thing))
	case "merged":
		e.Severity = webhook.Notice
		addField(e, "Commit", forge.Short(thing.Line("merge_commit_sha")))
	case "synchronize":
		e.Severity = webhook.Debug // a push tells it
		addField(e, "Commit", forge.Short(payload.Line("after")))
	case "dequeued", "auto_merge_disabled":
		addField(e, "Reason", spaced(strings.ToLower(payload.Line("reason"))))
	}
}

func reviewers(thing source.Object) string {
	return names(slices.Concat(thing.Lines("requested_reviewers", "login"), thing.Lines("requested_teams", "name")))
}

func into(head, base string) string {
	if head == "" || base == "" {
		return cmp.Or(head, base)
	}
	return head + " → " + base
}

func size(pull source.Object) string {
	added, removed := pull.Line("additions"), pull.Line("deletions")
	if added == "" || removed == "" {
		return ""
	}
	return "+" + added + " −" + removed
}

func pullDeeds() map[string]source.Words {
	return map[string]source.Words{
		"merged":                 {English: "{who} merged {what}", Japanese: "{who} が {what} をマージしました", Chinese: "{who} 合并了{what}"},
		"ready_for_review":       {English: "{who} marked {what} ready for review", Japanese: "{who} が {what} をレビュー可能にしました", Chinese: "{who} 将{what}标记为可评审"},
		"converted_to_draft":     {English: "{who} converted {what} to a draft", Japanese: "{who} が {what} をドラフトに戻しました", Chinese: "{who} 将{what}转为草稿"},
		"synchronize":            {English: "{who} updated {what}", Japanese: "{who} が {what} を更新しました", Chinese: "{who} 更新了{what}"},
		"review_requested":       {English: "{who} requested a review of {what}", Japanese: "{who} が {what} のレビューを依頼しました", Chinese: "{who} 请求评审{what}"},
		"review_request_removed": {English: "{who} withdrew a review request for {what}", Japanese: "{who} が {what} のレビュー依頼を取り消しました", Chinese: "{who} 撤回了对{what}的评审请求"},
		"auto_merge_enabled":     {English: "{who} enabled auto-merge of {what}", Japanese: "{who} が {what} の自動マージを有効にしました", Chinese: "{who} 启用了{what}的自动合并"},
		"auto_merge_disabled":    {English: "{who} disabled auto-merge of {what}", Japanese: "{who} が {what} の自動マージを無効にしました", Chinese: "{who} 停用了{what}的自动合并"},
		"enqueued":               {English: "{who} added {what} to the merge queue", Japanese: "{who} が {what} をマージキューに追加しました", Chinese: "{who} 将{what}加入了合并队列"},
		"dequeued":               {English: "{who} removed {what} from the merge queue", Japanese: "{who} が {what} をマージキューから外しました", Chinese: "{who} 将{what}移出了合并队列"},
	}
}

func mergeGroup(e *webhook.Event, payload source.Object) {
	group := payload.Object("merge_group")
	e.Severity = webhook.Debug
	e.Branch = strings.TrimPrefix(group.Line("base_ref"), "refs/heads/")
	e.Subject = webhook.Subject{Title: e.Branch}
	e.Summary = source.Clip(source.FirstLine(group.Text("head_commit.message")), source.MaxLine)
	e.URL = e.Container.URL
	e.Thread = thread(e, "@", forge.Short(group.Line("head_sha")))
	e.OccurredAt = group.Time(e.OccurredAt, "head_commit.timestamp")
	addField(e, "Branch", strings.TrimPrefix(group.Line("head_ref"), "refs/heads/"))
	addField(e, "Commit", forge.Short(group.Line("head_sha")))
	addField(e, "Reason", spaced(payload.Line("reason")))
	noun := source.Words{English: "merge group", Japanese: "マージグループ", Chinese: "合并组"}
	if e.Branch != "" {
		noun.English += " for"
	}
	tell(e, item{
		noun: noun, name: e.Branch,
		wording: wording(e.Action, mergeGroupDeeds()),
	})
}

func mergeGroupDeeds() map[string]source.Words {
	return map[string]source.Words{
		"checks_requested": {English: "{who} requested checks of the {what}", Japanese: "{who} が {what} のチェックを要求しました", Chinese: "{who} 请求检查{what}"},
		"destroyed":        {English: "{who} dissolved the {what}", Japanese: "{who} が {what} を解消しました", Chinese: "{who} 解散了{what}"},
	}
}
