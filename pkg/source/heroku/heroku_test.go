package heroku_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"postern/pkg/secret"
	"postern/pkg/source"
	"postern/pkg/source/heroku"
	"postern/pkg/source/sourcetest"
	"postern/pkg/verify"
	"postern/pkg/verify/verifytest"
	"postern/pkg/webhook"
)

const signature = "Heroku-Webhook-Hmac-SHA256"

func suite() sourcetest.Suite { return sourcetest.Suite{Source: heroku.Source{}} }

func TestContract(t *testing.T) { sourcetest.Run(t, suite()) }

func FuzzHeroku(f *testing.F) { sourcetest.Fuzz(f, suite()) }

func TestDefinition(t *testing.T) {
	t.Parallel()
	d := heroku.Definition()
	if s, err := d.Build(func(any) error { return nil }); d.Name != "heroku" || !d.Duplicates || s == nil || err != nil {
		t.Errorf("got %+v, %v, %v, want heroku with duplicates", d, s, err)
	}
}

func TestVerificationContract(t *testing.T) {
	verifytest.Run(t, verifytest.Scheme{
		New:        verifier,
		Sign:       func(r *webhook.Request, key secret.Text) { r.Header.Set(signature, sign(key.Reveal(), string(r.Body))) },
		Credential: verifytest.Place{Header: signature, Encoding: verifytest.Base64},
	})
}

func TestVerification(t *testing.T) {
	t.Parallel()
	const body = `{"hello":"wörld"}`
	const genuine = "jLzF6ADRZ6/KLZPfFAC1SwYemLjkF9nGRQOFYzrzzXM="
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
		"cut short":            {[]string{genuine[:40]}, body, verify.ErrRejected},
		"in hex":               {[]string{"8cbcc5e800d167afca2d93df1400b54b061e98b8e417d9c6450385633af3cd73"}, body, verify.ErrRejected},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v, err := verifier(secret.New("old"), secret.New("test-secret"))
			if err == nil {
				header := http.Header{}
				for _, s := range tt.signatures {
					header.Add(signature, s)
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
		kind, action, data string
		severity           webhook.Severity
		told               bool
	}{
		"a build failed":          {"build", "update", `"status":"failed"`, webhook.Error, true},
		"a build began":           {"build", "create", `"status":"pending"`, webhook.Debug, false},
		"a build passed":          {"build", "update", `"status":"succeeded"`, webhook.Info, false},
		"a release is current":    {"release", "update", `"status":"succeeded","current":true`, webhook.Notice, true},
		"a release was current":   {"release", "update", `"status":"succeeded","current":false`, webhook.Notice, false},
		"a release was made":      {"release", "create", `"status":"succeeded","current":true`, webhook.Notice, false},
		"a release failed":        {"release", "update", `"status":"failed"`, webhook.Error, true},
		"a dyno crashed":          {"dyno", "update", `"state":"crashed"`, webhook.Error, true},
		"a dyno is up":            {"dyno", "create", `"state":"up"`, webhook.Debug, false},
		"a dyno went":             {"dyno", "destroy", `"state":"down"`, webhook.Debug, false},
		"it was scaled":           {"formation", "update", `"quantity":2`, webhook.Info, false},
		"somebody came":           {"collaborator", "create", ``, webhook.Notice, true},
		"somebody went":           {"collaborator", "destroy", ``, webhook.Warning, true},
		"an add-on was changed":   {"addon", "update", `"state":"provisioning"`, webhook.Info, false},
		"an app is no more":       {"app", "destroy", ``, webhook.Warning, true},
		"a resource yet to come":  {"pipeline", "create", ``, webhook.Notice, false},
		"a resource and no state": {"build", "update", ``, webhook.Info, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := event(t, `{"resource":"`+tt.kind+`","action":"`+tt.action+`","data":{`+tt.data+`}}`)
			if e.Severity != tt.severity || e.Default != tt.told {
				t.Errorf("severity %s, default %t; want %s, %t", e.Severity, e.Default, tt.severity, tt.told)
			}
		})
	}
}

func TestDeliveryID(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"id":"e1","webhook_metadata":{"delivery":{"id":"d1"},"attempt":{"id":"a1"}}}`: "d1",
		`{"id":"e1","webhook_metadata":{"attempt":{"id":"a1"}}}`:                        "e1",
		`{}`: "",
	} {
		t.Run(body, func(t *testing.T) {
			t.Parallel()
			id, err := heroku.Source{}.Identify(request(body))
			if err != nil || id.DeliveryID != want || id.Window != 0 {
				t.Errorf("got %+v, %v, want %q of the sender's own", id, err, want)
			}
		})
	}
}

func TestWhatIsNeverTold(t *testing.T) {
	t.Parallel()
	e := event(t, `{"resource":"dyno","action":"create","actor":{"email":"mona@s3cret.example"},"data":{"state":"up","name":"run.1","type":"run",
		"command":"s3cret","attach_url":"rendezvous://s3cret","output_stream_url":"https://s3cret.example/","web_url":"https://x.example/?s3cret",
		"config_vars":["s3cret"],"certificate_chain":"s3cret"},"previous_data":{"command":"s3cret"}}`)
	told := fmt.Sprintf("%+v %+v", e, heroku.Source{}.Message(e, source.English, source.Full))
	if strings.Contains(told, "s3cret") || !strings.Contains(told, "mona") {
		t.Errorf("got %s, want who it was, and no address of a log or command", told)
	}
}

func verifier(secrets ...secret.Text) (verify.Verifier, error) {
	return heroku.Source{}.Verification(verify.Keys{Secrets: secrets})
}

func event(t *testing.T, body string) webhook.Event {
	t.Helper()
	events, err := heroku.Source{}.Events(request(body))
	if err != nil || len(events) != 1 {
		t.Fatalf("got %d events, %v, want one", len(events), err)
	}
	return events[0]
}

func sign(key, body string) string {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(body))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func request(body string) *webhook.Request {
	return &webhook.Request{
		Method: http.MethodPost, Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte(body),
	}
}
