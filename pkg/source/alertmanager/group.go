package alertmanager

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"postern/pkg/source"
	"postern/pkg/webhook"
)

// Group is a notification about alerts that belong together, as Alertmanager
// sends it, with what Grafana adds to one.
type Group struct {
	Status string // firing, resolved, or a custom payload's own word; may be empty

	key      string
	receiver string
	external string
	pages    bool          // external is Alertmanager's own pages, not Grafana's
	labels   source.Object // of the group, else common to all
	common   source.Object
	notes    source.Object // annotations common to all
	alerts   []alert
	firing   int
	left     int    // alerts that the sender left out
	title    string // a ready text, for a payload without alerts
	text     string
	reason   string
}

type alert struct {
	resolved    bool
	fingerprint string
	labels      source.Object
	notes       source.Object
	begin, end  time.Time // zero where unknown
	values      string
	links       []webhook.Link
}

// most bounds the alerts that a sender says it left out.
const most = 1_000_000

// Read reads a notification; what is missing is empty.
func Read(payload source.Object) Group {
	g := Group{
		Status:   payload.Line("status"),
		key:      source.OneLine(payload.Text("groupKey")),
		receiver: payload.Line("receiver"),
		external: strings.TrimRight(payload.Link("externalURL"), "/"),
		pages:    payload.At("orgId") == nil,
		labels:   payload.Object("groupLabels"),
		common:   payload.Object("commonLabels"),
		notes:    payload.Object("commonAnnotations"),
		reason:   payload.Line("notification_reason"),
	}
	if left, _ := payload.At("truncatedAlerts").(int64); left > 0 {
		g.left = int(min(left, most))
	}
	for _, o := range payload.Objects("alerts") {
		a := readAlert(o, g.Status)
		if !a.resolved {
			g.firing++
		}
		g.alerts = append(g.alerts, a)
	}
	switch len(g.alerts) {
	case 0: // Grafana's ready texts repeat the alerts, where there are any
		g.title = payload.Line("title")
		g.text = cmp.Or(payload.Text("message"), payload.Text("text"), payload.Text("description"))
	case 1: // all of it is common
		g.common, g.notes = g.alerts[0].labels, g.alerts[0].notes
	}
	if len(g.labels) == 0 {
		g.labels = g.common
	}
	return g
}

// imageName is what a picture of an alert is called.
const imageName = "Image"

func readAlert(o source.Object, groupStatus string) alert {
	a := alert{
		resolved:    cmp.Or(o.Text("status"), groupStatus) == "resolved",
		fingerprint: o.Text("fingerprint"),
		labels:      o.Object("labels"),
		notes:       o.Object("annotations"),
		begin:       o.Time(time.Time{}, "startsAt"),
		values:      strings.Join(pairs(o.Object("values")), ", "),
	}
	if a.resolved { // Grafana and old versions name an expected end of firing ones
		a.end = o.Time(time.Time{}, "endsAt")
	}
	for _, l := range []struct{ text, address string }{
		{"Source", o.Link("generatorURL")},
		{"Runbook", a.notes.Link("runbook_url")},
		{"Dashboard", cmp.Or(o.Link("dashboardURL"), a.notes.Link("dashboard_url"), a.notes.Link("dashboard"))},
		{"Panel", o.Link("panelURL")},
		{imageName, o.Link("imageURL")},
		{"Silence", o.Link("silenceURL")},
	} {
		if l.address != "" && (l.text != "Silence" || !a.resolved) {
			a.links = append(a.links, webhook.Link{Text: l.text, URL: l.address})
		}
	}
	return a
}

// summary is the line that its author gave an alert.
func (a alert) summary() string { return summary(a.notes) }

func summary(notes source.Object) string {
	for _, name := range []string{"summary", "title", "message", "description", "Error"} {
		if l := source.FirstLine(notes.Text(name)); l != "" {
			return source.Clip(l, source.MaxLine)
		}
	}
	return ""
}

// description is what its author wrote beside the summary.
func description(notes source.Object) string {
	first := summary(notes)
	for _, name := range []string{"description", "message"} {
		if text := source.Excerpt(notes.Text(name)); text != "" && text != first {
			return text
		}
	}
	return ""
}

// pairs gives the scalars of an object as "name=value", by name.
func pairs(o source.Object, without ...string) []string {
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(o)) {
		value := source.Line(source.Scalar(o[name]))
		if name = source.Line(name); name == "" || value == "" || slices.Contains(without, name) {
			continue
		}
		lines = append(lines, name+"="+value)
	}
	return lines
}

// Hash stands for a delivery id: the same group in the same state. A payload
// without alerts is known by its bytes alone.
func (g Group) Hash(body []byte, more ...string) string {
	if len(g.alerts) == 0 {
		sum := sha256.Sum256(body)
		return hex.EncodeToString(sum[:])
	}
	states := make([]string, 0, len(g.alerts))
	for _, a := range g.alerts {
		print := a.fingerprint
		if print == "" {
			print = strings.Join(pairs(a.labels), ",")
		}
		states = append(states, fmt.Sprintf("%q %t %d", print, a.resolved, a.begin.Unix()))
	}
	slices.Sort(states)
	sum := sha256.New()
	// encoding strings and numbers cannot fail, and a hash never does
	_ = json.NewEncoder(sum).Encode([]any{g.key, g.Status, states, g.left, more})
	return hex.EncodeToString(sum.Sum(nil))
}

// Thread is shared by all notifications of the group; prefix names where it
// comes from.
func (g Group) Thread(prefix string) string {
	switch {
	case g.key == "":
		return ""
	case len(g.key) > source.MaxLine:
		sum := sha256.Sum256([]byte(g.key))
		return prefix + ":" + hex.EncodeToString(sum[:16])
	default:
		return prefix + ":" + g.key
	}
}
