package app_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"postern/internal/servertest"
)

const (
	alertsPath = "/api/plugin/acme.monitoring/webhook/alertmanager"
	strangers  = "/api/plugin/acme.monitoring/webhook/stranger"
)

const alertsConfig = `
redis: {url: "${REDIS}"}
worker: {shutdown_timeout: 5s}
api: {tokens: {ops: a-token-of-the-tests}}
chats: {ops: {type: webhook, url: "${PLATFORM}/hook/ops"}}
plugins:
  acme.monitoring:
    webhooks:
      /alertmanager:
        source: alertmanager
        verify: {type: bearer, token: a-token-of-alertmanager}
        verbosity: full
        notify: [{to: [ops]}]
      /stranger:
        source: alertmanager
        verify: {type: bearer, token: a-token-it-does-not-know}
        notify: [{to: [ops]}]
`

// A rule of a real Prometheus fires and stops, and a real Alertmanager posts
// of it: what changed is told once, what is repeated is not, a stranger is
// refused, and what came while Redis was away is told when it is back.
func TestAlertmanager(t *testing.T) {
	t.Parallel()
	m := newMonitoring(t)

	m.disks.fill("db-1")
	first := read(t, m.await(1)[0])
	if first.Type != "alertmanager.firing" || !strings.HasPrefix(first.Data.Title, "[FIRING:1] DiskAlmostFull") {
		t.Errorf("told %q, %q; want alertmanager.firing, [FIRING:1] DiskAlmostFull", first.Type, first.Data.Title)
	}
	if e := first.Data.Event; e.Severity != "critical" || e.Summary != "The disk of db-1 is almost full" {
		t.Errorf("severity %q, summary %q; want what the rule says", e.Severity, e.Summary)
	}
	for _, want := range []string{
		"The disk of db-1 is almost full", "97% are used. & <b>", "db-1", "https://runbooks.example/disk",
		"http://prometheus.example/graph?g0.expr=", "http://alertmanager.example/#/silences/new?filter=",
	} {
		if !strings.Contains(first.Data.Text, want) {
			t.Errorf("the message lacks %q:\n%s", want, first.Data.Text)
		}
	}

	original := m.witness.await(t, alertsPath, "accepted", func(p post) bool { return p.answer.status == http.StatusAccepted })
	again := m.witness.await(t, alertsPath, "a duplicate", func(p post) bool { return p.answer.member("duplicate") == "true" })
	if a, b := original.answer.member("job_id"), again.answer.member("job_id"); a != b || a == "" {
		t.Errorf("the duplicate is job %q, want the first one's %q", b, a)
	}
	m.witness.await(t, strangers, "a refusal", func(p post) bool { return p.answer.is("403:signature_mismatch") == nil })

	m.disks.fill("db-1", "db-2")
	if second := read(t, m.await(2)[1]); !strings.HasPrefix(second.Data.Title, "[FIRING:2] DiskAlmostFull") {
		t.Errorf("told %q, want [FIRING:2]", second.Data.Title)
	}

	m.redis.Stop()
	m.disks.fill()
	m.witness.await(t, alertsPath, "the end, while Redis is away", func(p post) bool {
		return strings.Contains(string(p.body), `"status":"resolved","alerts"`) &&
			(p.answer.is("503:queue_unavailable") == nil || p.answer.member("spooled") == "true")
	})
	m.redis.Restart()
	if last := read(t, m.await(3)[2]); last.Type != "alertmanager.resolved" || !strings.HasPrefix(last.Data.Title, "[RESOLVED] DiskAlmostFull") {
		t.Errorf("told %q, %q; want alertmanager.resolved, [RESOLVED]", last.Type, last.Data.Title)
	}
	for _, p := range m.witness.seen(strangers) {
		if p.answer.status != http.StatusForbidden {
			t.Errorf("a stranger was answered %s", p.answer)
		}
	}
	m.await(3)
}

// monitoring is a house with a Prometheus and an Alertmanager.
type monitoring struct {
	*house
	witness *witness
	disks   *disks
}

func newMonitoring(t *testing.T) *monitoring {
	t.Helper()
	prometheus := servertest.Find(t, "prometheus")
	alertmanager := servertest.Find(t, "prometheus-alertmanager", "alertmanager")
	m := &monitoring{house: newStormHouse(t, alertsConfig, "--appendonly", "yes", "--appendfsync", "always")}
	m.mustStart("receiver", "r1")
	m.mustStart("worker", "w1")
	m.witness = newWitness(t, m.running["r1"].address)

	alerts := m.free()
	m.serve("alertmanager", "http://"+alerts+"/-/ready", alertmanager,
		"--config.file", m.write("alertmanager.yml", strings.ReplaceAll(alertmanagerYML, "WITNESS", m.witness.url)),
		"--storage.path", m.dir, "--web.listen-address", alerts, "--cluster.listen-address", "",
		"--web.external-url", "http://alertmanager.example", "--web.route-prefix", "/")

	m.disks = newDisks(t)
	scraper := m.free()
	m.write("rules.yml", rulesYML)
	m.serve("prometheus", "http://"+scraper+"/-/ready", prometheus,
		"--config.file", m.write("prometheus.yml", strings.NewReplacer(
			"ALERTMANAGER", alerts, "DISKS", strings.TrimPrefix(m.disks.url, "http://"),
		).Replace(prometheusYML)),
		"--storage.tsdb.path", m.dir+"/metrics", "--web.listen-address", scraper,
		"--web.external-url", "http://prometheus.example", "--web.route-prefix", "/")
	awaitDiscovery(t, scraper)
	return m
}

// awaitDiscovery waits until a Prometheus knows its Alertmanager: what fires
// before that is told it a minute later only.
func awaitDiscovery(t *testing.T, address string) {
	t.Helper()
	err := within(patience, func() error {
		a, err := newSender().ask(call{method: http.MethodGet, address: address, path: "/api/v1/alertmanagers"})
		if err == nil && a.member("data.activeAlertmanagers.0.url") == "" {
			err = fmt.Errorf("no Alertmanager is known: %s", a)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

const alertmanagerYML = `
route:
  receiver: postern
  group_by: [alertname]
  group_wait: 0s
  group_interval: 1s
  repeat_interval: 2s
  routes: [{receiver: stranger, continue: true}, {receiver: postern}]
receivers:
  - name: postern
    webhook_configs:
      - url: WITNESS` + alertsPath + `
        http_config: {authorization: {type: Bearer, credentials: a-token-of-alertmanager}}
  - name: stranger
    webhook_configs:
      - url: WITNESS` + strangers + `
        http_config: {authorization: {type: Bearer, credentials: a-guess}}
`

const prometheusYML = `
global: {evaluation_interval: 1s, scrape_interval: 1s}
rule_files: [rules.yml]
alerting: {alertmanagers: [{static_configs: [{targets: [ALERTMANAGER]}]}]}
scrape_configs: [{job_name: disks, honor_labels: true, static_configs: [{targets: [DISKS]}]}]
`

const rulesYML = `
groups:
  - name: disks
    rules:
      - alert: DiskAlmostFull
        expr: disk_used_ratio > 0.9
        for: 0s
        labels: {severity: critical}
        annotations:
          summary: The disk of {{ $labels.instance }} is almost full
          description: '{{ $value | humanizePercentage }} are used. & <b>'
          runbook_url: https://runbooks.example/disk
`

// disks are what Prometheus scrapes.
type disks struct {
	url string

	mu   sync.Mutex
	full []string // their instances
}

func newDisks(tb testing.TB) *disks {
	tb.Helper()
	d := &disks{}
	server := httptest.NewServer(d)
	tb.Cleanup(server.Close)
	d.url = server.URL
	return d
}

// fill makes these disks full, and no other.
func (d *disks) fill(instances ...string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.full = instances
}

func (d *disks) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	d.mu.Lock()
	defer d.mu.Unlock()
	w.Header().Set("Content-Type", "text/plain; version=0.0.4")
	_, _ = fmt.Fprintln(w, `disk_used_ratio{instance="db-0"} 0.5`)
	for _, name := range d.full {
		_, _ = fmt.Fprintf(w, "disk_used_ratio{instance=%q} 0.97\n", name)
	}
}
