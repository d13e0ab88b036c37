package netlify_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"postern/pkg/secret"
	"postern/pkg/source"
	"postern/pkg/source/netlify"
	"postern/pkg/source/sourcetest"
	"postern/pkg/verify"
	"postern/pkg/verify/verifytest"
	"postern/pkg/webhook"
)

func suite() sourcetest.Suite { return sourcetest.Suite{Source: netlify.Source{}} }

func TestContract(t *testing.T) { sourcetest.Run(t, suite()) }

func FuzzNetlify(f *testing.F) { sourcetest.Fuzz(f, suite()) }

func TestDefinition(t *testing.T) {
	t.Parallel()
	d := netlify.Definition()
	if s, err := d.Build(func(any) error { return nil }); d.Name != "netlify" || !d.Duplicates || s == nil || err != nil {
		t.Errorf("got %+v, %v, %v, want netlify with duplicates", d, s, err)
	}
}

// body is that of the vector.
const body = `{"hello":"wörld"}`

func TestVerification(t *testing.T) {
	t.Parallel()
	const genuine = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJuZXRsaWZ5Iiwic2hhMjU2IjoiMTVmZTkzNmQ1YTVjNGE1NjRjOGRjOTAw" +
		"MjI4MDAwOTI2M2MwY2MwYmQwZjI4ZTE2NjUyNTI5YTlmODNiMmQyMyJ9.Nbok7Ej-p1QAiHYGAWC3qNL0q0INeckVCgSbrsG-wVk"
	if got := sign("test-secret", "HS256", "netlify"); got != genuine {
		t.Fatalf("the vector: got %s, want %s", got, genuine)
	}
	tests := map[string]struct {
		tokens []string
		body   string
		want   error
	}{
		"genuine":              {[]string{genuine}, body, nil},
		"changed body":         {[]string{genuine}, body + " ", verify.ErrRejected},
		"another secret":       {[]string{sign("another", "HS256", "netlify")}, body, verify.ErrRejected},
		"another issuer":       {[]string{sign("test-secret", "HS256", "netlifi")}, body, verify.ErrRejected},
		"another algorithm":    {[]string{sign("test-secret", "none", "netlify")}, body, verify.ErrRejected},
		"none":                 {nil, body, verify.ErrMissing},
		"an empty header":      {[]string{""}, body, verify.ErrMissing},
		"given in two headers": {[]string{genuine, genuine}, body, verify.ErrRejected},
		"cut short":            {[]string{genuine[:len(genuine)-4]}, body, verify.ErrRejected},
		"without a signature":  {[]string{genuine[:strings.LastIndexByte(genuine, '.')+1]}, body, verify.ErrRejected},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v, err := netlify.Source{}.Verification(verify.Keys{Secrets: []secret.Text{secret.New("old"), secret.New("test-secret")}})
			if err == nil {
				header := http.Header{}
				for _, token := range tt.tokens {
					header.Add("X-Webhook-Signature", token)
				}
				err = v.Verify(t.Context(), &webhook.Request{Header: header, Body: []byte(tt.body)})
			}
			if !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
}

func TestWithoutASecretNothingIsVerified(t *testing.T) {
	t.Parallel()
	if v, err := (netlify.Source{}).Verification(verify.Keys{}); err == nil || v != nil {
		t.Errorf("got %v, %v, want an error alone", v, err)
	}
}

func TestSeverityAndDefault(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		kind, body string
		severity   webhook.Severity
		told       bool
	}{
		"production":          {"deploy_created", `{"context":"production"}`, webhook.Notice, true},
		"a preview":           {"deploy_created", `{"context":"deploy-preview"}`, webhook.Notice, false},
		"it failed":           {"deploy_failed", `{"context":"deploy-preview"}`, webhook.Error, true},
		"it was skipped":      {"deploy_failed", `{"skipped":true}`, webhook.Info, false},
		"it began":            {"deploy_building", `{"context":"production"}`, webhook.Debug, false},
		"it failed at last":   {"deploy_failed_after_succeeding", `{}`, webhook.Error, true},
		"it works again":      {"deploy_succeeded_after_failing", `{}`, webhook.Notice, true},
		"waits for a person":  {"deploy_request_pending", `{}`, webhook.Warning, true},
		"a person let it":     {"deploy_request_accepted", `{}`, webhook.Notice, false},
		"a form":              {"submission_created", `{}`, webhook.Notice, true},
		"by its state alone":  {"", `{"state":"error"}`, webhook.Error, true},
		"a kind yet to come":  {"deploy_frozen", `{}`, webhook.Info, false},
		"nothing to tell by":  {"", `{"state":"enqueued"}`, webhook.Info, false},
		"an old one is back":  {"deploy_restored", `{}`, webhook.Warning, true},
		"one that is deleted": {"deploy_deleted", `{}`, webhook.Warning, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if e := event(t, tt.kind, tt.body); e.Severity != tt.severity || e.Default != tt.told {
				t.Errorf("severity %s, default %t; want %s, %t", e.Severity, e.Default, tt.severity, tt.told)
			}
		})
	}
}

func TestDeliveryID(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ kind, body, want string }{
		"deploy and state":    {"deploy_created", `{"id":"d1","state":"ready","updated_at":"t"}`, "d1:ready"},
		"said by no header":   {"", `{"id":"d1","state":"ready","updated_at":"u"}`, "d1:ready"},
		"the state before it": {"deploy_building", `{"id":"d1","state":"building"}`, "d1:building"},
		"another than ready":  {"deploy_locked", `{"id":"d1","state":"ready","updated_at":"t"}`, "d1:deploy_locked:t"},
		"a form":              {"submission_created", `{"id":"s1"}`, "s1:submission_created"},
		"none":                {"deploy_created", `{"state":"ready"}`, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			id, err := netlify.Source{}.Identify(request(tt.kind, tt.body))
			if err != nil || id.DeliveryID != tt.want || id.Window != 0 {
				t.Errorf("got %+v, %v, want %q of the sender's own", id, err, tt.want)
			}
		})
	}
}

func TestWhatIsNeverTold(t *testing.T) {
	t.Parallel()
	log := event(t, "deploy_failed", `{"name":"docs","log_access_attributes":{"url":"https://log.example/s3cret","token":"s3cret"}}`)
	form := event(t, "submission_created", `{"form_name":"contact","email":"visitor@example.com","name":"s3cret","body":"s3cret",
		"summary":"s3cret","data":{"phone":"s3cret"},"human_fields":{"Phone":"s3cret"},"title":"s3cret"}`)
	told := fmt.Sprintf("%+v %+v %+v %+v", log, netlify.Source{}.Message(log, source.English, source.Full),
		form, netlify.Source{}.Message(form, source.English, source.Full))
	if strings.Contains(told, "s3cret") || strings.Contains(told, "visitor@") || !strings.Contains(told, "v***@example.com") {
		t.Errorf("got %s, want neither keys nor what a visitor wrote", told)
	}
}

func event(t *testing.T, kind, body string) webhook.Event {
	t.Helper()
	events, err := netlify.Source{}.Events(request(kind, body))
	if err != nil || len(events) != 1 {
		t.Fatalf("got %d events, %v, want one", len(events), err)
	}
	return events[0]
}

// sign makes a token for body as Netlify does.
func sign(key, algorithm, issuer string) string {
	sum := sha256.Sum256([]byte(body))
	encode := base64.RawURLEncoding.EncodeToString
	signed := encode([]byte(`{"alg":"`+algorithm+`","typ":"JWT"}`)) + "." +
		encode([]byte(`{"iss":"`+issuer+`","sha256":"`+hex.EncodeToString(sum[:])+`"}`))
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(signed))
	return signed + "." + encode(mac.Sum(nil))
}

func request(kind, body string) *webhook.Request {
	header := http.Header{"Content-Type": {"application/json"}}
	if kind != "" {
		header.Set("X-Netlify-Event", kind)
	}
	return &webhook.Request{Method: http.MethodPost, Header: header, Body: []byte(body)}
}

func TestExplain(t *testing.T) {
	t.Parallel()
	mistake := func(name, value, says string) verifytest.Mistake {
		v, err := netlify.Source{}.Verification(verify.Keys{Secrets: []secret.Text{secret.New("test-secret")}})
		if err != nil {
			t.Fatal(err)
		}
		r := &webhook.Request{Header: http.Header{}, Body: []byte(body)}
		r.Header.Set(name, value)
		return verifytest.Mistake{Verifier: v, Request: r, Says: says, Hidden: []secret.Text{secret.New("test-secret")}}
	}
	verifytest.RunExplain(t, map[string]verifytest.Mistake{
		"no secret there":     mistake("X-Netlify-Event", "deploy_created", "the X-Webhook-Signature header is missing: is a secret set at the sender?"),
		"a blank there":       mistake("X-Webhook-Signature", sign("test-secret ", "HS256", "netlify"), "a trailing blank at the sender"),
		"another algorithm":   mistake("X-Webhook-Signature", sign("test-secret", "HS512", "netlify"), "signed with HS512, and HS256 is wanted"),
		"a stranger's secret": mistake("X-Webhook-Signature", sign("another", "HS256", "netlify"), ""),
	})
}
