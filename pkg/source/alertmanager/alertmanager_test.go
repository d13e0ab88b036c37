package alertmanager_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"postern/pkg/source"
	"postern/pkg/source/alertmanager"
	"postern/pkg/source/sourcetest"
	"postern/pkg/webhook"
)

func suite() sourcetest.Suite { return sourcetest.Suite{Source: alertmanager.Source{}} }

func TestContract(t *testing.T) { sourcetest.Run(t, suite()) }

func FuzzAlertmanager(f *testing.F) { sourcetest.Fuzz(f, suite()) }

func TestDefinition(t *testing.T) {
	t.Parallel()
	d := alertmanager.Definition()
	if d.Name != "alertmanager" || d.MaxBody != 0 || !d.Duplicates {
		t.Errorf("Definition() = %+v, want alertmanager with duplicates", d)
	}
	s, err := d.Build(func(any) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	if _, signed := s.(source.Signed); signed {
		t.Error("it brings a verification of its own, but Alertmanager signs nothing")
	}
	bad := errors.New("unknown key")
	if _, err := d.Build(func(any) error { return bad }); !errors.Is(err, bad) {
		t.Errorf("Build with bad settings gave %v, want %v", err, bad)
	}
}

const two = `{"status":"firing","groupKey":"k","alerts":[
	{"status":"firing","fingerprint":"a","startsAt":"2026-01-02T03:00:00Z"},
	{"status":"firing","fingerprint":"b","startsAt":"2026-01-02T03:01:00Z"}]}`

func TestContentIsTheDeliveryID(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		old, new string // replaced in the body
		same     bool
	}{
		"the same again":        {"", "", true},
		"another alert":         {`"b"`, `"c"`, false},
		"a new annotation":      {`"fingerprint":"a"`, `"fingerprint":"a","annotations":{"value":"7"}`, true},
		"an alert resolved":     {`{"status":"firing","fingerprint":"b"`, `{"status":"resolved","fingerprint":"b"`, false},
		"an alert began anew":   {"03:01", "03:02", false},
		"another group":         {`"k"`, `"l"`, false},
		"an alert more":         {`"alerts":[`, `"alerts":[{"fingerprint":"c"},`, false},
		"one more was left out": {`"groupKey"`, `"truncatedAlerts":1,"groupKey"`, false},
	}
	want := identify(t, two)
	if want.Window <= 0 || want.Window > alertmanager.Window || want.DeliveryID == "" {
		t.Fatalf("Identify gave %+v, want a delivery id for a minute at most", want)
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := identify(t, strings.Replace(two, tt.old, tt.new, 1))
			if (got.DeliveryID == want.DeliveryID) != tt.same {
				t.Errorf("delivery ids %s and %s, want the same: %t", got.DeliveryID, want.DeliveryID, tt.same)
			}
		})
	}
}

func TestOrderOfAlertsDoesNotMatter(t *testing.T) {
	t.Parallel()
	turned := `{"status":"firing","groupKey":"k","alerts":[
		{"status":"firing","fingerprint":"b","startsAt":"2026-01-02T03:01:00Z"},
		{"status":"firing","fingerprint":"a","startsAt":"2026-01-02T03:00:00Z"}]}`
	if a, b := identify(t, two), identify(t, turned); a.DeliveryID != b.DeliveryID {
		t.Errorf("delivery ids %s and %s, want the same", a.DeliveryID, b.DeliveryID)
	}
}

func TestSeverity(t *testing.T) {
	t.Parallel()
	alert := func(status, labels string) string {
		return `{"status":"` + status + `","labels":{` + labels + `}}`
	}
	tests := map[string]struct {
		status string
		alerts []string
		want   webhook.Severity
	}{
		"critical":                    {"firing", []string{alert("firing", `"severity":"critical"`)}, webhook.Critical},
		"page, in capitals":           {"firing", []string{alert("firing", `"severity":"PAGE"`)}, webhook.Critical},
		"warning":                     {"firing", []string{alert("firing", `"severity":"warning"`)}, webhook.Warning},
		"info":                        {"firing", []string{alert("firing", `"severity":"info"`)}, webhook.Info},
		"none said":                   {"firing", []string{alert("firing", "")}, webhook.Error},
		"a word of one's own":         {"firing", []string{alert("firing", `"severity":"sev2"`)}, webhook.Error},
		"no data":                     {"firing", []string{alert("firing", `"alertname":"DatasourceNoData"`)}, webhook.Warning},
		"the worst counts":            {"firing", []string{alert("firing", `"severity":"info"`), alert("firing", `"severity":"critical"`)}, webhook.Critical},
		"what is over does not count": {"firing", []string{alert("firing", `"severity":"info"`), alert("resolved", `"severity":"critical"`)}, webhook.Info},
		"resolved":                    {"resolved", []string{alert("resolved", `"severity":"critical"`)}, webhook.Notice},
		"firing without alerts":       {"firing", nil, webhook.Error},
		"nothing known":               {"", nil, webhook.Info},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body := `{"status":"` + tt.status + `","alerts":[` + strings.Join(tt.alerts, ",") + `]}`
			if got := event(t, body).Severity; got != tt.want {
				t.Errorf("severity %s, want %s", got, tt.want)
			}
		})
	}
}

func TestSilencesMatchExactly(t *testing.T) {
	t.Parallel()
	e := event(t, `{"status":"firing","externalURL":"https://a.example/","alerts":[{"labels":{"path":"a \"b\" & c+d"}}]}`)
	want := webhook.Link{Text: "Silence", URL: "https://a.example/#/silences/new?filter=%7Bpath%3D%22a%20%5C%22b%5C%22%20%26%20c%2Bd%22%7D"}
	if len(e.Links) != 1 || e.Links[0] != want {
		t.Errorf("links %v, want %v alone", e.Links, want)
	}
}

func TestLongGroupKeysStayApart(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("k", 1000)
	a := event(t, `{"groupKey":"`+long+`a"}`).Thread
	b := event(t, `{"groupKey":"`+long+`b"}`).Thread
	if a == b || len(a) > 100 || !strings.HasPrefix(a, "alertmanager:") {
		t.Errorf("threads %s and %s, want two short ones", a, b)
	}
}

func identify(t *testing.T, body string) source.Identity {
	t.Helper()
	id, err := alertmanager.Source{}.Identify(request(body))
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func event(t *testing.T, body string) webhook.Event {
	t.Helper()
	events, err := alertmanager.Source{}.Events(request(body))
	if err != nil || len(events) != 1 {
		t.Fatalf("got %d events, %v, want one", len(events), err)
	}
	return events[0]
}

func request(body string) *webhook.Request {
	return &webhook.Request{
		Method: http.MethodPost, Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte(body),
	}
}
