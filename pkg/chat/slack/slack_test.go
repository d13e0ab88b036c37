package slack_test

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
	"postern/pkg/chat/slack"
	"postern/pkg/retry"
	"postern/pkg/secret"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const (
	hookKey = "XXXXsecretXXXX"
	token   = "xoxb-secret-token"
)

var (
	gone    = retry.Advice{Kind: retry.Hopeless, Broken: true}
	refused = retry.Advice{Kind: retry.Hopeless}
)

func text(c chattest.Call) string {
	var m struct {
		Text string `json:"text"`
	}
	if err := json.Unmarshal(c.Body, &m); err != nil {
		return ""
	}
	return m.Text
}

// live finds what is not one of our own links: a mention or a command.
var live = regexp.MustCompile(`<[^>]*>`)

func inert(c chattest.Call) error {
	for _, tag := range live.FindAllString(text(c), -1) {
		if !strings.HasPrefix(tag, "<http") && !strings.HasPrefix(tag, "<mailto:") {
			return fmt.Errorf("%s is live", tag)
		}
	}
	return nil
}

func TestWebhookContract(t *testing.T) {
	word := func(status int, w string, want retry.Advice) chattest.Refusal {
		return chattest.Refusal{Answer: chattest.Answer{Status: status, Body: w}, Want: want}
	}
	chattest.Run(t, chattest.Suite{
		ByStatus: true,
		New: func(base string, tools chat.Tools) (chat.Sender, error) {
			return slack.New(slack.Config{WebhookURL: secret.New(base + "/services/T0/B0/" + hookKey)}, tools)
		},
		Secrets: []string{hookKey}, OK: chattest.Answer{Body: "ok"},
		Text: text, Limit: 4000, Unit: chat.UTF16, Inert: inert, Mentions: []string{"channel", "U12AB", "S9", "x<!here>"},
		Answers: map[string]chattest.Refusal{
			"no_service":          word(404, "no_service", gone),
			"channel_is_archived": word(410, "channel_is_archived", gone),
			"action_prohibited":   word(403, "action_prohibited\n", gone),
			"invalid_token":       word(403, "invalid_token", gone),
			"user_not_found":      word(400, "user_not_found", gone),
			"invalid_payload":     word(400, "invalid_payload", refused),
			"a proxy's page":      word(200, "<html>log in</html>", retry.Advice{Kind: retry.Lost}),
			"rollup_error":        word(500, "rollup_error", retry.Advice{}),
			"gone word, ill 500":  word(500, "no_service", retry.Advice{}),
		},
		Folder: "webhook", Update: *update,
	})
}

func TestBotContract(t *testing.T) {
	word := func(w string, want retry.Advice) chattest.Refusal {
		return chattest.Refusal{Answer: chattest.Answer{Body: `{"ok":false,"error":"` + w + `"}`}, Want: want}
	}
	limited := word("rate_limited", retry.Advice{Kind: retry.Later, After: 30 * time.Second})
	limited.Answer.Header = http.Header{"Retry-After": {"30"}}
	chattest.Run(t, chattest.Suite{
		New: func(base string, tools chat.Tools) (chat.Sender, error) {
			return slack.New(slack.Config{Token: secret.New(token), APIURL: base + "/proxy/"}, tools)
		},
		Channel: "channel_C0123", BadChannels: []string{"channel_", "C1 2", "<!here>"},
		Secrets: []string{token},
		OK:      chattest.Answer{Body: `{"ok":true,"channel":"C0123","ts":"1.5"}`},
		Receipt: chat.Receipt{MessageID: "1.5"},
		JSON:    true,
		Answers: map[string]chattest.Refusal{
			"limited":               limited,
			"ratelimited, no time":  word("ratelimited", retry.Advice{Kind: retry.Later}),
			"internal_error":        word("internal_error", retry.Advice{Kind: retry.Lost}),
			"token_revoked":         word("token_revoked", gone),
			"channel_not_found":     word("channel_not_found", gone),
			"restricted_action_xyz": word("restricted_action_xyz", gone),
			"msg_too_long":          word("msg_too_long", refused),
			"a word nobody knows":   word("surprise", refused),
		},
		Folder: "bot", Update: *update,
	})
}

func TestEveryKindOfChannelIsTheIDAlone(t *testing.T) {
	t.Parallel()
	p := chattest.NewPlatform(t)
	s, err := slack.New(slack.Config{Token: secret.New(chattest.SlackToken), APIURL: p.URL}, chat.Tools{})
	if err != nil {
		t.Fatal(err)
	}
	for _, channel := range []string{"C0123", "channel_C0123", "group_C0123", "private_C0123"} {
		if _, err := s.Send(t.Context(), chat.Delivery{Channel: channel, Message: chat.Message{Title: "hi"}}); err != nil {
			t.Errorf("%s: %v", channel, err)
		}
	}
	for _, m := range p.Messages() {
		if m.Channel != "C0123" || m.Text != "*hi*" {
			t.Errorf("sent %q to %q, want *hi* to C0123", m.Text, m.Channel)
		}
	}
}

func TestMarksAreBrokenOnlyWhereTheyCouldStyle(t *testing.T) {
	t.Parallel()
	p := chattest.NewPlatform(t)
	s, err := slack.New(slack.Config{WebhookURL: secret.New(p.URL + "/services/" + chattest.SlackHook)}, chat.Tools{})
	if err != nil {
		t.Fatal(err)
	}
	cases := map[string]string{
		"snake_case_name": "snake_case_name",
		"3 * 4":           "3 * 4",
		"*bold*":          "\u200b*bold\u200b*",
		"a `b` <c> & d":   "a \u200b`b\u200b` &lt;c&gt; &amp; d",
		"(_it_)":          "(\u200b_it\u200b_)",
	}
	for in, want := range cases {
		before := len(p.Messages())
		if _, err := s.Send(t.Context(), chat.Delivery{Channel: "default", Message: chat.Message{Body: chat.Plain(in)}}); err != nil {
			t.Fatal(err)
		}
		if got := p.Messages()[before].Text; got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}

// TestProbeKnowsAnothersAnswer: JSON that names nobody may be anybody's.
func TestProbeKnowsAnothersAnswer(t *testing.T) {
	t.Parallel()
	for body, who := range map[string]string{`{"ok":true,"user":"postern","team":"Acme"}`: "postern of Acme", `{"ok":true}`: ""} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) }))
		defer server.Close()
		s, err := slack.New(slack.Config{Token: secret.New(token), APIURL: server.URL}, chat.Tools{})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := s.Probe(t.Context()); got != who || (err == nil) != (who != "") {
			t.Errorf("of %s: %q, %v, want %q", body, got, err, who)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	hook := secret.New("https://hooks.slack.com/services/T/B/" + hookKey)
	cases := map[string]slack.Config{
		"neither":              {},
		"both":                 {WebhookURL: hook, Token: secret.New(token)},
		"an empty token":       {Token: secret.New("")},
		"a token with a space": {Token: secret.New("xoxb secret-token")},
		"a bad webhook_url":    {WebhookURL: secret.New("hooks.slack.com/" + hookKey)},
		"a bad api_url":        {Token: secret.New(token), APIURL: "slack.com"},
		"a webhook's api_url":  {WebhookURL: hook, APIURL: "example.com"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := slack.New(c, chat.Tools{})
			if err == nil {
				t.Fatal("New found nothing wrong")
			}
			if strings.Contains(err.Error(), "secret") {
				t.Errorf("the error shows a secret: %v", err)
			}
		})
	}
}
