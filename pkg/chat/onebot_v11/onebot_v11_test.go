package onebot_v11_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"postern/pkg/chat"
	"postern/pkg/chat/chattest"
	onebot "postern/pkg/chat/onebot_v11"
	"postern/pkg/retry"
	"postern/pkg/secret"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const token = "secret-access-token"

type segment struct {
	Type string            `json:"type"`
	Data map[string]string `json:"data"`
}

func segments(c chattest.Call) []segment {
	var m struct {
		Message []segment `json:"message"`
	}
	if err := json.Unmarshal(c.Body, &m); err != nil {
		return nil
	}
	return m.Message
}

func inert(c chattest.Call) error {
	for _, s := range segments(c) {
		if s.Type != "text" {
			return fmt.Errorf("a segment is %q, want text only", s.Type)
		}
	}
	return nil
}

func TestContract(t *testing.T) {
	gone := retry.Advice{Kind: retry.Hopeless, Broken: true}
	failed := func(code int, words string, want retry.Advice) chattest.Refusal {
		body := fmt.Sprintf(`{"status":"failed","retcode":%d,"data":null,"message":"","wording":%q}`, code, words)
		return chattest.Refusal{Answer: chattest.Answer{Body: body}, Want: want}
	}
	calm := retry.Advice{Kind: retry.Later, After: 5 * time.Minute}
	chattest.Run(t, chattest.Suite{
		New: func(base string, tools chat.Tools) (chat.Sender, error) {
			return onebot.New(onebot.Config{URL: base + "/", AccessToken: secret.New(token)}, tools)
		},
		Channel:     "group_123456",
		BadChannels: []string{"123456", "group_", "group_0", "group_-1", "room_1", "private_99999999999999999999"},
		Secrets:     []string{token},
		OK:          chattest.Answer{Body: `{"status":"ok","retcode":0,"data":{"message_id":-42}}`},
		Receipt:     chat.Receipt{MessageID: "-42"}, JSON: true, ByStatus: true,
		Text: func(c chattest.Call) string {
			var text strings.Builder
			for _, s := range segments(c) {
				text.WriteString(s.Data["text"])
			}
			return text.String()
		},
		Limit: 3000, Unit: chat.Runes, Inert: inert, Mentions: []string{"all", "10001", "nobody"},
		Answers: map[string]chattest.Refusal{
			"muted":           failed(1200, "你已被禁言", calm),
			"risk control":    failed(1200, "消息被风控", calm),
			"not in the room": failed(1200, "机器人不在群", gone),
			"QQ timed out":    failed(1200, "未知错误，可能操作超时", retry.Advice{Kind: retry.Lost}),
			"bad parameters":  failed(1400, "参数错误", retry.Advice{Kind: retry.Hopeless}),
			"who knows":       failed(1200, "EventChecker Failed", retry.Advice{}),
			"no status":       {Answer: chattest.Answer{Body: `{"retcode":0}`}, Want: retry.Advice{Kind: retry.Lost}},
		},
		Update: *update,
	})
}

func TestAsyncIsQueued(t *testing.T) {
	t.Parallel()
	p := chattest.NewPlatform(t)
	p.Fail(func(chattest.Call) *chattest.Answer {
		return &chattest.Answer{Body: `{"status":"async","retcode":1,"data":null}`}
	})
	s, err := onebot.New(onebot.Config{URL: p.URL, AccessToken: secret.New(chattest.OneBotToken)}, chat.Tools{})
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.Send(t.Context(), chat.Delivery{Channel: "private_42", Message: chat.Message{Title: "x"}})
	if want := (chat.Receipt{Queued: true}); err != nil || got != want {
		t.Errorf("Send = %+v, %v, want %+v", got, err, want)
	}
}

func TestWhereItGoes(t *testing.T) {
	t.Parallel()
	p := chattest.NewPlatform(t)
	s, err := onebot.New(onebot.Config{URL: p.URL, AccessToken: secret.New(chattest.OneBotToken)}, chat.Tools{})
	if err != nil {
		t.Fatal(err)
	}
	for _, channel := range []string{"group_123", "private_42"} {
		before := len(p.Messages())
		m := chat.Message{Title: "x", Mentions: []string{"all"}}
		if _, err := s.Send(t.Context(), chat.Delivery{Channel: channel, Message: m}); err != nil {
			t.Fatal(err)
		}
		got := p.Messages()[before]
		if got.Channel != channel {
			t.Errorf("sent to %s, want %s", got.Channel, channel)
		}
		if pinged := strings.HasPrefix(got.Text, "@all"); pinged != (channel == "group_123") {
			t.Errorf("%s: pinged is %v: only a group has an all", channel, pinged)
		}
	}
}

// TestAFileMakesNoPartTwice: as a file, an attachment leaves the text room that its
// link took.
func TestAFileMakesNoPartTwice(t *testing.T) {
	t.Parallel()
	said := ""
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		said += string(body)
		_, _ = io.WriteString(w, `{"status":"ok","retcode":0,"data":{"message_id":1}}`)
	}))
	defer server.Close()
	s, err := onebot.New(onebot.Config{URL: server.URL, AccessToken: secret.New(chattest.OneBotToken)}, chat.Tools{})
	if err != nil {
		t.Fatal(err)
	}
	d := chat.Delivery{ID: "n-1", Channel: "group_1", Message: chat.Message{
		Title: "Once", Body: chat.Plain(strings.Repeat("x", 2990)), Attachments: []chat.Attachment{{Name: "a.png", Type: "image/png", Upload: "a"}},
	}}
	opened := 0
	d.Open = func(context.Context, chat.Attachment, int64) (chat.File, error) {
		opened++
		return chat.File{Name: "a.png", Type: "image/png", Data: []byte("PNG")}, nil
	}
	for d.Part = range s.Parts(d) {
		if _, err := s.Send(t.Context(), d); err != nil {
			t.Fatal(err)
		}
	}
	if n := strings.Count(said, "Once"); n != 1 || opened != 1 {
		t.Errorf("the title is said %d times and the file opened %d times, want once each", n, opened)
	}
}

// TestProbeKnowsAnothersAnswer: JSON that names nobody may be anybody's.
func TestProbeKnowsAnothersAnswer(t *testing.T) {
	t.Parallel()
	for body, who := range map[string]string{
		`{"status":"ok","retcode":0,"data":{"user_id":42,"nickname":"postern"}}`: "postern 42", `{"status":"ok","retcode":0}`: "",
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) }))
		defer server.Close()
		s, err := onebot.New(onebot.Config{URL: server.URL}, chat.Tools{})
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
	cases := map[string]onebot.Config{
		"no url":         {},
		"a bad url":      {URL: "ws://127.0.0.1:3000"},
		"a query":        {URL: "http://127.0.0.1:3000/?access_token=secret"},
		"an empty token": {URL: "http://127.0.0.1:3000", AccessToken: secret.New("")},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := onebot.New(c, chat.Tools{})
			if err == nil {
				t.Fatal("New found nothing wrong")
			}
			if strings.Contains(err.Error(), "secret") {
				t.Errorf("the error shows a secret: %v", err)
			}
		})
	}
}
