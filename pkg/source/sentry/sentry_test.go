package sentry_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"postern/pkg/secret"
	"postern/pkg/source"
	"postern/pkg/source/sentry"
	"postern/pkg/source/sourcetest"
	"postern/pkg/verify"
	"postern/pkg/webhook"
)

func suite() sourcetest.Suite { return sourcetest.Suite{Source: sentry.Source{}} }

func TestContract(t *testing.T) { sourcetest.Run(t, suite()) }

func FuzzSentry(f *testing.F) { sourcetest.Fuzz(f, suite()) }

func TestDefinition(t *testing.T) {
	t.Parallel()
	d := sentry.Definition()
	if d.Name != "sentry" || d.MaxBody != 2<<20 || !d.Duplicates {
		t.Errorf("Definition() = %+v, want sentry with 2 MiB and duplicates", d)
	}
	if s, err := d.Build(func(any) error { return nil }); err != nil || s == nil {
		t.Errorf("Build gave %v, %v", s, err)
	}
}

func TestVerification(t *testing.T) {
	t.Parallel()
	const body = `{"hello":"wörld"}`
	mac := hmac.New(sha256.New, []byte("test-secret"))
	mac.Write([]byte(body))
	signature := hex.EncodeToString(mac.Sum(nil))
	if want := "8cbcc5e800d167afca2d93df1400b54b061e98b8e417d9c6450385633af3cd73"; signature != want {
		t.Fatalf("the vector: got %s, want %s", signature, want)
	}
	keys := []secret.Text{secret.New("an older one"), secret.New("test-secret")}
	tests := map[string]struct {
		secrets []secret.Text
		header  http.Header
		body    string
		want    error
	}{
		"genuine":       {keys, http.Header{"Sentry-Hook-Signature": {signature}}, body, nil},
		"changed body":  {keys, http.Header{"Sentry-Hook-Signature": {signature}}, body + " ", verify.ErrRejected},
		"cut short":     {keys, http.Header{"Sentry-Hook-Signature": {signature[:62]}}, body, verify.ErrRejected},
		"none":          {keys, http.Header{"Sentry-Hook-Timestamp": {"1700000000"}}, body, verify.ErrMissing},
		"without a key": {nil, http.Header{"Sentry-Hook-Signature": {signature}}, body, verify.ErrNotConfigured},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v, err := sentry.Source{}.Verification(verify.Keys{Secrets: tt.secrets})
			if err == nil {
				err = v.Verify(t.Context(), &webhook.Request{Header: tt.header, Body: []byte(tt.body)})
			}
			if !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
}

func TestSeverity(t *testing.T) {
	t.Parallel()
	issue := func(level string) string { return `{"action":"created","data":{"issue":{"level":"` + level + `"}}}` }
	tests := map[string]struct {
		resource, body string
		want           webhook.Severity
	}{
		"fatal":          {"issue", issue("fatal"), webhook.Critical},
		"error":          {"issue", issue("error"), webhook.Error},
		"warning":        {"issue", issue("warning"), webhook.Warning},
		"info":           {"issue", issue("info"), webhook.Info},
		"debug":          {"issue", issue("debug"), webhook.Debug},
		"none said":      {"issue", issue(""), webhook.Error},
		"resolved":       {"issue", `{"action":"resolved","data":{"issue":{"level":"fatal"}}}`, webhook.Notice},
		"assigned":       {"issue", `{"action":"assigned","data":{"issue":{"level":"fatal"}}}`, webhook.Info},
		"metric warning": {"metric_alert", `{"action":"warning"}`, webhook.Warning},
		"metric is over": {"metric_alert", `{"action":"resolved"}`, webhook.Notice},
		"an alert":       {"event_alert", `{"data":{"event":{"level":"fatal"}}}`, webhook.Critical},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := event(t, tt.resource, tt.body).Severity; got != tt.want {
				t.Errorf("severity %s, want %s", got, tt.want)
			}
		})
	}
}

func TestDefaultEvents(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		resource, action string
		want             bool
	}{
		"alert":            {"event_alert", "triggered", true},
		"metric":           {"metric_alert", "warning", true},
		"new issue":        {"issue", "created", true},
		"issue resolved":   {"issue", "resolved", true},
		"issue back":       {"issue", "unresolved", true},
		"issue assigned":   {"issue", "assigned", false},
		"comment":          {"comment", "created", false},
		"error":            {"error", "created", false},
		"installation":     {"installation", "created", false},
		"the old plugin":   {"", "", true},
		"what comes later": {"seer", "root_cause_started", false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := event(t, tt.resource, `{"action":"`+tt.action+`"}`).Default; got != tt.want {
				t.Errorf("default %t, want %t", got, tt.want)
			}
		})
	}
}

func TestInstallationCodeIsNotTold(t *testing.T) {
	t.Parallel()
	e := event(t, "installation", `{"action":"created","data":{"installation":{"code":"c0de","status":"pending"}}}`)
	m := sentry.Source{}.Message(e, source.English, source.Full)
	if told := fmt.Sprintf("%+v", m); strings.Contains(told, "c0de") || !strings.Contains(told, "pending") {
		t.Errorf("the message is %s, want the status and not the code", told)
	}
}

func event(t *testing.T, resource, body string) webhook.Event {
	t.Helper()
	r := &webhook.Request{Method: http.MethodPost, Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte(body)}
	if resource != "" {
		r.Header.Set("Sentry-Hook-Resource", resource)
	}
	events, err := sentry.Source{}.Events(r)
	if err != nil || len(events) != 1 {
		t.Fatalf("got %d events, %v, want one", len(events), err)
	}
	return events[0]
}
