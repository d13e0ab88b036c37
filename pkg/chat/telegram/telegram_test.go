package telegram_test

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"postern/pkg/chat"
	"postern/pkg/chat/chattest"
	"postern/pkg/chat/telegram"
	"postern/pkg/retry"
	"postern/pkg/secret"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const token = "987654:AAsecret-Token_0"

type message struct {
	ChatID   any    `json:"chat_id"`
	Text     string `json:"text"`
	Entities []struct {
		Type   string `json:"type"`
		Offset int    `json:"offset"`
		Length int    `json:"length"`
		URL    string `json:"url"`
	} `json:"entities"`
}

func read(c chattest.Call) message {
	var m message
	if err := json.Unmarshal(c.Body, &m); err != nil {
		return message{}
	}
	return m
}

func inert(c chattest.Call) error {
	m := read(c)
	if strings.Contains(strings.ReplaceAll(m.Text, "@\u2060", ""), "@") {
		return errors.New("an @ is unbroken")
	}
	size := len(utf16.Encode([]rune(m.Text)))
	for _, e := range m.Entities {
		if e.Offset < 0 || e.Length <= 0 || e.Offset+e.Length > size {
			return fmt.Errorf("entity %+v lies outside of %d units", e, size)
		}
	}
	return nil
}

func TestContract(t *testing.T) {
	gone := retry.Advice{Kind: retry.Hopeless, Broken: true}
	refused := retry.Advice{Kind: retry.Hopeless}
	fault := func(code int, words string, want retry.Advice) chattest.Refusal {
		body := fmt.Sprintf(`{"ok":false,"error_code":%d,"description":%q}`, code, words)
		return chattest.Refusal{Answer: chattest.Answer{Status: code, Body: body}, Want: want}
	}
	chattest.Run(t, chattest.Suite{
		New: func(base string, tools chat.Tools) (chat.Sender, error) {
			return telegram.New(telegram.Config{Token: secret.New(token), APIURL: base}, tools)
		},
		Channel:     "group_-1001234567890",
		BadChannels: []string{"general", "group_", "group_x", "group_99999999999999999999", "@a b", "-", "0", "private_1/2"},
		Secrets:     []string{token, "AAsecret-Token_0"},
		OK:          chattest.Answer{Body: `{"ok":true,"result":{"message_id":42}}`},
		Receipt:     chat.Receipt{MessageID: "42"}, JSON: true,
		Text:  func(c chattest.Call) string { return read(c).Text },
		Limit: 4096, Unit: chat.UTF16, Inert: inert, Mentions: []string{"alice", "@bob"},
		Answers: map[string]chattest.Refusal{
			"limited by the body": {
				Answer: chattest.Answer{Status: 429, Body: `{"ok":false,"parameters":{"retry_after":13}}`},
				Want:   retry.Advice{Kind: retry.Later, After: 13 * time.Second},
			},
			"unauthorized":   fault(401, "Unauthorized", gone),
			"blocked":        fault(403, "Forbidden: bot was blocked by the user", gone),
			"chat not found": fault(400, "Bad Request: chat not found", gone),
			"no rights":      fault(400, "Bad Request: not enough rights to send text messages to the chat", gone),
			"entities":       fault(400, "Bad Request: can't parse entities: x", refused),
			"some other 400": fault(400, "Bad Request: whatever", refused),
			"not ok in 200": {
				Answer: chattest.Answer{Body: `{"ok":false}`}, Want: retry.Advice{Kind: retry.Lost},
			},
		},
		Update: *update,
	})
}

func sender(t *testing.T, p *chattest.Platform) *telegram.Sender {
	t.Helper()
	s, err := telegram.New(telegram.Config{Token: secret.New(chattest.TelegramToken), APIURL: p.URL}, chat.Tools{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestAMovedGroupIsFollowedOnce(t *testing.T) {
	t.Parallel()
	moved := func(to string) *chattest.Answer {
		return &chattest.Answer{Status: 400, Body: `{"ok":false,"error_code":400,
			"description":"Bad Request: group chat was upgraded to a supergroup chat","parameters":{"migrate_to_chat_id":` + to + `}}`}
	}
	d := chat.Delivery{Channel: "group_-5", Message: chat.Message{Title: "hi"}}
	t.Run("to where it is", func(t *testing.T) {
		t.Parallel()
		p := chattest.NewPlatform(t)
		p.Fail(func(c chattest.Call) *chattest.Answer {
			if c.Channel == "-5" {
				return moved("-1005")
			}
			return nil
		})
		if _, err := sender(t, p).Send(t.Context(), d); err != nil {
			t.Fatal(err)
		}
		if got := p.Messages(); len(got) != 1 || got[0].Channel != "-1005" {
			t.Errorf("messages %+v, want one to -1005", got)
		}
	})
	t.Run("and then known", func(t *testing.T) {
		t.Parallel()
		p := chattest.NewPlatform(t)
		p.Fail(func(c chattest.Call) *chattest.Answer {
			if c.Channel == "-5" {
				return moved("-1005")
			}
			return nil
		})
		s := sender(t, p)
		for range 3 {
			if _, err := s.Send(t.Context(), d); err != nil {
				t.Fatal(err)
			}
		}
		if got := p.Requests(); got != 4 {
			t.Errorf("%d requests for 3 messages, want 4", got)
		}
	})
	t.Run("not in circles", func(t *testing.T) {
		t.Parallel()
		p := chattest.NewPlatform(t)
		p.Fail(func(chattest.Call) *chattest.Answer { return moved("-5") })
		_, err := sender(t, p).Send(t.Context(), d)
		if got := retry.AdviceOn(err); got.Kind != retry.Hopeless || !got.Broken {
			t.Errorf("advice %+v, want hopeless and broken: %v", got, err)
		}
		if got := p.Requests(); got != 2 {
			t.Errorf("%d requests, want 2", got)
		}
	})
}

// TestFilesAreMessagesOfTheirOwn: three are sent, the fourth is a link in the text,
// and one that is not safe is none.
func TestFilesAreMessagesOfTheirOwn(t *testing.T) {
	t.Parallel()
	file := func(name string) chat.Attachment {
		return chat.Attachment{Name: name, URL: "https://example.com/" + name}
	}
	open := func(_ context.Context, a chat.Attachment, _ int64) (chat.File, error) {
		return chat.File{Name: a.Name, Type: "image/png", Data: []byte("12345")}, nil
	}
	gone := func(context.Context, chat.Attachment, int64) (chat.File, error) {
		return chat.File{}, errors.New("gone")
	}
	cases := map[string]struct {
		d    chat.Delivery
		want []string
	}{
		"a text and four": {
			chat.Delivery{Open: open, Message: chat.Message{
				Title: "hi", Attachments: []chat.Attachment{{URL: "file:///etc/passwd"}, file("a"), file("b"), file("c"), file("d")},
			}},
			[]string{"hi\n📎 d", "sendPhoto a", "sendPhoto b", "sendPhoto c"},
		},
		"alone":         {chat.Delivery{Open: open, Message: chat.Message{Attachments: []chat.Attachment{file("a")}}}, []string{"sendPhoto a"}},
		"not to be had": {chat.Delivery{Open: gone, Message: chat.Message{Attachments: []chat.Attachment{file("a")}}}, []string{"📎 a"}},
		"said once more": {
			chat.Delivery{Open: open, Plain: true, Message: chat.Message{Attachments: []chat.Attachment{file("a")}}},
			[]string{"📎 a: https://example.com/a"},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var told []string
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				told = append(told, said(r))
				_, _ = io.WriteString(w, `{"ok":true,"result":{"message_id":42}}`)
			}))
			defer server.Close()
			s, err := telegram.New(telegram.Config{Token: secret.New(token), APIURL: server.URL}, chat.Tools{})
			if err != nil {
				t.Fatal(err)
			}
			c.d.Channel = "5"
			for c.d.Part = range s.Parts(c.d) {
				if _, err := s.Send(t.Context(), c.d); err != nil {
					t.Fatalf("part %d: %v", c.d.Part, err)
				}
			}
			if !slices.Equal(told, c.want) {
				t.Errorf("told %q, want %q", told, c.want)
			}
		})
	}
}

// TestAFileThatTelegramWillNotHaveIsALink: what was said before stands, and the
// chat takes text.
func TestAFileThatTelegramWillNotHaveIsALink(t *testing.T) {
	t.Parallel()
	link := []string{"hi", "📎 a"}
	gone := retry.Advice{Kind: retry.Hopeless, Broken: true}
	cases := map[string]struct {
		status   int
		words    string
		text     bool // the refusal is of text too
		want     retry.Advice
		wantTold []string
	}{
		"too long and thin": {400, "Bad Request: PHOTO_INVALID_DIMENSIONS", false, retry.Advice{}, link},
		"too large":         {413, "Request Entity Too Large", false, retry.Advice{}, link},
		"no right to":       {400, "Bad Request: not enough rights to send photos to the chat", false, retry.Advice{}, link},
		"no such chat":      {400, "Bad Request: chat not found", true, gone, nil},
		"a revoked token": {
			401, "Unauthorized", false, retry.Advice{Kind: retry.Hopeless, Broken: true, Reach: retry.Account}, []string{"hi"},
		},
		"a fault of theirs": {502, "Bad Gateway", false, retry.Advice{}, []string{"hi"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var told []string
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if c.text || path.Base(r.URL.Path) != "sendMessage" {
					w.WriteHeader(c.status)
					_, _ = fmt.Fprintf(w, `{"ok":false,"description":%q}`, c.words)
					return
				}
				told = append(told, said(r))
				_, _ = io.WriteString(w, `{"ok":true,"result":{"message_id":42}}`)
			}))
			defer server.Close()
			s, err := telegram.New(telegram.Config{Token: secret.New(token), APIURL: server.URL}, chat.Tools{})
			if err != nil {
				t.Fatal(err)
			}
			d := chat.Delivery{Channel: "5", Message: chat.Message{Title: "hi", Attachments: []chat.Attachment{{Name: "a", URL: "https://example.com/a"}}}}
			d.Open = func(context.Context, chat.Attachment, int64) (chat.File, error) {
				return chat.File{Name: "a", Type: "image/png", Data: []byte("PNG")}, nil
			}
			for d.Part = range s.Parts(d) {
				if _, err = s.Send(t.Context(), d); err != nil {
					break
				}
			}
			if got := retry.AdviceOn(err); got != c.want || !slices.Equal(told, c.wantTold) {
				t.Errorf("advice %+v, told %q, want %+v and %q: %v", got, told, c.want, c.wantTold, err)
			}
		})
	}
}

// said is the text of r, or how and by what name a file was sent.
func said(r *http.Request) string {
	if _, header, err := r.FormFile("photo"); err == nil {
		return path.Base(r.URL.Path) + " " + header.Filename
	}
	body, _ := io.ReadAll(r.Body)
	return read(chattest.Call{Body: body}).Text
}

func TestChannels(t *testing.T) {
	t.Parallel()
	p := chattest.NewPlatform(t)
	cases := map[string]string{
		"group_-1001": `"chat_id":-1001,`, "private_42": `"chat_id":42,`, "-7": `"chat_id":-7,`,
		"channel_@news": `"chat_id":"@news",`, "@news": `"chat_id":"@news",`,
	}
	for channel, want := range cases {
		before := len(p.Messages())
		if _, err := sender(t, p).Send(t.Context(), chat.Delivery{Channel: channel, Message: chat.Message{Title: "x"}}); err != nil {
			t.Fatalf("%s: %v", channel, err)
		}
		if got := string(p.Messages()[before].Body); !strings.Contains(got, want) {
			t.Errorf("%s: body %s, want %s in it", channel, got, want)
		}
	}
}

func TestEntitiesCountInUTF16(t *testing.T) {
	t.Parallel()
	p := chattest.NewPlatform(t)
	m := chat.Message{Title: "🔥 fire", URL: "https://example.com", Body: chat.Text{
		{Text: "é👍 "}, {Text: " bold ", Bold: true}, {Text: "code", Code: true}, {Text: "\u00a0"},
	}}
	if _, err := sender(t, p).Send(t.Context(), chat.Delivery{Channel: "1", Message: m}); err != nil {
		t.Fatal(err)
	}
	got := read(p.Messages()[0])
	units := utf16.Encode([]rune(got.Text))
	want := []string{"bold:🔥 fire", "text_link:🔥 fire", "bold:bold", "code:code"}
	var styled []string
	for _, e := range got.Entities {
		styled = append(styled, e.Type+":"+string(utf16.Decode(units[e.Offset:e.Offset+e.Length])))
	}
	if strings.Join(styled, " | ") != strings.Join(want, " | ") {
		t.Errorf("entities over %q, want %q", styled, want)
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	cases := map[string]telegram.Config{
		"no token":           {},
		"an empty token":     {Token: secret.New("")},
		"a token with paths": {Token: secret.New("1:secret/../x")},
		"a bad api_url":      {Token: secret.New(token), APIURL: "api.telegram.org"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := telegram.New(c, chat.Tools{})
			if err == nil {
				t.Fatal("New found nothing wrong")
			}
			if strings.Contains(err.Error(), "secret") {
				t.Errorf("the error shows a secret: %v", err)
			}
		})
	}
}
