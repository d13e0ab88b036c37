package alertmanager

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"postern/pkg/chat"
	"postern/pkg/source"
	"postern/pkg/webhook"
)

// How many alerts a message lists.
const (
	listedNormal = 5
	listedFull   = 10
	listedLabels = 3 // of each
)

// Message words an event that Tell filled in.
func Message(e webhook.Event, l source.Locale, v source.Verbosity) chat.Message {
	g, ok := e.Detail.(Group)
	if !ok {
		return source.Translate(source.Message(e, source.Headline(e, l), v), l, labels())
	}
	compact := !v.AtLeast(source.Normal)
	m := source.Message(e, g.headline(l, compact), v)
	if compact {
		return m
	}
	m.Body = g.body(e, l, v)
	m.Attachments = g.pictures()
	m.Links = slices.DeleteFunc(slices.Clone(m.Links), picture) // a chat that takes no picture links it anyhow
	if rest := pairs(g.common, "alertname", "severity", "instance", "job"); v.AtLeast(source.Full) && len(rest) > 0 {
		m.Fields = append(slices.Clip(m.Fields), webhook.Field{
			Name: "Labels", Value: source.Clip(strings.Join(rest, ", "), source.MaxLine),
		})
	}
	return source.Translate(m, l, labels())
}

// mostPictures is how many pictures go with one message.
const mostPictures = 3

// pictures are what Grafana drew of the alerts, each once.
func (g Group) pictures() []chat.Attachment {
	var all []chat.Attachment
	for _, a := range g.alerts {
		for _, l := range a.links {
			drawn := chat.Attachment{Name: imageName, Type: "image/png", URL: l.URL}
			if picture(l) && len(all) < mostPictures && !slices.Contains(all, drawn) {
				all = append(all, drawn)
			}
		}
	}
	return all
}

func picture(l webhook.Link) bool { return l.Text == imageName }

// headline is "[FIRING:2] Name (labels)", and the summary behind it where
// there is nothing below it to say so.
func (g Group) headline(l source.Locale, alone bool) string {
	if len(g.alerts) == 0 {
		return source.Title("", g.name(l), "")
	}
	what := g.name(l)
	if where := pairs(g.labels, "alertname", "severity", "rulename"); len(where) > 0 {
		what += " (" + strings.Join(where[:min(len(where), listedLabels)], ", ") + ")"
	}
	thing := ""
	if alone {
		thing = summary(g.notes)
	}
	return source.Title(g.state(l), what, thing)
}

func (g Group) state(l source.Locale) string {
	switch g.Status {
	case "firing":
		state := source.Words{English: "FIRING", Japanese: "発生中", Chinese: "告警中"}.In(l)
		return state + ":" + strconv.Itoa(g.firing)
	case "resolved":
		return source.Words{English: "RESOLVED", Japanese: "解決", Chinese: "已恢复"}.In(l)
	default:
		return strings.ToUpper(g.Status)
	}
}

// name says what the alerts are called.
func (g Group) name(l source.Locale) string {
	rule := g.common.Line("rulename")
	switch name := cmp.Or(g.common.Line("alertname"), g.labels.Line("alertname")); {
	case name == "DatasourceError" && rule != "":
		w := source.Words{English: "data source error in {rule}", Japanese: "{rule} のデータソースエラー", Chinese: "{rule} 的数据源错误"}
		return source.Fill(w.In(l), "rule", rule)
	case noData(g.common) && rule != "":
		w := source.Words{English: "no data for {rule}", Japanese: "{rule} のデータなし", Chinese: "{rule} 无数据"}
		return source.Fill(w.In(l), "rule", rule)
	case name != "":
		return name
	}
	var names []string
	for _, a := range g.alerts {
		if n := a.labels.Line("alertname"); n != "" && !slices.Contains(names, n) && len(names) < listedLabels {
			names = append(names, n)
		}
	}
	alert := source.Words{English: "alert", Japanese: "アラート", Chinese: "告警"}.In(l)
	return source.Clip(cmp.Or(
		strings.Join(names, ", "), g.title, source.Clip(source.FirstLine(g.text), source.MaxLine), alert,
	), source.MaxLine)
}

// body is the words of the only alert, or a list of them.
func (g Group) body(e webhook.Event, l source.Locale, v source.Verbosity) chat.Text {
	if len(g.alerts) < 2 && g.left == 0 {
		text := e.Body
		if e.Summary != "" && !strings.HasPrefix(text, e.Summary) && e.Summary != e.Subject.Title {
			text = strings.TrimSpace(e.Summary + "\n" + text)
		}
		if text == e.Subject.Title {
			return nil
		}
		return chat.Plain(text)
	}
	listed := listedNormal
	if v.AtLeast(source.Full) {
		listed = listedFull
	}
	var text chat.Text
	for i, a := range g.alerts[:min(len(g.alerts), listed)] {
		if i > 0 {
			text = append(text, chat.Span{Text: "\n"})
		}
		text = append(text, g.line(a, l, v)...)
	}
	if rest := max(len(g.alerts)-listed, 0) + g.left; rest > 0 {
		text = append(text, chat.Span{Text: "\n" + source.Fill(source.More().In(l), "n", strconv.Itoa(rest))})
	}
	return text
}

// line tells one alert of several: what sets it apart, its summary, since when.
func (g Group) line(a alert, l source.Locale, v source.Verbosity) chat.Text {
	mark := "🔴 "
	if a.resolved {
		mark = "✅ "
	}
	own := g.apart(a)
	address := ""
	if len(a.links) > 0 {
		address = a.links[0].URL
	}
	text := chat.Text{{Text: mark}, {Text: own, Bold: true, URL: address}}
	if s := a.summary(); s != "" && s != own {
		text = append(text, chat.Span{Text: ": " + s})
	}
	facts := []string{a.values, moment(a.begin)}
	if a.resolved && a.end.After(a.begin) && !a.begin.IsZero() {
		facts = append(facts, spell(a.end.Sub(a.begin)))
	}
	if facts = slices.DeleteFunc(facts, func(s string) bool { return s == "" }); len(facts) > 0 {
		text = append(text, chat.Span{Text: " (" + source.Clip(strings.Join(facts, ", "), source.MaxLine) + ")"})
	}
	if v.AtLeast(source.Full) {
		text = append(text, g.ownLinks(a, l)...)
	}
	return text
}

// ownLinks are the links of an alert that its name does not link to and that
// do not stand below the list for all.
func (g Group) ownLinks(a alert, l source.Locale) chat.Text {
	var text chat.Text
	names := labels()
	for i, k := range a.links {
		if i == 0 || g.shared(k) {
			continue
		}
		between := " · "
		if len(text) == 0 {
			between = "\n   "
		}
		text = append(text, chat.Span{Text: between}, chat.Span{Text: cmp.Or(names[k.Text].In(l), k.Text), URL: k.URL})
	}
	return text
}

// apart gives the labels of an alert that not all of the group have.
func (g Group) apart(a alert) string {
	var own []string
	for _, p := range pairs(a.labels, "severity", "rulename") {
		name, value, _ := strings.Cut(p, "=")
		if g.common.Line(name) == value || len(own) == listedLabels {
			continue
		}
		if name == "instance" || name == "alertname" {
			p = value
		}
		own = append(own, p)
	}
	return cmp.Or(source.Clip(strings.Join(own, ", "), source.MaxLine), a.labels.Line("alertname"), a.summary(), "?")
}

// moment is a time as a line of a message shows it.
func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format("2006-01-02 15:04 MST")
}

// spell gives a duration in its two largest units.
func spell(d time.Duration) string {
	var parts []string
	for _, unit := range []struct {
		length time.Duration
		name   string
	}{{24 * time.Hour, "d"}, {time.Hour, "h"}, {time.Minute, "m"}, {time.Second, "s"}} {
		if n := int64(d / unit.length); n > 0 && len(parts) < 2 {
			parts = append(parts, strconv.FormatInt(n, 10)+unit.name)
			d %= unit.length
		}
	}
	return cmp.Or(strings.Join(parts, " "), "0s")
}

// labels are the names of fields and links in every locale.
func labels() map[string]source.Words {
	return map[string]source.Words{
		"Severity":  {English: "Severity", Japanese: "重大度", Chinese: "严重级别"},
		"Instance":  {English: "Instance", Japanese: "インスタンス", Chinese: "实例"},
		"Job":       {English: "Job", Japanese: "ジョブ", Chinese: "任务"},
		"Value":     {English: "Value", Japanese: "値", Chinese: "值"},
		"Since":     {English: "Since", Japanese: "発生時刻", Chinese: "开始时间"},
		"Duration":  {English: "Duration", Japanese: "継続時間", Chinese: "持续时间"},
		"Reason":    {English: "Reason", Japanese: "通知の理由", Chinese: "通知原因"},
		"Labels":    {English: "Labels", Japanese: "ラベル", Chinese: "标签"},
		"Source":    {English: "Source", Japanese: "発生元", Chinese: "来源"},
		"Runbook":   {English: "Runbook", Japanese: "手順書", Chinese: "处理手册"},
		"Dashboard": {English: "Dashboard", Japanese: "ダッシュボード", Chinese: "仪表板"},
		"Panel":     {English: "Panel", Japanese: "パネル", Chinese: "面板"},
		"Image":     {English: "Image", Japanese: "画像", Chinese: "图片"},
		"Silence":   {English: "Silence", Japanese: "サイレンス", Chinese: "静默"},
	}
}
