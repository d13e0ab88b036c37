package uptimekuma

import (
	"cmp"
	"strings"

	"postern/pkg/source"
	"postern/pkg/webhook"
)

// other is the event type of what is about no heartbeat: tests, certificates.
const other = "message"

// kind is the state in Uptime Kuma's own words.
func (n notification) kind() string {
	switch n.heartbeat.Text("status") {
	case "0":
		return "down"
	case "1":
		return "up"
	case "2":
		return "pending"
	case "3":
		return "maintenance"
	default:
		return other
	}
}

func (n notification) tell(e *webhook.Event) {
	e.Container.Name = cmp.Or(n.monitor.Line("name"), n.monitor.Line("pathName"))
	// a monitor that checks no page has "https://" for its address
	e.Container.URL = n.monitor.Link("url")
	e.URL = e.Container.URL
	if id := cmp.Or(n.monitor.Line("id"), n.heartbeat.Line("monitorID")); id != "" {
		e.Thread = "uptime_kuma:" + id
	}
	msg := n.heartbeat.Text("msg")
	if e.Type == other || msg == "" {
		msg = n.msg
	}
	e.Summary = source.Clip(source.FirstLine(msg), source.MaxLine)
	if text := source.Excerpt(msg); text != e.Summary { // more than the title can say
		e.Body = text
	}
	e.Labels = n.tags()
	e.Severity = n.severity()
	n.fields(e)
	e.Title = headline(*e, source.English)
}

func (n notification) severity() webhook.Severity {
	switch n.kind() {
	case "down":
		return webhook.Error
	case "up":
		return webhook.Notice
	case "pending":
		return webhook.Warning
	case other:
		// a certificate says so in words only
		if strings.Contains(n.msg, "expire") {
			return webhook.Warning
		}
	}
	return webhook.Info
}

func (n notification) fields(e *webhook.Event) {
	host := n.monitor.Line("hostname")
	if port := n.monitor.Line("port"); host != "" && port != "" {
		host += ":" + port
	}
	ping := n.heartbeat.Line("ping")
	if ping != "" {
		ping += " ms"
	}
	retries := n.heartbeat.Line("retries")
	if retries == "0" {
		retries = ""
	}
	e.Fields = source.Fields("Address", e.Container.URL, "Host", host, "Ping", ping, "Time", n.time(),
		"Retries", retries, "Tags", strings.Join(e.Labels, ", "))
}

// time is the local one, where the sender has it.
func (n notification) time() string {
	if local := n.heartbeat.Line("localDateTime"); local != "" {
		return local + " " + n.heartbeat.Line("timezone")
	}
	if at := n.heartbeat.Line("time"); at != "" {
		return at + " UTC"
	}
	return ""
}

// tags are the monitor's, as "name" or "name=value".
func (n notification) tags() []string {
	var tags []string
	for _, o := range n.monitor.Objects("tags") {
		name := o.Line("name")
		if value := o.Line("value"); name != "" && value != "" {
			name += "=" + value
		}
		if name != "" {
			tags = append(tags, name)
		}
	}
	return tags
}

// headline is "[monitor] 🔴 Down: why".
func headline(e webhook.Event, l source.Locale) string {
	w, known := map[string]source.Words{
		"down":        {English: "🔴 Down", Japanese: "🔴 ダウン", Chinese: "🔴 故障"},
		"up":          {English: "✅ Up", Japanese: "✅ 復旧", Chinese: "✅ 恢复正常"},
		"pending":     {English: "🟡 Pending", Japanese: "🟡 確認中", Chinese: "🟡 重试中"},
		"maintenance": {English: "🔵 Maintenance", Japanese: "🔵 メンテナンス", Chinese: "🔵 维护中"},
	}[e.Type]
	switch {
	case known:
		return source.Title(e.Container.Name, w.In(l), e.Summary)
	case e.Summary == "":
		return source.Headline(e, l)
	case e.Container.Name == "" || strings.Contains(e.Summary, e.Container.Name):
		return source.Title("", e.Summary, "") // Uptime Kuma's own line begins with the name
	default:
		return source.Title(e.Container.Name, e.Summary, "")
	}
}

// labels are the names of fields and links in every locale.
func labels() map[string]source.Words {
	return map[string]source.Words{
		"Address": {English: "Address", Japanese: "アドレス", Chinese: "地址"},
		"Host":    {English: "Host", Japanese: "ホスト", Chinese: "主机"},
		"Ping":    {English: "Ping", Japanese: "応答時間", Chinese: "响应时间"},
		"Time":    {English: "Time", Japanese: "時刻", Chinese: "时间"},
		"Retries": {English: "Retries", Japanese: "再試行", Chinese: "重试次数"},
		"Tags":    {English: "Tags", Japanese: "タグ", Chinese: "标签"},
	}
}
