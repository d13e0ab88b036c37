package gitlab

import (
	"cmp"
	"net/url"
	"strings"

	"postern/pkg/source"
	"postern/pkg/source/forge"
	"postern/pkg/webhook"
)

// milestone tells what became of one; the payload does not name who did it.
func milestone(e *webhook.Event, payload source.Object) {
	thing := payload.Object("object_attributes")
	e.Subject.Title = thing.Line("title")
	e.URL = cmp.Or(thing.Link("url"), e.Container.URL)
	e.Thread = forge.Thread(e, ":milestone:", thing.Line("id"))
	e.OccurredAt = when(e.OccurredAt, thing, "updated_at", "created_at")
	if e.Action == "create" {
		e.Body = source.Excerpt(thing.Text("description"))
	}
	forge.AddField(e, "Due", thing.Line("due_date"))
	forge.Line{Places: named(e), Wording: map[string]source.Words{
		"create": {English: "milestone {name} was created", Japanese: "マイルストーン {name} が作成されました", Chinese: "里程碑 {name} 已创建"},
		"close":  {English: "milestone {name} was closed", Japanese: "マイルストーン {name} がクローズされました", Chinese: "里程碑 {name} 已关闭"},
		"reopen": {English: "milestone {name} was reopened", Japanese: "マイルストーン {name} が再オープンされました", Chinese: "里程碑 {name} 已重新打开"},
	}[e.Action]}.Tell(e)
}

// emoji tells a reaction to a thing, or to what was said about one.
func emoji(e *webhook.Event, payload source.Object) {
	given := payload.Object("object_attributes")
	if given.Line("name") == "" {
		other(e, payload) // a body of the operator's own
		return
	}
	what := reactedTo(e, payload)
	if payload.Object("note") != nil {
		what = commentOn(what)
	}
	e.URL = cmp.Or(given.Link("awarded_on_url"), e.URL, e.Container.URL)
	e.OccurredAt = when(e.OccurredAt, given, "updated_at", "created_at")
	e.Severity = webhook.Debug
	wording := source.Words{
		English: "{who} reacted with {emoji} to {what}", Japanese: "{who} が {what} に {emoji} でリアクションしました", Chinese: "{who} 用 {emoji} 回应了{what}",
	}
	if e.Action == "revoke" {
		wording = source.Words{
			English: "{who} took back {emoji} from {what}", Japanese: "{who} が {what} から {emoji} を取り消しました", Chinese: "{who} 从{what} 撤回了 {emoji}",
		}
	}
	forge.Line{Wording: wording, Places: []forge.Place{
		{Name: "what", Value: what}, {Name: "emoji", Value: forge.Same(":" + given.Line("name") + ":")},
	}}.Tell(e)
}

// reactedTo names the thing of a reaction and points the event at it.
func reactedTo(e *webhook.Event, payload source.Object) source.Words {
	switch {
	case payload.Object("merge_request") != nil:
		return before(forge.MergeRequest(false), about(e, payload.Object("merge_request"), "!"))
	case payload.Object("issue") != nil:
		return before(forge.Issue(), about(e, payload.Object("issue"), "#"))
	case payload.Object("commit") != nil:
		e.Subject.Title = payload.Line("commit.title")
		return before(forge.CommitNoun(), forge.Short(payload.Line("commit.id")))
	default:
		e.Subject.Title = cmp.Or(payload.Line("snippet.title"), payload.Line("project_snippet.title"))
		return snippet()
	}
}

func snippet() source.Words {
	return source.Words{English: "snippet", Japanese: "スニペット", Chinese: "代码片段"}
}

// before puts a noun before a name.
func before(noun source.Words, name string) source.Words {
	join := func(noun string) string { return strings.TrimSpace(noun + " " + name) }
	return source.Words{English: join(noun.English), Japanese: join(noun.Japanese), Chinese: join(noun.Chinese)}
}

func commentOn(what source.Words) source.Words {
	return source.Words{
		English: "a comment on " + what.English, Japanese: what.Japanese + " のコメント", Chinese: what.Chinese + " 的评论",
	}
}

func featureFlag(e *webhook.Event, payload source.Object) {
	flag := payload.Object("object_attributes")
	if _, told := flag.At("active").(bool); !told {
		other(e, payload) // a body of the operator's own
		return
	}
	e.Subject.Title = flag.Line("name")
	e.URL = e.Container.URL
	e.Thread = forge.Thread(e, ":feature_flag:", flag.Line("id"))
	e.Summary = flag.Line("description")
	e.Severity = webhook.Notice
	wording := source.Words{
		English: "{who} switched off feature flag {name}", Japanese: "{who} が機能フラグ {name} をオフにしました", Chinese: "{who} 关闭了功能标志 {name}",
	}
	if flag.Flag("active") {
		wording = source.Words{
			English: "{who} switched on feature flag {name}", Japanese: "{who} が機能フラグ {name} をオンにしました", Chinese: "{who} 开启了功能标志 {name}",
		}
	}
	forge.Line{Wording: wording, Places: named(e)}.Tell(e)
}

// vulnerability tells how one stands. Its payload may lack the project, which
// then is read off the vulnerability's own address.
func vulnerability(e *webhook.Event, payload source.Object) {
	thing := payload.Object("object_attributes")
	if thing.Line("title") == "" {
		other(e, payload) // a body of the operator's own
		return
	}
	e.Subject = webhook.Subject{Title: thing.Line("title"), URL: thing.Link("url")}
	e.URL = cmp.Or(e.Subject.URL, e.Container.URL)
	e.Container.Name = cmp.Or(e.Container.Name, projectOf(e.Subject.URL))
	e.Thread = forge.Thread(e, ":vulnerability:", thing.Line("id"))
	e.OccurredAt = when(e.OccurredAt, thing, "updated_at", "created_at")
	state := thing.Line("state")
	forge.AddField(e, "Severity", thing.Line("severity"))
	forge.AddField(e, "Status", state)
	forge.AddField(e, "File", thing.Line("location.file"))
	e.Severity = risk(state, thing.Line("severity"))
	wording, told := map[string]source.Words{
		"confirmed": {English: "a vulnerability was confirmed", Japanese: "脆弱性が確認されました", Chinese: "漏洞已确认"},
		"dismissed": {English: "a vulnerability was dismissed", Japanese: "脆弱性が棄却されました", Chinese: "漏洞已忽略"},
		"resolved":  {English: "a vulnerability was resolved", Japanese: "脆弱性が解決されました", Chinese: "漏洞已解决"},
	}[state]
	if !told {
		wording = source.Words{English: "a vulnerability was found", Japanese: "脆弱性が見つかりました", Chinese: "发现漏洞"}
	}
	forge.Line{Wording: wording}.Tell(e)
}

func risk(state, severity string) webhook.Severity {
	switch {
	case state == "resolved" || state == "dismissed":
		return webhook.Notice
	case severity == "critical":
		return webhook.Critical
	case severity == "high":
		return webhook.Error
	default:
		return webhook.Warning
	}
}

// projectOf reads "acme/widgets" off an address below it.
func projectOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	path, _, found := strings.Cut(strings.TrimPrefix(u.Path, "/"), "/-/")
	if !found {
		return ""
	}
	return source.Line(path)
}

// accessToken tells that a token ends soon.
func accessToken(e *webhook.Event, payload source.Object) {
	thing := payload.Object("object_attributes")
	e.Subject.Title = thing.Line("name")
	e.URL = e.Container.URL
	e.OccurredAt = when(e.OccurredAt, thing, "created_at")
	e.Severity = webhook.Warning
	forge.AddField(e, "Expires", thing.Line("expires_at"))
	forge.Line{Places: named(e), Wording: source.Words{
		English: "access token {name} expires soon", Japanese: "アクセストークン {name} の期限がまもなく切れます", Chinese: "访问令牌 {name} 即将到期",
	}}.Tell(e)
}
