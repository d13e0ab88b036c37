package github

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"postern/pkg/chat"
	"postern/pkg/source"
	"postern/pkg/webhook"
)

// listed is how many commits a full message lists.
const listed = 5

// push is what its message needs beside the event.
type push struct {
	tag     bool
	ref     string // the short name of branch or tag
	deed    string // pushed, forced, created or deleted
	count   int
	latest  string   // the first line of the latest commit's message
	commits []commit // the newest first, listed at most
	compare string
}

type commit struct{ id, line, author, url string }

func pushed(e *webhook.Event, payload source.Object) {
	p := readPush(payload)
	if name := payload.Line("pusher.name"); name != "" && name != e.Actor.Name {
		e.Actor = webhook.Party{Name: name}
	}
	if !p.tag {
		e.Branch = p.ref
	}
	if p.deed == "deleted" || p.deed == "forced" {
		e.Severity = webhook.Warning
	}
	e.Author = author(payload.Object("head_commit"))
	e.OccurredAt = payload.Time(e.OccurredAt, "repository.pushed_at")
	e.Subject = webhook.Subject{Title: p.ref}
	e.Summary = p.latest
	e.URL = cmp.Or(p.compare, payload.Link("head_commit.url"), e.Container.URL)
	e.Thread = thread(e, "@", p.ref)
	e.Paths = touched(payload)
	if p.compare != "" {
		e.Links = []webhook.Link{{Text: "Compare", URL: p.compare}}
	}
	e.Default = true
	e.Title = p.headline(*e, source.English)
	e.Fields = p.fields(*e, source.English)
	e.Detail = p
}

func readPush(payload source.Object) push {
	ref := payload.Line("ref")
	name, tag := strings.CutPrefix(ref, "refs/tags/")
	if !tag {
		name = strings.TrimPrefix(ref, "refs/heads/")
	}
	commits := payload.Objects("commits")
	p := push{
		tag: tag, ref: name, deed: deed(payload),
		count: len(payload.List("commits")), compare: payload.Link("compare"),
	}
	for _, c := range slices.Backward(commits) {
		if len(p.commits) == listed {
			break
		}
		p.commits = append(p.commits, commit{
			id:     short(c.Line("id")),
			line:   source.Clip(source.FirstLine(c.Text("message")), source.MaxLine),
			author: author(c),
			url:    c.Link("url"),
		})
	}
	if p.count > 0 {
		p.latest = latest(payload, commits)
	}
	return p
}

// author is who wrote a commit: by login, as everywhere on GitHub, else by the
// name, which is a setting of the author's own.
func author(commit source.Object) string {
	return cmp.Or(commit.Line("author.username"), commit.Line("author.name"))
}

// latest gives the first line of head_commit, else of the last commit:
// senders list the oldest first.
func latest(payload source.Object, commits []source.Object) string {
	line := source.FirstLine(payload.Text("head_commit.message"))
	if line == "" && len(commits) > 0 {
		line = source.FirstLine(commits[len(commits)-1].Text("message"))
	}
	return source.Clip(line, source.MaxExcerpt)
}

// short gives a commit's id as people write it.
func short(id string) string {
	runes := []rune(id)
	return string(runes[:min(len(runes), 7)])
}

func deed(payload source.Object) string {
	for _, flag := range []string{"deleted", "created", "forced"} {
		if payload.Flag(flag) {
			return flag
		}
	}
	return "pushed"
}

// touched gives the files that the commits name, each once.
func touched(payload source.Object) []string {
	seen := map[string]bool{}
	var paths []string
	for _, c := range payload.Objects("commits") {
		for _, list := range []string{"added", "modified", "removed"} {
			for _, v := range c.List(list) {
				path := source.OneLine(source.Scalar(v))
				if path != "" && !seen[path] {
					seen[path] = true
					paths = append(paths, path)
				}
			}
		}
	}
	return paths
}

// message of a push: a normal one is these lines and nothing else, because
// operators know it by them. A full one also says where, and what is unusual.
func (p push) message(e webhook.Event, l source.Locale, v source.Verbosity) chat.Message {
	m := chat.Message{Severity: e.Severity, Thread: e.Thread}
	if !v.AtLeast(source.Normal) {
		m.Title, m.URL = p.headline(e, l), e.URL
		return m
	}
	m.Title = source.Words{
		English: "📦 Push", Japanese: "📦 コードプッシュイベント", Chinese: "📦 代码推送",
	}.In(l)
	m.Fields = p.fields(e, l)
	if v.AtLeast(source.Full) {
		m.URL, m.Links = e.URL, e.Links
		m.Body = p.list(l)
		if done := p.done(l); !slices.Contains(m.Fields, done) {
			m.Fields = append(m.Fields, done)
		}
	}
	return localized(m, l)
}

func (p push) headline(e webhook.Event, l source.Locale) string {
	unknown := source.Unknown().In(l)
	what := source.Fill(p.wording().In(l),
		"who", cmp.Or(e.Actor.Name, unknown),
		"ref", cmp.Or(p.ref, unknown),
		"kind", p.kind().In(l),
		"commits", p.commitCount(l))
	return source.Title(cmp.Or(e.Container.Name, unknown), what, "")
}

func (p push) wording() source.Words {
	switch p.deed {
	case "deleted":
		return source.Words{
			English: "{who} deleted {kind} {ref}", Japanese: "{who} が{kind} {ref} を削除しました",
			Chinese: "{who} 删除了{kind} {ref}",
		}
	case "created":
		w := source.Words{
			English: "{who} created {kind} {ref}", Japanese: "{who} が{kind} {ref} を作成しました", Chinese: "{who} 创建了{kind} {ref}",
		}
		if p.count > 0 {
			w.English += " with {commits}"
			w.Japanese += " ({commits})"
			w.Chinese += "（{commits}）"
		}
		return w
	case "forced":
		return source.Words{
			English: "{who} force-pushed {commits} to {ref}", Japanese: "{who} が {ref} に {commits}を強制プッシュしました",
			Chinese: "{who} 向 {ref} 强制推送了 {commits}",
		}
	default:
		return source.Words{
			English: "{who} pushed {commits} to {ref}", Japanese: "{who} が {ref} に {commits}をプッシュしました",
			Chinese: "{who} 向 {ref} 推送了 {commits}",
		}
	}
}

func (p push) kind() source.Words {
	if p.tag {
		return source.Words{English: "tag", Japanese: "タグ", Chinese: "标签"}
	}
	return source.Words{English: "branch", Japanese: "ブランチ", Chinese: "分支"}
}

func (p push) commitCount(l source.Locale) string {
	w := source.Words{English: "{n} commits", Japanese: "{n} 件のコミット", Chinese: "{n} 个提交"}
	if p.count == 1 {
		w.English = "{n} commit"
	}
	return source.Fill(w.In(l), "n", strconv.Itoa(p.count))
}

func (p push) fields(e webhook.Event, l source.Locale) []webhook.Field {
	unknownRepository := source.Words{English: "unknown", Japanese: "不明なリポジトリ", Chinese: "未知仓库"}
	unknownPusher := source.Words{English: "unknown", Japanese: "不明なプッシャー", Chinese: "未知推送者"}
	noMessage := source.Words{English: "unknown", Japanese: "コミットメッセージなし", Chinese: "无提交信息"}
	fields := []webhook.Field{
		{Name: "Repository", Value: cmp.Or(e.Container.Name, unknownRepository.In(l))},
		{Name: "Pusher", Value: cmp.Or(e.Actor.Name, unknownPusher.In(l))},
		{Name: "Commits", Value: strconv.Itoa(p.count)},
	}
	switch {
	case p.count > 0:
		fields = append(fields, webhook.Field{Name: "Latest commit", Value: cmp.Or(p.latest, noMessage.In(l))})
	case p.deed != "pushed":
		// without a commit the lines above do not say what was done
		fields = append(fields, p.done(l))
	}
	return fields
}

func (p push) done(l source.Locale) webhook.Field {
	name := "Branch"
	if p.tag {
		name = "Tag"
	}
	value := cmp.Or(p.ref, source.Unknown().In(l))
	how, told := map[string]source.Words{
		"created": {English: "created", Japanese: "作成", Chinese: "新建"},
		"deleted": {English: "deleted", Japanese: "削除", Chinese: "删除"},
		"forced":  {English: "forced", Japanese: "強制プッシュ", Chinese: "强制推送"},
	}[p.deed]
	if told {
		value += " (" + how.In(l) + ")"
	}
	return webhook.Field{Name: name, Value: value}
}

func (p push) list(l source.Locale) chat.Text {
	var text chat.Text
	for i, c := range p.commits {
		if i > 0 {
			text = append(text, chat.Span{Text: "\n"})
		}
		if c.id != "" {
			text = append(text, chat.Span{Text: c.id, Code: true, URL: c.url}, chat.Span{Text: " "})
		}
		line := cmp.Or(c.line, source.Unknown().In(l))
		if c.author != "" {
			line += " (" + c.author + ")"
		}
		text = append(text, chat.Span{Text: line})
	}
	if rest := p.count - len(p.commits); rest > 0 && len(text) > 0 {
		more := source.Fill(source.More().In(l), "n", strconv.Itoa(rest))
		text = append(text, chat.Span{Text: "\n" + more})
	}
	return text
}
