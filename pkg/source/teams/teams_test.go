package teams_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"strings"
	"testing"

	"postern/pkg/secret"
	"postern/pkg/source/sourcetest"
	"postern/pkg/source/teams"
	"postern/pkg/verify"
	"postern/pkg/webhook"
)

const token = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="

func suite() sourcetest.Suite { return sourcetest.Suite{Source: teams.Source{}} }

func TestContract(t *testing.T) { sourcetest.Run(t, suite()) }

func FuzzTeams(f *testing.F) { sourcetest.Fuzz(f, suite()) }

func TestDefinition(t *testing.T) {
	t.Parallel()
	d := teams.Definition()
	if d.Name != "teams" || !d.Duplicates {
		t.Errorf("Definition() = %+v, want teams with duplicates", d)
	}
	if s, err := d.Build(func(any) error { return nil }); err != nil || s == nil {
		t.Errorf("Build gave %v, %v", s, err)
	}
}

func TestVerification(t *testing.T) {
	t.Parallel()
	const body = `{"hello":"wörld"}`
	genuine := sign("0123456789abcdef0123456789abcdef", body)
	if want := "HMAC wsWINlbGpjD3gFxc28AvhqdgJqTNfQvK1C0liG8GkTY="; genuine != want {
		t.Fatalf("the vector: got %s, want %s", genuine, want)
	}
	tests := map[string]struct {
		header, body string
		want         error
	}{
		"genuine":                    {genuine, body, nil},
		"the token itself as key":    {sign(token, body), body, verify.ErrRejected},
		"changed body":               {genuine, body + " ", verify.ErrRejected},
		"another scheme":             {"Bearer" + genuine[4:], body, verify.ErrRejected},
		"the scheme alone":           {"HMAC ", body, verify.ErrRejected},
		"in hex":                     {"HMAC 00112233", body, verify.ErrRejected},
		"none":                       {"", body, verify.ErrMissing},
		"the token for a credential": {"HMAC " + token, body, verify.ErrRejected},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v, err := teams.Source{}.Verification(verify.Keys{Secrets: []secret.Text{secret.New(token)}})
			if err == nil {
				err = v.Verify(t.Context(), &webhook.Request{Header: http.Header{"Authorization": {tt.header}}, Body: []byte(tt.body)})
			}
			if !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
}

func TestATokenThatIsNoBase64IsAFault(t *testing.T) {
	t.Parallel()
	v, err := teams.Source{}.Verification(verify.Keys{Secrets: []secret.Text{secret.New("s3cret-not base64")}})
	if err == nil || v != nil || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("got %v, %v, want an error without the secret", v, err)
	}
}

func TestAnswer(t *testing.T) {
	t.Parallel()
	for language, want := range map[string]string{
		"en-US": "Accepted.", "ja-JP": "受け付けました。", "zh-CN": "已受理。", "fr-FR": "Accepted.", "": "Accepted.",
	} {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			answer, ok := teams.Source{}.Answer(request(`{"type":"message","locale":"` + language + `"}`))
			if !ok || answer.Status != http.StatusOK || string(answer.Body) != `{"type":"message","text":"`+want+`"}` {
				t.Errorf("got %t, %d %s, want 200 with %s", ok, answer.Status, answer.Body, want)
			}
		})
	}
}

func TestTextIsWithoutMarkup(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		`<at>Deployer</at> web`:                                "web",
		`<p><at id=\"0\">Deployer</at>&nbsp;web &amp; api</p>`: "web & api",
		`a &lt;b&gt; c`:                                        "a <b> c",
		`1 <2`:                                                 "1 <2",
		`<a href=\"https://example.com\">the page</a>`: "the page",
		`<script>x</script>`:                           "<script>x</script>",
	} {
		t.Run(given, func(t *testing.T) {
			t.Parallel()
			events, err := teams.Source{}.Events(request(`{"type":"message","text":"` + given + `"}`))
			if err != nil || events[0].Subject.Title != want {
				t.Errorf("got %+v, %v, want %q", events, err, want)
			}
		})
	}
}

func sign(key, body string) string {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(body))
	return "HMAC " + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func request(body string) *webhook.Request {
	return &webhook.Request{
		Method: http.MethodPost, Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte(body),
	}
}
