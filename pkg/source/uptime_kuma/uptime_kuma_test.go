package uptimekuma_test

import (
	"net/http"
	"testing"
	"time"

	"postern/pkg/source"
	"postern/pkg/source/sourcetest"
	uptimekuma "postern/pkg/source/uptime_kuma"
	"postern/pkg/webhook"
)

func suite() sourcetest.Suite { return sourcetest.Suite{Source: uptimekuma.Source{}} }

func TestContract(t *testing.T) { sourcetest.Run(t, suite()) }

func FuzzUptimeKuma(f *testing.F) { sourcetest.Fuzz(f, suite()) }

func TestDefinition(t *testing.T) {
	t.Parallel()
	d := uptimekuma.Definition()
	if d.Name != "uptime_kuma" || !d.Duplicates {
		t.Errorf("Definition() = %+v, want uptime_kuma with duplicates", d)
	}
	s, err := d.Build(func(any) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	if _, signed := s.(source.Signed); signed {
		t.Error("it brings a verification of its own, but Uptime Kuma signs nothing")
	}
}

func TestContentIsTheDeliveryID(t *testing.T) {
	t.Parallel()
	const down = `{"heartbeat":{"status":0,"time":"2026-01-02 03:04:00"},"monitor":{"id":7},"msg":"a"}`
	tests := map[string]struct {
		first, second string
		same          bool
	}{
		"the same again":     {down, down, true},
		"another wording":    {down, `{"heartbeat":{"status":0,"time":"2026-01-02 03:04:00"},"monitor":{"id":7},"msg":"b"}`, true},
		"another state":      {down, `{"heartbeat":{"status":1,"time":"2026-01-02 03:04:00"},"monitor":{"id":7},"msg":"a"}`, false},
		"another time":       {down, `{"heartbeat":{"status":0,"time":"2026-01-02 03:05:00"},"monitor":{"id":7},"msg":"a"}`, false},
		"another monitor":    {down, `{"heartbeat":{"status":0,"time":"2026-01-02 03:04:00"},"monitor":{"id":8},"msg":"a"}`, false},
		"two tests":          {`{"heartbeat":null,"msg":"a"}`, `{"heartbeat":null,"msg":"a"}`, true},
		"two certificates":   {`{"heartbeat":null,"msg":"a"}`, `{"heartbeat":null,"msg":"b"}`, false},
		"a test and nothing": {`{"msg":"a"}`, `{}`, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, b := identify(t, tt.first), identify(t, tt.second)
			if (a.DeliveryID == b.DeliveryID) != tt.same {
				t.Errorf("delivery ids %s and %s, want the same: %t", a.DeliveryID, b.DeliveryID, tt.same)
			}
			if a.DeliveryID == "" || a.Window <= 0 || a.Window > time.Minute {
				t.Errorf("got %+v, want a delivery id for a minute at most", a)
			}
		})
	}
}

// Whatever way it is sent, it is the same notification.
func TestShapesAgree(t *testing.T) {
	t.Parallel()
	asJSON := request(`{"heartbeat":{"status":0,"time":"t","msg":"why"},"monitor":{"id":7,"name":"Shop"},"msg":"m"}`)
	asForm := request("--x\r\nContent-Disposition: form-data; name=\"data\"\r\n\r\n" + string(asJSON.Body) + "\r\n--x--\r\n")
	asForm.Header.Set("Content-Type", "multipart/form-data; boundary=x")
	asQuery := request("")
	asQuery.Method = http.MethodGet
	asQuery.RawQuery = `msg=m&heartbeat={"status":0,"time":"t","msg":"why"}&monitor={"id":7,"name":"Shop"}`
	want := event(t, asJSON)
	for name, r := range map[string]*webhook.Request{"form": asForm, "query": asQuery} {
		got := event(t, r)
		if got.Title != want.Title || got.DeliveryID != want.DeliveryID || got.Type != "down" {
			t.Errorf("%s: %s %q %s, want %s %q %s", name, got.Type, got.Title, got.DeliveryID, want.Type, want.Title, want.DeliveryID)
		}
	}
}

func TestStates(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		body     string
		kind     string
		severity webhook.Severity
	}{
		"down":          {`{"heartbeat":{"status":0}}`, "down", webhook.Error},
		"up":            {`{"heartbeat":{"status":1}}`, "up", webhook.Notice},
		"pending":       {`{"heartbeat":{"status":2}}`, "pending", webhook.Warning},
		"maintenance":   {`{"heartbeat":{"status":3}}`, "maintenance", webhook.Info},
		"a later one":   {`{"heartbeat":{"status":9}}`, "message", webhook.Info},
		"a test":        {`{"heartbeat":null,"monitor":null,"msg":"Testing"}`, "message", webhook.Info},
		"a certificate": {`{"heartbeat":null,"monitor":null,"msg":"certificate will expire in 3 days"}`, "message", webhook.Warning},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := event(t, request(tt.body))
			if e.Type != tt.kind || e.Severity != tt.severity || !e.Default {
				t.Errorf("type %s, severity %s, default %t; want %s, %s, true", e.Type, e.Severity, e.Default, tt.kind, tt.severity)
			}
		})
	}
}

func TestAddressesWithPasswordsAreNotTold(t *testing.T) {
	t.Parallel()
	e := event(t, request(`{"heartbeat":{"status":0},"monitor":{"name":"db","url":"https://me:pass@db.example.com/"}}`))
	if e.URL != "" || len(e.Fields) > 0 {
		t.Errorf("url %q and fields %v, want neither", e.URL, e.Fields)
	}
}

func identify(t *testing.T, body string) source.Identity {
	t.Helper()
	id, err := uptimekuma.Source{}.Identify(request(body))
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func event(t *testing.T, r *webhook.Request) webhook.Event {
	t.Helper()
	events, err := uptimekuma.Source{}.Events(r)
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
