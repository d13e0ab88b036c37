package examples_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"strings"
	"testing"
	"time"

	"postern/pkg/chat"
	"postern/pkg/plugin"
	"postern/pkg/plugin/examples"
	"postern/pkg/plugin/plugintest"
	"postern/pkg/webhook"
)

const (
	githubSecret = "a secret of this test"
	token        = "a token of this test"
)

// endpoint mounts the plugin with everything set.
func endpoint(t *testing.T, path string) plugin.Endpoint {
	t.Helper()
	return plugintest.Mount(t, examples.Plugin(), map[string]any{
		"github_secret": githubSecret, "token": token, "notification_chat_key": "team",
	}).Endpoint(path)
}

func request(method, contentType string, body []byte) *webhook.Request {
	return &webhook.Request{
		Method:     method,
		Header:     http.Header{"Content-Type": {contentType}},
		Body:       body,
		ReceivedAt: time.Date(2026, 11, 24, 2, 0, 0, 0, time.UTC),
	}
}

// fromGitHub is what GitHub sends, signed.
func fromGitHub(event, body string) *webhook.Request {
	r := request(http.MethodPost, "application/json", []byte(body))
	mac := hmac.New(sha256.New, []byte(githubSecret))
	mac.Write(r.Body)
	r.Header.Set("X-Hub-Signature-256", "sha256="+hex.EncodeToString(mac.Sum(nil)))
	r.Header.Set("X-GitHub-Event", event)
	r.Header.Set("X-GitHub-Delivery", "72d3162e-cc78-11e3-81ab-4c9367dc0958")
	return r
}

// withToken adds the bearer token.
func withToken(r *webhook.Request) *webhook.Request {
	r.Header.Set("Authorization", "Bearer "+token)
	return r
}

func startJob(body string) *webhook.Request {
	return withToken(request(http.MethodPost, "application/json", []byte(body)))
}

// upload is a form with one file; a field or file with an empty name is left out.
type upload struct {
	name, chat            string
	file, kind, fileField string
	content               []byte
}

func (u upload) request(t *testing.T) *webhook.Request {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for field, value := range map[string]string{"report_name": u.name, "target_chat": u.chat} {
		if value == "" {
			continue
		}
		if err := form.WriteField(field, value); err != nil {
			t.Fatal(err)
		}
	}
	if u.fileField != "" {
		part, err := form.CreatePart(textproto.MIMEHeader{
			"Content-Disposition": {multipart.FileContentDisposition(u.fileField, u.file)},
			"Content-Type":        {u.kind},
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := part.Write(u.content); err != nil {
			t.Fatal(err)
		}
	}
	if err := form.Close(); err != nil {
		t.Fatal(err)
	}
	return withToken(request(http.MethodPost, form.FormDataContentType(), body.Bytes()))
}

// lines reads a message as a chat without markup shows it.
func lines(m chat.Message) string {
	var all []string
	if m.Title != "" {
		all = append(all, m.Title)
	}
	for _, span := range m.Body {
		all = append(all, span.Text)
	}
	for _, f := range m.Fields {
		all = append(all, f.Name+": "+f.Value)
	}
	return strings.Join(all, "\n")
}

// decoded reads JSON as an object.
func decoded(t *testing.T, body []byte) map[string]any {
	t.Helper()
	var object map[string]any
	if err := json.Unmarshal(body, &object); err != nil {
		t.Fatalf("decode %s: %v", body, err)
	}
	return object
}
