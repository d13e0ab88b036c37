package alertmanager

import (
	"cmp"
	"net/url"
	"slices"
	"strings"
	"time"

	"postern/pkg/source"
	"postern/pkg/webhook"
)

// Tell fills in what a notification says: all of an event but source, type,
// delivery id and thread.
func (g Group) Tell(e *webhook.Event) {
	e.Default = true
	e.Detail = g
	e.Severity = g.severity()
	e.Title = g.headline(source.English, true)
	e.Subject = webhook.Subject{Title: g.name(source.English)}
	e.Labels = pairs(g.common)
	e.Summary = cmp.Or(summary(g.notes), source.Clip(source.FirstLine(g.text), source.MaxLine))
	e.Body = cmp.Or(description(g.notes), source.Excerpt(g.text))
	e.Fields = g.fields()
	e.Links = g.links()
	e.OccurredAt = g.occurred(e.OccurredAt)
	e.URL = g.address()
}

// severity is that of the worst alert that fires.
func (g Group) severity() webhook.Severity {
	if g.Status == "resolved" {
		return webhook.Notice
	}
	worst := -1
	for _, a := range g.alerts {
		if !a.resolved {
			worst = max(worst, slices.Index(ranks(), rank(a.labels)))
		}
	}
	switch {
	case worst >= 0:
		return ranks()[worst]
	case g.Status == "firing":
		return rank(g.common)
	default:
		return webhook.Info
	}
}

func ranks() []webhook.Severity {
	return []webhook.Severity{
		webhook.Debug, webhook.Info, webhook.Notice, webhook.Warning, webhook.Error, webhook.Critical,
	}
}

// rank reads the labels that people use for it. What fires and does not say is
// an error; that no data came is not yet one.
func rank(labels source.Object) webhook.Severity {
	switch strings.ToLower(cmp.Or(labels.Line("severity"), labels.Line("priority"), labels.Line("level"))) {
	case "critical", "crit", "page", "emergency", "disaster", "fatal", "p1":
		return webhook.Critical
	case "warning", "warn", "medium", "moderate", "p3":
		return webhook.Warning
	case "notice", "low", "p4":
		return webhook.Notice
	case "info", "informational", "information", "none", "p5":
		return webhook.Info
	case "debug":
		return webhook.Debug
	case "":
		if noData(labels) {
			return webhook.Warning
		}
	}
	return webhook.Error
}

func noData(labels source.Object) bool {
	name := labels.Text("alertname")
	return name == "DatasourceNoData" || name == "NoData"
}

// fields are the facts of one alert, or what several have in common.
func (g Group) fields() []webhook.Field {
	var values, since, duration string
	if len(g.alerts) == 1 {
		a := g.alerts[0]
		values, since = a.values, moment(a.begin)
		if !a.begin.IsZero() && a.end.After(a.begin) {
			duration = spell(a.end.Sub(a.begin))
		}
	}
	return source.Fields("Severity", g.common.Line("severity"), "Instance", g.common.Line("instance"),
		"Job", g.common.Line("job"), "Value", values, "Since", since, "Duration", duration,
		"Reason", strings.ReplaceAll(g.reason, "_", " "))
}

// links are those of the only alert, or those that all alerts share.
func (g Group) links() []webhook.Link {
	var links []webhook.Link
	if len(g.alerts) > 0 {
		for _, l := range g.alerts[0].links {
			if g.shared(l) {
				links = append(links, l)
			}
		}
	}
	if !slices.ContainsFunc(links, func(l webhook.Link) bool { return l.Text == "Silence" }) {
		if s := g.silence(); s != "" {
			links = append(links, webhook.Link{Text: "Silence", URL: s})
		}
	}
	return links
}

func (g Group) shared(l webhook.Link) bool {
	for _, a := range g.alerts[1:] {
		if !slices.Contains(a.links, l) {
			return false
		}
	}
	return true
}

// silence is Alertmanager's form for silencing what all alerts have in common.
// Grafana gives links of its own.
func (g Group) silence() string {
	if g.external == "" || g.firing == 0 || len(g.common) == 0 || !g.pages {
		return ""
	}
	var matchers []string
	room := source.MaxLink // with more than that there is no link
	quoted := strings.NewReplacer(`\`, `\\`, `"`, `\"`)
	for _, p := range pairs(g.common) {
		name, value, _ := strings.Cut(p, "=")
		if strings.HasSuffix(value, "…") {
			continue // cut short, it would match nothing
		}
		m := name + `="` + quoted.Replace(value) + `"`
		if room -= len(m); room < 0 {
			return ""
		}
		matchers = append(matchers, m)
	}
	if len(matchers) == 0 {
		return ""
	}
	filter := url.QueryEscape("{" + strings.Join(matchers, ",") + "}")
	return source.Link(g.external + "/#/silences/new?filter=" + strings.ReplaceAll(filter, "+", "%20"))
}

// address is where to look: at the expression of the only alert, else at the
// list of all.
func (g Group) address() string {
	if len(g.alerts) == 1 {
		for _, l := range g.alerts[0].links {
			if l.Text == "Source" {
				return l.URL
			}
		}
	}
	if g.external == "" || g.receiver == "" || !g.pages {
		return g.external
	}
	return cmp.Or(source.Link(g.external+"/#/alerts?receiver="+url.QueryEscape(g.receiver)), g.external)
}

// occurred is when the state last changed.
func (g Group) occurred(otherwise time.Time) time.Time {
	var last time.Time
	for _, a := range g.alerts {
		t := a.begin
		if a.resolved && !a.end.IsZero() {
			t = a.end
		}
		if t.After(last) {
			last = t
		}
	}
	if last.IsZero() {
		return otherwise
	}
	return last
}
