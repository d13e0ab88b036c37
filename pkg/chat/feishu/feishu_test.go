package feishu_test

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"postern/pkg/chat"
	"postern/pkg/chat/chattest"
	"postern/pkg/chat/feishu"
	"postern/pkg/retry"
	"postern/pkg/secret"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const (
	hookKey   = "hook-secret-token"
	hookSign  = "signing-secret"
	appSecret = "the-app-secret"
	token     = "t-secret-tenant-token"
)

var (
	gone    = retry.Advice{Kind: retry.Hopeless, Broken: true}
	refused = retry.Advice{Kind: retry.Hopeless}
)

// live finds what may ping in a text.
var live = regexp.MustCompile(`(?i)<[a-z/]`)

func inert(c chattest.Call) error {
	var root any
	if err := json.Unmarshal(c.Body, &root); err != nil {
		return err
	}
	return walk(root)
}

// walk judges every object of a request that has a tag.
func walk(v any) error {
	switch v := v.(type) {
	case []any:
		for _, inner := range v {
			if err := walk(inner); err != nil {
				return err
			}
		}
	case map[string]any:
		content, _ := v["content"].(string)
		switch tag, _ := v["tag"].(string); {
		case strings.HasPrefix(content, "{"): // a card within an app's message
			return inert(chattest.Call{Body: []byte(content)})
		case tag == "at":
			return errors.New("somebody is named")
		case live.MatchString(content):
			return fmt.Errorf("%q is live", content)
		case v["msg_type"] == "text":
			return errors.New("a message of the kind text reads <at> as a ping")
		}
		for _, inner := range v {
			if err := walk(inner); err != nil {
				return err
			}
		}
	}
	return nil
}

func said(status, code int, words string, want retry.Advice) chattest.Refusal {
	body := fmt.Sprintf(`{"code":%d,"msg":%q,"data":{}}`, code, words)
	return chattest.Refusal{Answer: chattest.Answer{Status: status, Body: body}, Want: want}
}

var stamped = regexp.MustCompile(`^\{"timestamp":"[0-9]{10}","sign":"[^"]{44}",`)

// unsigned takes the signature of this attempt out of the body.
func unsigned(c chattest.Call) chattest.Call {
	c.Body = stamped.ReplaceAll(c.Body, []byte(`{"timestamp":"(varies)","sign":"(varies)",`))
	return c
}

func whole(c chattest.Call) string { return string(c.Body) }

func TestWebhookContract(t *testing.T) {
	chattest.Run(t, chattest.Suite{
		New: func(base string, tools chat.Tools) (chat.Sender, error) {
			address := secret.New(base + "/open-apis/bot/v2/hook/" + hookKey)
			return feishu.New(feishu.Config{WebhookURL: address, Secret: secret.New(hookSign)}, tools)
		},
		Secrets: []string{hookKey, hookSign}, JSON: true, OK: chattest.Answer{Body: `{"StatusCode":0,"StatusMessage":"success","code":0,"data":{},"msg":"success"}`},
		Text: whole, Limit: 20_000, Unit: chat.Bytes, Inert: inert, Mask: unsigned,
		Mentions: []string{"all", "ou_18eac85d35a26f989317ad4f02e8bbbb", "@g66e1d2b", `two <at id=all></at> words`},
		Answers: map[string]chattest.Refusal{
			"old words":      {Answer: chattest.Answer{Body: `{"StatusCode":9499,"StatusMessage":"Bad Request"}`}, Want: refused},
			"no code":        {Answer: chattest.Answer{Body: `{"msg":"x"}`}, Want: retry.Advice{Kind: retry.Lost}},
			"webhook gone":   said(200, 19001, "param invalid: incoming webhook access token invalid", gone),
			"signature":      said(200, 19021, "sign match fail or timestamp is not within one hour from current time", gone),
			"address":        said(200, 19022, "Ip Not Allowed", gone),
			"keyword":        said(200, 19024, "Key Words Not Found", refused),
			"too often, 200": said(200, 11232, "frequency limited psm", retry.Advice{Kind: retry.Later, After: time.Minute}),
			"too often, 400": said(400, 11232, "frequency limited psm", retry.Advice{Kind: retry.Later, After: time.Minute}),
			"bad body":       said(400, 9499, "Bad Request", refused),
			"bad card":       said(200, 11246, "parse card json err", refused),
			"who knows":      said(200, 123, "surprise", refused),
		},
		Folder: "webhook", Update: *update,
	})
}

// tokens answers for the method that gives tokens, so that a suite sees messages
// only.
type tokens struct{ next http.RoundTripper }

func (k tokens) RoundTrip(r *http.Request) (*http.Response, error) {
	if !strings.HasSuffix(r.URL.Path, "/tenant_access_token/internal") {
		return k.next.RoundTrip(r)
	}
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	body := `{"code":0,"msg":"ok","tenant_access_token":"` + token + `","expire":7200}`
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
}

func TestAppContract(t *testing.T) {
	limited := func(status, code int, seconds string, want time.Duration) chattest.Refusal {
		r := said(status, code, "request trigger frequency limit", retry.Advice{Kind: retry.Later, After: want})
		r.Answer.Header = http.Header{"X-Ogw-Ratelimit-Reset": {seconds}}
		return r
	}
	chattest.Run(t, chattest.Suite{
		New: func(base string, tools chat.Tools) (chat.Sender, error) {
			if tools.HTTP != nil {
				client := *tools.HTTP
				if client.Transport == nil {
					client.Transport = http.DefaultTransport
				}
				client.Transport = tokens{client.Transport}
				tools.HTTP = &client
			}
			return feishu.New(feishu.Config{AppID: "cli_a1", AppSecret: secret.New(appSecret), APIURL: base + "/proxy/"}, tools)
		},
		Channel: "group_oc_9f", BadChannels: []string{"group_", "group_123", "general", "oc_9f&x=1", "private_", "oc_<at>"},
		Secrets: []string{appSecret, token}, JSON: true, OK: chattest.Answer{Body: `{"code":0,"msg":"success","data":{"message_id":"om_dc13"}}`},
		Receipt: chat.Receipt{MessageID: "om_dc13"},
		Text:    whole, Limit: 40_000, Unit: chat.Bytes, Inert: inert,
		Answers: map[string]chattest.Refusal{
			"too often":               limited(429, 99991400, "52", 52*time.Second),
			"too often, of old":       limited(400, 99991400, "3", 3*time.Second),
			"too often in this chat":  said(400, 230020, "This operation triggers the frequency limit.", retry.Advice{Kind: retry.Later, After: 5 * time.Second}),
			"not in the chat":         said(400, 230002, "Bot can NOT be out of the chat.", gone),
			"muted":                   said(400, 230035, "Send Message Permission deny.", gone),
			"dissolved":               said(400, 232009, "Your request specifies a chat which has already been dissolved.", gone),
			"no bot":                  said(400, 230006, "Bot ability is not activated.", gone),
			"no permission":           said(400, 99991672, "Access denied.", gone),
			"no such receiver":        said(400, 230001, "Your request contains an invalid request parameter, ext=invalid receive_id", gone),
			"bad parameter":           said(400, 230001, "Your request contains an invalid request parameter.", refused),
			"too long":                said(400, 230025, "The length of the message content reaches its limit.", refused),
			"bad card":                said(400, 230099, "Failed to create card content", refused),
			"improper":                said(400, 230028, "The messages do NOT pass the audit.", refused),
			"being sent":              said(400, 230049, "The message is being sent.", retry.Advice{}),
			"inner error of Feishu's": said(500, 1500, "internal error", retry.Advice{}),
		},
		Folder: "app", Update: *update,
	})
}

// The vector was computed with the code of Feishu's own manual.
func TestSignatureIsFeishus(t *testing.T) {
	t.Parallel()
	if got, want := feishu.Vector("SECtest", "1700000000"), "G7XpBpG8NgG02fJOAhX6FRAObIljmFoxVReo8I62pEk="; got != want {
		t.Errorf("signature %s, want %s", got, want)
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	hook := secret.New("https://open.feishu.cn/open-apis/bot/v2/hook/" + hookKey)
	cases := map[string]feishu.Config{
		"neither":                  {},
		"both":                     {WebhookURL: hook, AppID: "cli_a1", AppSecret: secret.New(appSecret)},
		"a bad webhook_url":        {WebhookURL: secret.New("open.feishu.cn/" + hookKey)},
		"an empty secret":          {WebhookURL: hook, Secret: secret.New("")},
		"no app_secret":            {AppID: "cli_a1"},
		"no app_id":                {AppSecret: secret.New(appSecret)},
		"an odd app_id":            {AppID: "cli secret", AppSecret: secret.New(appSecret)},
		"a secret for an app":      {AppID: "cli_a1", AppSecret: secret.New(appSecret), Secret: secret.New(hookSign)},
		"a bad api_url":            {AppID: "cli_a1", AppSecret: secret.New(appSecret), APIURL: "open.larksuite.com"},
		"a webhook's api_url":      {WebhookURL: hook, APIURL: "open.larksuite.com"},
		"an app_secret, two words": {AppID: "cli_a1", AppSecret: secret.New("the app-secret")},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := feishu.New(c, chat.Tools{})
			if err == nil {
				t.Fatal("New found nothing wrong")
			}
			for _, hidden := range []string{hookKey, hookSign, appSecret, "the app-secret"} {
				if strings.Contains(err.Error(), hidden) {
					t.Errorf("the error shows a secret: %v", err)
				}
			}
		})
	}
}
