package github

import (
	"cmp"
	"strings"

	"postern/pkg/source"
	"postern/pkg/source/forge"
	"postern/pkg/webhook"
)

// issueComment tells a comment on an issue or a pull request: GitHub has one
// event for both.
func issueComment(e *webhook.Event, payload source.Object) {
	thing := payload.Object("issue")
	noun := issueNoun()
	if thing.Object("pull_request") != nil {
		noun = pullNoun(thing.Flag("draft"))
	}
	i := about(e, thing, noun)
	written(e, payload.Object("comment"))
	i.wording = wording(e.Action, commentDeeds())
	tell(e, i)
}

func commitComment(e *webhook.Event, payload source.Object) {
	comment := payload.Object("comment")
	id := forge.Short(comment.Line("commit_id"))
	e.Subject = webhook.Subject{Title: id, URL: commitLink(e, comment.Line("commit_id"))}
	e.URL = e.Subject.URL
	e.Thread = thread(e, "@", id)
	written(e, comment)
	addPath(e, comment.Line("path"), comment.Line("line"))
	tell(e, item{
		noun:    source.Words{English: "commit", Japanese: "コミット", Chinese: "提交"},
		name:    id,
		wording: wording(e.Action, commentDeeds()),
	})
}

// commitLink gives a commit's page, where the repository's is known.
func commitLink(e *webhook.Event, id string) string {
	if e.Container.URL == "" || id == "" {
		return ""
	}
	return source.Link(e.Container.URL + "/commit/" + id)
}

func discussion(e *webhook.Event, payload source.Object) {
	thing := payload.Object("discussion")
	i := aboutDiscussion(e, thing)
	switch e.Action {
	case "created":
		e.Severity = webhook.Notice
		e.Body = source.Excerpt(thing.Text("body"))
	case "answered":
		e.Severity = webhook.Notice
		answer := payload.Object("answer")
		e.URL = cmp.Or(answer.Link("html_url"), e.URL)
		e.Body = source.Excerpt(answer.Text("body"))
		addField(e, "Answered by", answer.Line("user.login"))
	case "closed":
		addField(e, "Reason", spaced(thing.Line("state_reason")))
	case "category_changed":
		addField(e, "Before", payload.Line("changes.category.from.name"))
	case "deleted":
		e.Severity = webhook.Warning
	}
	changed(e, payload)
	i.wording = wording(e.Action, discussionDeeds())
	tell(e, i)
}

func discussionComment(e *webhook.Event, payload source.Object) {
	i := aboutDiscussion(e, payload.Object("discussion"))
	written(e, payload.Object("comment"))
	i.wording = wording(e.Action, commentDeeds())
	tell(e, i)
}

func aboutDiscussion(e *webhook.Event, thing source.Object) item {
	i := about(e, thing, source.Words{English: "discussion", Japanese: "ディスカッション", Chinese: "讨论"})
	addField(e, "Category", strings.TrimSpace(emoji(thing.Line("category.emoji"))+" "+thing.Line("category.name")))
	return i
}

// emoji gives a category's picture. GitHub sends the picture's name: those of
// the categories that every repository has are known, others read badly
// outside of GitHub and are left out.
func emoji(name string) string {
	return map[string]string{
		":mega:": "📣", ":loudspeaker:": "📢", ":speech_balloon:": "💬", ":bulb:": "💡",
		":ballot_box:": "🗳️", ":pray:": "🙏", ":raised_hands:": "🙌", ":hash:": "#️⃣",
	}[name]
}

func commentDeeds() map[string]source.Words {
	return map[string]source.Words{
		"created": {English: "{who} commented on {what}", Japanese: "{who} が {what} にコメントしました", Chinese: "{who} 评论了{what}"},
		"edited":  {English: "{who} edited a comment on {what}", Japanese: "{who} が {what} のコメントを編集しました", Chinese: "{who} 编辑了{what}的评论"},
		"deleted": {English: "{who} deleted a comment on {what}", Japanese: "{who} が {what} のコメントを削除しました", Chinese: "{who} 删除了{what}的评论"},
	}
}

func discussionDeeds() map[string]source.Words {
	return map[string]source.Words{
		"created":          {English: "{who} started {what}", Japanese: "{who} が {what} を開始しました", Chinese: "{who} 发起了{what}"},
		"answered":         {English: "{who} marked {what} as answered", Japanese: "{who} が {what} を回答済みにしました", Chinese: "{who} 将{what}标记为已解答"},
		"unanswered":       {English: "{who} marked {what} as unanswered", Japanese: "{who} が {what} を未回答に戻しました", Chinese: "{who} 将{what}标记为未解答"},
		"category_changed": {English: "{who} changed the category of {what}", Japanese: "{who} が {what} のカテゴリを変更しました", Chinese: "{who} 更改了{what}的分类"},
	}
}
