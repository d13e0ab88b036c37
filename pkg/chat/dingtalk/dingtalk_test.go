package dingtalk_test

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"postern/pkg/chat"
	"postern/pkg/chat/chattest"
	"postern/pkg/chat/dingtalk"
	"postern/pkg/retry"
	"postern/pkg/secret"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const (
	token = "secret-access-token"
	key   = "SECsecretkey"
)

type message struct {
	Kind     string `json:"msgtype"`
	Markdown struct {
		Title, Text string
	}
	Text struct{ Content string }
	At   struct {
		Mobiles []string `json:"atMobiles"`
		UserIDs []string `json:"atUserIds"`
		All     bool     `json:"isAtAll"`
	}
}

func read(c chattest.Call) message {
	var m message
	if err := json.Unmarshal(c.Body, &m); err != nil {
		return message{}
	}
	return m
}

func text(c chattest.Call) string { m := read(c); return m.Markdown.Text + m.Text.Content }

func inert(c chattest.Call) error {
	m := read(c)
	if m.At.All || len(m.At.Mobiles)+len(m.At.UserIDs) > 0 {
		return errors.New("at names somebody")
	}
	if strings.Contains(m.Markdown.Text, "<") || strings.Contains(text(c), "@all") || strings.Contains(m.Markdown.Title, "@all") {
		return errors.New("a tag or an @all is unbroken")
	}
	return nil
}

var signature = regexp.MustCompile(`&sign=[^&]+&timestamp=[0-9]{13}$`)

// unsigned takes the signature of this attempt out of the query.
func unsigned(c chattest.Call) chattest.Call {
	c.Path = signature.ReplaceAllString(c.Path, "&sign=(varies)&timestamp=(varies)")
	return c
}

func TestContract(t *testing.T) {
	gone := retry.Advice{Kind: retry.Hopeless, Broken: true}
	refused := retry.Advice{Kind: retry.Hopeless}
	muted := retry.Advice{Kind: retry.Later, After: 10 * time.Minute}
	said := func(code int, words string, want retry.Advice) chattest.Refusal {
		return chattest.Refusal{Answer: chattest.Answer{Body: fmt.Sprintf(`{"errcode":%d,"errmsg":%q}`, code, words)}, Want: want}
	}
	chattest.Run(t, chattest.Suite{
		New: func(base string, tools chat.Tools) (chat.Sender, error) {
			address := base + "/robot/send?access_token=" + token
			return dingtalk.New(dingtalk.Config{WebhookURL: secret.New(address), Secret: secret.New(key)}, tools)
		},
		Secrets: []string{token, key}, JSON: true, OK: chattest.Answer{Body: `{"errcode":0,"errmsg":"ok"}`},
		Text: text, Limit: 20_000, Unit: chat.Bytes, Inert: inert, Mask: unsigned,
		Mentions: []string{"all", "13800000000", "+86-13800000001", "manager4220", "@oncall", "no body"},
		Answers: map[string]chattest.Refusal{
			"too often": said(130101, "send too fast, exceed 20 times per minute", muted),
			"too often, from the gate": {
				Answer: chattest.Answer{Body: `{"status":1111,"wait":5,"source":"x5","punish":"deny","uuid":"9ff0"}`},
				Want:   retry.Advice{Kind: retry.Later, After: 5 * time.Second},
			},
			"too often, of old":   said(410100, "发送速度太快而限流", muted),
			"busy":                said(-1, "系统繁忙", retry.Advice{}),
			"no such token":       said(300001, "token is not exist", gone),
			"no such token, new":  said(300005, "token is not exist", gone),
			"robot stopped":       said(400102, "机器人已停用", gone),
			"group gone":          said(400013, "群已被解散", gone),
			"bad signature":       said(310000, "sign not match", gone),
			"foreign address":     said(310000, "ip 1.2.3.4 not in whitelist", gone),
			"no keyword":          said(310000, "keywords not in content", refused),
			"too large":           said(460101, "message too long", refused),
			"improper words":      said(430102, "含有不合适的文本", refused),
			"a code nobody knows": said(999, "surprise", refused),
		},
		Update: *update,
	})
}

// The vector was computed with the code of DingTalk's own manual.
func TestSignatureIsDingTalks(t *testing.T) {
	t.Parallel()
	if got, want := dingtalk.Vector("SECtest", "1700000000000"), "aZLLrriXgn05YbwaGR7knYsLeJADjr9NwLaNNKpxh4g="; got != want {
		t.Errorf("signature %s, want %s", got, want)
	}
}

// platform takes everything and gives what the last request was.
func platform(t *testing.T) (address string, last func() (url.Values, []byte)) {
	t.Helper()
	var query url.Values
	var body []byte
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		query = r.URL.Query()
		body, _ = io.ReadAll(r.Body)
		_, _ = w.Write([]byte(`{"errcode":0,"errmsg":"ok"}`))
	}))
	t.Cleanup(server.Close)
	return server.URL, func() (url.Values, []byte) { return query, body }
}

func send(t *testing.T, c dingtalk.Config, m chat.Message) {
	t.Helper()
	s, err := dingtalk.New(c, chat.Tools{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Send(t.Context(), chat.Delivery{Channel: "default", Message: m}); err != nil {
		t.Fatal(err)
	}
}

func TestSignatureOnTheWire(t *testing.T) {
	t.Parallel()
	address, last := platform(t)
	hook := secret.New(address + "/robot/send?access_token=a%2Fb")
	send(t, dingtalk.Config{WebhookURL: hook, Secret: secret.New(key)}, chat.Message{Title: "hi"})
	query, _ := last()
	stamp := query.Get("timestamp")
	ms, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil || time.Since(time.UnixMilli(ms)).Abs() > time.Minute {
		t.Errorf("timestamp %q is not now in milliseconds", stamp)
	}
	if got, want := query.Get("sign"), dingtalk.Vector(key, stamp); got != want {
		t.Errorf("sign %q, want %q", got, want)
	}
	if got := query.Get("access_token"); got != "a/b" {
		t.Errorf("access_token %q, want a/b", got)
	}
	send(t, dingtalk.Config{WebhookURL: hook}, chat.Message{Title: "hi"})
	if query, _ = last(); query.Has("sign") || query.Has("timestamp") {
		t.Errorf("signed without a secret: %v", query)
	}
}

func TestWhomAMentionPings(t *testing.T) {
	t.Parallel()
	address, last := platform(t)
	m := chat.Message{Title: "hi", Mentions: []string{"13800000000", "@boss", "all", "two words"}}
	send(t, dingtalk.Config{WebhookURL: secret.New(address + "/robot/send")}, m)
	_, body := last()
	got := read(chattest.Call{Body: body})
	if !got.At.All || len(got.At.Mobiles) != 1 || len(got.At.UserIDs) != 1 || got.At.UserIDs[0] != "boss" {
		t.Errorf("at %+v, want one mobile, boss and all", got.At)
	}
	if want := "@13800000000 @boss @all two words  \n**hi**"; got.Markdown.Text != want {
		t.Errorf("text %q, want %q", got.Markdown.Text, want)
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	hook := secret.New("https://oapi.dingtalk.com/robot/send?access_token=" + token)
	cases := map[string]dingtalk.Config{
		"no webhook_url":        {},
		"an empty webhook_url":  {WebhookURL: secret.New("")},
		"a bad webhook_url":     {WebhookURL: secret.New("oapi.dingtalk.com/" + token)},
		"an empty secret":       {WebhookURL: hook, Secret: secret.New("")},
		"a secret with a space": {WebhookURL: hook, Secret: secret.New("SEC secret")},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := dingtalk.New(c, chat.Tools{})
			if err == nil {
				t.Fatal("New found nothing wrong")
			}
			if strings.Contains(err.Error(), token) || strings.Contains(err.Error(), "SEC") {
				t.Errorf("the error shows a secret: %v", err)
			}
		})
	}
}
