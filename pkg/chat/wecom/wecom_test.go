package wecom_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"postern/pkg/chat"
	"postern/pkg/chat/chattest"
	"postern/pkg/chat/wecom"
	"postern/pkg/retry"
	"postern/pkg/secret"
	"postern/pkg/webhook"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const key = "693a91f6-secret-key"

type message struct {
	Kind     string `json:"msgtype"`
	Markdown struct{ Content string }
	Text     struct {
		Content string
		Named   []string `json:"mentioned_list"`
		Mobiles []string `json:"mentioned_mobile_list"`
	}
}

func read(body []byte) message {
	var m message
	if err := json.Unmarshal(body, &m); err != nil {
		return message{}
	}
	return m
}

func text(c chattest.Call) string { m := read(c.Body); return m.Markdown.Content + m.Text.Content }

// live is whatever an angle bracket opens, save our own colour.
var live = regexp.MustCompile(`<[^\x{200b}]|@all|@everyone`)

func inert(c chattest.Call) error {
	m := read(c.Body)
	ours := strings.NewReplacer(`<font color="warning">●</font>`, "", `<font color="comment">●</font>`, "")
	if found := live.FindString(ours.Replace(text(c))); found != "" || len(m.Text.Named)+len(m.Text.Mobiles) > 0 {
		return fmt.Errorf("%q is live, or somebody is named: %v", found, m.Text.Named)
	}
	return nil
}

func TestContract(t *testing.T) {
	gone := retry.Advice{Kind: retry.Hopeless, Broken: true}
	refused := retry.Advice{Kind: retry.Hopeless}
	said := func(code int, words string, want retry.Advice) chattest.Refusal {
		return chattest.Refusal{Answer: chattest.Answer{Body: fmt.Sprintf(`{"errcode":%d,"errmsg":%q}`, code, words)}, Want: want}
	}
	chattest.Run(t, chattest.Suite{
		New: func(base string, tools chat.Tools) (chat.Sender, error) {
			return wecom.New(wecom.Config{WebhookURL: secret.New(base + "/cgi-bin/webhook/send?key=" + key)}, tools)
		},
		Secrets: []string{key}, JSON: true, OK: chattest.Answer{Body: `{"errcode":0,"errmsg":"ok"}`},
		Text: text, Limit: 4096, Unit: chat.Bytes, Inert: inert,
		Mentions: []string{"all", "ZhangSan", "<@li.si>", "two <@words>"},
		Answers: map[string]chattest.Refusal{
			"too often": said(45009, "api freq out of limit", retry.Advice{Kind: retry.Later, After: time.Minute}),
			"busy":      said(-1, "system error", retry.Advice{}),
			"key gone":  said(93000, "invalid webhook url, hint: [1]", gone),
			"no key":    said(41001, "access_token missing", gone),
			"too long":  said(40058, "markdown.content exceed max length 4096. invalid Request Parameter", refused),
			"too large": said(45002, "content size out of limit", refused),
			"who knows": said(999, "surprise", refused),
		},
		Update: *update,
	})
}

// platform takes everything and gives what the last request was.
func platform(t *testing.T) (address string, last func() (path string, body []byte)) {
	t.Helper()
	var path string
	var body []byte
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path = r.URL.RequestURI()
		body, _ = io.ReadAll(r.Body)
		_, _ = w.Write([]byte(`{"errcode":0,"errmsg":"ok"}`))
	}))
	t.Cleanup(server.Close)
	return server.URL, func() (string, []byte) { return path, body }
}

func send(t *testing.T, c wecom.Config, d chat.Delivery) {
	t.Helper()
	s, err := wecom.New(c, chat.Tools{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Send(t.Context(), d); err != nil {
		t.Fatal(err)
	}
}

func TestTheSecretIsTheKey(t *testing.T) {
	t.Parallel()
	address, last := platform(t)
	cases := map[string]struct{ url, secret, want string }{
		"in the url":         {"/send?key=a%2Fb", "", "/send?key=a%2Fb"},
		"beside it":          {"/send", "a/b", "/send?key=a%2Fb"},
		"beside other words": {"/send?debug=1", "abc", "/send?debug=1&key=abc"},
		"in both":            {"/send?key=abc", "other", "/send?key=abc"},
		"in none":            {"/send", "", "/send"},
	}
	for name, c := range cases {
		config := wecom.Config{WebhookURL: secret.New(address + c.url)}
		if c.secret != "" {
			config.Secret = secret.New(c.secret)
		}
		send(t, config, chat.Delivery{Message: chat.Message{Title: "hi"}})
		if got, _ := last(); got != c.want {
			t.Errorf("%s: called %s, want %s", name, got, c.want)
		}
	}
}

// Plain text holds half of what Markdown does.
func TestPlainTextHasALimitOfItsOwn(t *testing.T) {
	t.Parallel()
	address, last := platform(t)
	long := chat.Message{Title: "long", Body: chat.Plain(strings.Repeat("警", 5000))}
	for part := range 4 {
		send(t, wecom.Config{WebhookURL: secret.New(address)}, chat.Delivery{Message: long, Plain: true, Part: part})
		_, body := last()
		if got := len(read(body).Text.Content); got == 0 || got > 2048 {
			t.Errorf("part %d has %d bytes, want 1 to 2048", part, got)
		}
	}
}

// TestNoPartIsTooLong: what must be parted from what, and so how long a part is,
// depends on where it ends.
func TestNoPartIsTooLong(t *testing.T) {
	t.Parallel()
	s, err := wecom.New(wecom.Config{WebhookURL: secret.New("https://example.com/")}, chat.Tools{})
	if err != nil {
		t.Fatal(err)
	}
	for shift := range 7 {
		body := strings.Repeat("x", shift) + strings.Repeat("word* ", 1500)
		d := chat.Delivery{Message: chat.Message{Body: chat.Plain(body)}}
		for d.Part = range s.Parts(d) {
			if n := len(s.Preview(d)); n == 0 || n > 4096 {
				t.Errorf("part %d has %d bytes, want 1 to 4096", d.Part, n)
			}
		}
	}
}

func TestWhomAMentionPings(t *testing.T) {
	t.Parallel()
	address, last := platform(t)
	d := chat.Delivery{Message: chat.Message{Title: "hi", Mentions: []string{"@ZhangSan", "all", "13800000000", "two words"}}}
	send(t, wecom.Config{WebhookURL: secret.New(address)}, d)
	_, body := last()
	if got, want := read(body).Markdown.Content, "<@ZhangSan> <@all> <@13800000000> two words\n**hi**"; got != want {
		t.Errorf("markdown %q, want %q", got, want)
	}
	d.Plain = true
	send(t, wecom.Config{WebhookURL: secret.New(address)}, d)
	_, body = last()
	got := read(body).Text
	if fmt.Sprint(got.Named, got.Mobiles) != "[ZhangSan @all] [13800000000]" || got.Content != "hi" {
		t.Errorf("plain %+v", got)
	}
}

func TestWhatMattersIsColoured(t *testing.T) {
	t.Parallel()
	s, err := wecom.New(wecom.Config{WebhookURL: secret.New("https://example.com/")}, chat.Tools{})
	if err != nil {
		t.Fatal(err)
	}
	cases := map[webhook.Severity]string{
		webhook.Info: "**hi**", webhook.Error: `<font color="warning">●</font> **hi**`, webhook.Debug: `<font color="comment">●</font> **hi**`,
	}
	for severity, want := range cases {
		if got := s.Preview(chat.Delivery{Message: chat.Message{Title: "hi", Severity: severity}}); got != want {
			t.Errorf("%s: %q, want %q", severity, got, want)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	hook := secret.New("https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=" + key)
	cases := map[string]wecom.Config{
		"no webhook_url":        {},
		"an empty webhook_url":  {WebhookURL: secret.New("")},
		"a bad webhook_url":     {WebhookURL: secret.New("qyapi.weixin.qq.com/?key=" + key)},
		"an empty secret":       {WebhookURL: hook, Secret: secret.New("")},
		"a bad api_url":         {WebhookURL: hook, APIURL: "example.com"},
		"a secret with a space": {WebhookURL: hook, Secret: secret.New("the secret")},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := wecom.New(c, chat.Tools{})
			if err == nil {
				t.Fatal("New found nothing wrong")
			}
			if strings.Contains(err.Error(), key) || strings.Contains(err.Error(), "the secret") {
				t.Errorf("the error shows a secret: %v", err)
			}
		})
	}
}
