package forge

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"postern/pkg/chat"
	"postern/pkg/source"
	"postern/pkg/webhook"
)

// Deed is what was done to a branch or tag.
type Deed string

// The deeds.
const (
	Pushed  Deed = "pushed"
	Forced  Deed = "forced"
	Created Deed = "created"
	Deleted Deed = "deleted"
)

// Push is one branch or tag that moved.
type Push struct {
	Tag     bool
	Ref     string // the short name
	Deed    Deed   // empty: Pushed
	Count   int
	More    bool     // the sender counted no further than Count
	Unknown bool     // the sender does not say how many commits there were
	Latest  string   // the first line of the latest commit's message
	Commits []Commit // the newest first, Listed at most
	Compare string   // where the difference can be seen
}

// Commit is one commit of a push, as a full message lists it.
type Commit struct{ ID, Line, Author, URL string }

// ReadCommit makes a Commit of what a sender says: a whole id and message.
func ReadCommit(id, message, author, address string) Commit {
	return Commit{ID: Short(id), Line: source.Clip(source.FirstLine(message), source.MaxLine), Author: author, URL: address}
}

// Short gives a commit's id as people write it.
func Short(id string) string {
	runes := []rune(id)
	return string(runes[:min(len(runes), 7)])
}

// Ref takes a full ref name apart: refs/tags/v1 is the tag v1.
func Ref(full string) (name string, tag bool) {
	if name, tag = strings.CutPrefix(full, "refs/tags/"); tag {
		return name, true
	}
	return strings.TrimPrefix(full, "refs/heads/"), false
}

// Moved tells the deed from a ref's old and new commit, of which forty zeros
// stand for none.
func Moved(before, after string) Deed {
	switch {
	case Nothing(after):
		return Deleted
	case Nothing(before):
		return Created
	default:
		return Pushed
	}
}

// Nothing reports whether a commit id is the one of zeros, which stands for
// no commit.
func Nothing(id string) bool { return id != "" && strings.Trim(id, "0") == "" }

// Touched gives the files that commits name as added, modified or removed, each
// once.
func Touched(commits []source.Object) []string {
	seen := map[string]bool{}
	var paths []string
	for _, c := range commits {
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

// Tell fills a push into an event that has actor and container already.
func (p Push) Tell(e *webhook.Event) {
	p.Deed = cmp.Or(p.Deed, Pushed)
	if len(p.Commits) > Listed {
		p.Commits = p.Commits[:Listed]
	}
	if !p.Tag {
		e.Branch = p.Ref
	}
	e.Severity = webhook.Info
	if p.Deed == Deleted || p.Deed == Forced {
		e.Severity = webhook.Warning
	}
	e.Default = true
	e.Subject = webhook.Subject{Title: p.Ref}
	e.Summary = p.Latest
	e.URL = cmp.Or(p.Compare, e.URL, e.Container.URL)
	e.Thread = Thread(e, "@", p.Ref)
	AddLink(e, "Compare", p.Compare)
	e.Title = p.headline(*e, source.English)
	e.Fields = p.fields(*e, source.English)
	e.Detail = p
}

// message of a push: a normal one is these lines and nothing else, as it is
// for every code host. A full one also says where, and what is unusual.
func (p Push) message(e webhook.Event, l source.Locale, v source.Verbosity) chat.Message {
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
		m.Body = p.body(e, l)
		if done := p.done(l); !slices.Contains(m.Fields, done) {
			m.Fields = append(m.Fields, done)
		}
	}
	return localized(m, l)
}

// body is what an annotated tag says, and the commits.
func (p Push) body(e webhook.Event, l source.Locale) chat.Text {
	said, list := chat.Plain(e.Body), p.list(l)
	if len(said) > 0 && len(list) > 0 {
		said = append(said, chat.Span{Text: "\n"})
	}
	return append(said, list...)
}

func (p Push) headline(e webhook.Event, l source.Locale) string {
	unknown := source.Unknown().In(l)
	what := source.Fill(p.wording().In(l),
		"who", cmp.Or(e.Actor.Name, unknown),
		"ref", cmp.Or(p.Ref, unknown),
		"kind", p.kind().In(l),
		"commits", p.commitCount(l))
	return source.Title(cmp.Or(e.Container.Name, unknown), what, "")
}

func (p Push) wording() source.Words {
	if p.Count > 0 {
		if w, told := counted()[p.Deed]; told {
			return w
		}
	}
	return uncounted()[p.Deed]
}

func counted() map[Deed]source.Words {
	return map[Deed]source.Words{
		Created: {
			English: "{who} created {kind} {ref} with {commits}", Japanese: "{who} が{kind} {ref} を作成しました ({commits})",
			Chinese: "{who} 创建了{kind} {ref}（{commits}）",
		},
		Forced: {
			English: "{who} force-pushed {commits} to {ref}", Japanese: "{who} が {ref} に {commits}を強制プッシュしました",
			Chinese: "{who} 向 {ref} 强制推送了 {commits}",
		},
		Pushed: {
			English: "{who} pushed {commits} to {ref}", Japanese: "{who} が {ref} に {commits}をプッシュしました",
			Chinese: "{who} 向 {ref} 推送了 {commits}",
		},
	}
}

func uncounted() map[Deed]source.Words {
	return map[Deed]source.Words{
		Deleted: {English: "{who} deleted {kind} {ref}", Japanese: "{who} が{kind} {ref} を削除しました", Chinese: "{who} 删除了{kind} {ref}"},
		Created: {English: "{who} created {kind} {ref}", Japanese: "{who} が{kind} {ref} を作成しました", Chinese: "{who} 创建了{kind} {ref}"},
		Forced:  {English: "{who} force-pushed to {ref}", Japanese: "{who} が {ref} に強制プッシュしました", Chinese: "{who} 强制推送到 {ref}"},
		Pushed:  {English: "{who} pushed to {ref}", Japanese: "{who} が {ref} にプッシュしました", Chinese: "{who} 推送到 {ref}"},
	}
}

func (p Push) kind() source.Words {
	if p.Tag {
		return Tag()
	}
	return Branch()
}

func (p Push) number() string {
	n := strconv.Itoa(p.Count)
	if p.More {
		n += "+"
	}
	return n
}

func (p Push) commitCount(l source.Locale) string {
	w := source.Words{English: "{n} commits", Japanese: "{n} 件のコミット", Chinese: "{n} 个提交"}
	if p.Count == 1 && !p.More {
		w.English = "{n} commit"
	}
	return source.Fill(w.In(l), "n", p.number())
}

func (p Push) fields(e webhook.Event, l source.Locale) []webhook.Field {
	unknownRepository := source.Words{English: "unknown", Japanese: "不明なリポジトリ", Chinese: "未知仓库"}
	unknownPusher := source.Words{English: "unknown", Japanese: "不明なプッシャー", Chinese: "未知推送者"}
	noMessage := source.Words{English: "unknown", Japanese: "コミットメッセージなし", Chinese: "无提交信息"}
	fields := []webhook.Field{
		{Name: "Repository", Value: cmp.Or(e.Container.Name, unknownRepository.In(l))},
		{Name: "Pusher", Value: cmp.Or(e.Actor.Name, unknownPusher.In(l))},
	}
	if !p.Unknown {
		fields = append(fields, webhook.Field{Name: "Commits", Value: p.number()})
	}
	switch {
	case p.Count > 0:
		fields = append(fields, webhook.Field{Name: "Latest commit", Value: cmp.Or(p.Latest, noMessage.In(l))})
	case p.Unknown || p.Deed != Pushed:
		// without a commit the lines above do not say what was done, and where
		fields = append(fields, p.done(l))
	}
	return fields
}

func (p Push) done(l source.Locale) webhook.Field {
	name := "Branch"
	if p.Tag {
		name = "Tag"
	}
	value := cmp.Or(p.Ref, source.Unknown().In(l))
	how, told := map[Deed]source.Words{
		Created: {English: "created", Japanese: "作成", Chinese: "新建"},
		Deleted: {English: "deleted", Japanese: "削除", Chinese: "删除"},
		Forced:  {English: "forced", Japanese: "強制プッシュ", Chinese: "强制推送"},
	}[p.Deed]
	if told {
		value += " (" + how.In(l) + ")"
	}
	return webhook.Field{Name: name, Value: value}
}

func (p Push) list(l source.Locale) chat.Text {
	var text chat.Text
	for i, c := range p.Commits {
		if i > 0 {
			text = append(text, chat.Span{Text: "\n"})
		}
		if c.ID != "" {
			text = append(text, chat.Span{Text: c.ID, Code: true, URL: c.URL}, chat.Span{Text: " "})
		}
		line := cmp.Or(c.Line, source.Unknown().In(l))
		if c.Author != "" {
			line += " (" + c.Author + ")"
		}
		text = append(text, chat.Span{Text: line})
	}
	if rest := p.Count - len(p.Commits); rest > 0 && len(text) > 0 {
		more := source.Fill(source.More().In(l), "n", strconv.Itoa(rest))
		text = append(text, chat.Span{Text: "\n" + more})
	}
	return text
}
