package vercel_test

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"net/http"
	"testing"

	"postern/pkg/secret"
	"postern/pkg/source/sourcetest"
	"postern/pkg/source/vercel"
	"postern/pkg/verify"
	"postern/pkg/verify/verifytest"
	"postern/pkg/webhook"
)

func suite() sourcetest.Suite { return sourcetest.Suite{Source: vercel.Source{}} }

func TestContract(t *testing.T) { sourcetest.Run(t, suite()) }

func FuzzVercel(f *testing.F) { sourcetest.Fuzz(f, suite()) }

func TestDefinition(t *testing.T) {
	t.Parallel()
	d := vercel.Definition()
	if s, err := d.Build(func(any) error { return nil }); d.Name != "vercel" || !d.Duplicates || d.Unauthorized || s == nil || err != nil {
		t.Errorf("got %+v, %v, %v, want vercel with duplicates", d, s, err)
	}
}

func TestVerificationContract(t *testing.T) {
	verifytest.Run(t, verifytest.Scheme{
		New: verifier,
		Sign: func(r *webhook.Request, key secret.Text) {
			r.Header.Set("x-vercel-signature", sign(key.Reveal(), string(r.Body)))
		},
		Credential: verifytest.Place{Header: "x-vercel-signature", Encoding: verifytest.Hex},
	})
}

func TestVerification(t *testing.T) {
	t.Parallel()
	const body = `{"hello":"wörld"}`
	const genuine = "c39bba0f908b8b286b8bb8a491bdf72a41353924"
	if got := sign("test-secret", body); got != genuine {
		t.Fatalf("the vector: got %s, want %s", got, genuine)
	}
	tests := map[string]struct {
		signatures []string
		body       string
		want       error
	}{
		"genuine":              {[]string{genuine}, body, nil},
		"changed body":         {[]string{genuine}, body + " ", verify.ErrRejected},
		"another secret":       {[]string{sign("another", body)}, body, verify.ErrRejected},
		"none":                 {nil, body, verify.ErrMissing},
		"an empty header":      {[]string{""}, body, verify.ErrMissing},
		"given in two headers": {[]string{genuine, genuine}, body, verify.ErrRejected},
		"cut short":            {[]string{genuine[:20]}, body, verify.ErrRejected},
		"with a prefix":        {[]string{"sha1=" + genuine}, body, verify.ErrRejected},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v, err := verifier(secret.New("old"), secret.New("test-secret"))
			if err == nil {
				header := http.Header{}
				for _, s := range tt.signatures {
					header.Add("x-vercel-signature", s)
				}
				err = v.Verify(t.Context(), &webhook.Request{Header: header, Body: []byte(tt.body)})
			}
			if !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
}

func TestSeverityAndDefault(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		kind, target string
		severity     webhook.Severity
		told         bool
	}{
		"production failed":        {"deployment.error", "production", webhook.Error, true},
		"a preview failed":         {"deployment.error", "", webhook.Error, true},
		"production is up":         {"deployment.succeeded", "production", webhook.Notice, true},
		"a preview is up":          {"deployment.succeeded", "", webhook.Notice, false},
		"started":                  {"deployment.created", "production", webhook.Debug, false},
		"ready":                    {"deployment.ready", "production", webhook.Debug, false},
		"canceled":                 {"deployment.canceled", "production", webhook.Warning, false},
		"rolled back":              {"deployment.rollback", "production", webhook.Warning, true},
		"promoted":                 {"deployment.promoted", "production", webhook.Notice, true},
		"a check failed":           {"deployment.checks.failed", "", webhook.Error, true},
		"an attack":                {"firewall.attack", "", webhook.Error, true},
		"a rule fires too often":   {"firewall.custom-rule-anomaly", "", webhook.Warning, true},
		"a renewal failed":         {"domain.renewal.failed", "", webhook.Error, true},
		"a variable was changed":   {"project.env-variable.updated", "", webhook.Info, false},
		"a kind yet to come":       {"sandbox.hibernated", "", webhook.Info, false},
		"a kind that fails to be":  {"sandbox.start.failed", "", webhook.Error, true},
		"a domain lost its proof":  {"project.domain.unverified", "", webhook.Warning, true},
		"the end of a deployment":  {"deployment.cleanup", "", webhook.Debug, false},
		"money that is used up":    {"budget.reached", "", webhook.Warning, true},
		"a project that was ended": {"project.removed", "", webhook.Warning, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := event(t, `{"type":"`+tt.kind+`","payload":{"deployment":{"id":"dpl_1"},"target":"`+tt.target+`"}}`)
			if e.Severity != tt.severity || e.Default != tt.told {
				t.Errorf("severity %s, default %t; want %s, %t", e.Severity, e.Default, tt.severity, tt.told)
			}
		})
	}
}

func TestDeliveryID(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"id":"yk7O","payload":{"deployment":{"id":"dpl_1"}}}`: "yk7O",
		`{"payload":{"deployment":{"id":"dpl_1"}}}`:             "",
	} {
		t.Run(body, func(t *testing.T) {
			t.Parallel()
			id, err := vercel.Source{}.Identify(request(body))
			if err != nil || id.DeliveryID != want || id.Window != 0 {
				t.Errorf("got %+v, %v, want %q of the sender's own", id, err, want)
			}
		})
	}
}

func TestAnUnsafeSiteIsNoLink(t *testing.T) {
	t.Parallel()
	for _, site := range []string{"", "a b", "user@evil.example", `x\"><script>`, "x`y"} {
		e := event(t, `{"type":"deployment.succeeded","payload":{"deployment":{"url":"`+site+`"}}}`)
		if len(e.Links) > 0 {
			t.Errorf("%q becomes %v, want no link", site, e.Links)
		}
	}
}

func verifier(secrets ...secret.Text) (verify.Verifier, error) {
	return vercel.Source{}.Verification(verify.Keys{Secrets: secrets})
}

func event(t *testing.T, body string) webhook.Event {
	t.Helper()
	events, err := vercel.Source{}.Events(request(body))
	if err != nil || len(events) != 1 {
		t.Fatalf("got %d events, %v, want one", len(events), err)
	}
	return events[0]
}

func sign(key, body string) string {
	mac := hmac.New(sha1.New, []byte(key))
	mac.Write([]byte(body))
	return hex.EncodeToString(mac.Sum(nil))
}

func request(body string) *webhook.Request {
	return &webhook.Request{
		Method: http.MethodPost, Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte(body),
	}
}
