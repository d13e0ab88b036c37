package pagerduty_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"testing"

	"postern/pkg/secret"
	"postern/pkg/source/pagerduty"
	"postern/pkg/source/sourcetest"
	"postern/pkg/verify"
	"postern/pkg/webhook"
)

func suite() sourcetest.Suite { return sourcetest.Suite{Source: pagerduty.Source{}} }

func TestContract(t *testing.T) { sourcetest.Run(t, suite()) }

func FuzzPagerDuty(f *testing.F) { sourcetest.Fuzz(f, suite()) }

func TestDefinition(t *testing.T) {
	t.Parallel()
	d := pagerduty.Definition()
	if d.Name != "pagerduty" || !d.Duplicates {
		t.Errorf("Definition() = %+v, want pagerduty with duplicates", d)
	}
	if s, err := d.Build(func(any) error { return nil }); err != nil || s == nil {
		t.Errorf("Build gave %v, %v", s, err)
	}
}

func TestVerification(t *testing.T) {
	t.Parallel()
	const body = `{"hello":"wörld"}`
	genuine := sign("test-secret", body)
	if want := "v1=8cbcc5e800d167afca2d93df1400b54b061e98b8e417d9c6450385633af3cd73"; genuine != want {
		t.Fatalf("the vector: got %s, want %s", genuine, want)
	}
	other := sign("another", body)
	tests := map[string]struct {
		signature []string
		body      string
		want      error
	}{
		"genuine":              {[]string{genuine}, body, nil},
		"the second of two":    {[]string{other + "," + genuine}, body, nil},
		"the first of two":     {[]string{genuine + "," + other}, body, nil},
		"neither of two":       {[]string{other + "," + other}, body, verify.ErrRejected},
		"changed body":         {[]string{genuine}, body + " ", verify.ErrRejected},
		"an unknown version":   {[]string{"v0" + genuine[2:]}, body, verify.ErrRejected},
		"no version":           {[]string{genuine[3:]}, body, verify.ErrRejected},
		"none":                 {nil, body, verify.ErrMissing},
		"an empty header":      {[]string{""}, body, verify.ErrMissing},
		"given in two headers": {[]string{genuine, genuine}, body, verify.ErrRejected},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v, err := pagerduty.Source{}.Verification(verify.Keys{Secrets: []secret.Text{secret.New("test-secret")}})
			if err == nil {
				header := http.Header{}
				for _, s := range tt.signature {
					header.Add("X-PagerDuty-Signature", s)
				}
				err = v.Verify(t.Context(), &webhook.Request{Header: header, Body: []byte(tt.body)})
			}
			if !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
}

func TestChallengeAnswersPingOnly(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		body string
		want bool
	}{
		"a ping":         {`{"event":{"event_type":"pagey.ping"}}`, true},
		"an incident":    {`{"event":{"event_type":"incident.triggered"}}`, false},
		"no event":       {`{"event_type":"pagey.ping"}`, false},
		"a list":         {`[]`, false},
		"no JSON at all": {`pagey.ping`, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answer, ok := pagerduty.Source{}.Challenge(request(tt.body))
			if ok != tt.want || ok && answer.Status != http.StatusOK {
				t.Errorf("got %t with %d, want %t, with 200", ok, answer.Status, tt.want)
			}
		})
	}
}

func TestSeverityAndDefault(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		kind, urgency string
		severity      webhook.Severity
		told          bool
	}{
		"high":            {"incident.triggered", "high", webhook.Critical, true},
		"low":             {"incident.triggered", "low", webhook.Warning, true},
		"none said":       {"incident.triggered", "", webhook.Error, true},
		"escalated":       {"incident.escalated", "high", webhook.Critical, true},
		"reopened":        {"incident.reopened", "low", webhook.Warning, true},
		"acknowledged":    {"incident.acknowledged", "high", webhook.Notice, true},
		"resolved":        {"incident.resolved", "high", webhook.Notice, true},
		"reassigned":      {"incident.reassigned", "high", webhook.Info, false},
		"a note":          {"incident.annotated", "high", webhook.Info, false},
		"about a service": {"service.updated", "", webhook.Info, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body := `{"event":{"event_type":"` + tt.kind + `","data":{"urgency":"` + tt.urgency + `"}}}`
			events, err := pagerduty.Source{}.Events(request(body))
			if err != nil || len(events) != 1 {
				t.Fatalf("got %d events, %v, want one", len(events), err)
			}
			if e := events[0]; e.Severity != tt.severity || e.Default != tt.told {
				t.Errorf("severity %s, default %t; want %s, %t", e.Severity, e.Default, tt.severity, tt.told)
			}
		})
	}
}

func sign(key, body string) string {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(body))
	return "v1=" + hex.EncodeToString(mac.Sum(nil))
}

func request(body string) *webhook.Request {
	return &webhook.Request{
		Method: http.MethodPost, Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte(body),
	}
}
