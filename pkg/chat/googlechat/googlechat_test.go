package googlechat_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"postern/pkg/chat"
	"postern/pkg/chat/chattest"
	"postern/pkg/chat/googlechat"
	"postern/pkg/retry"
	"postern/pkg/secret"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const (
	key   = "AIzaSy-secret-key"
	token = "secret-token"
)

func text(c chattest.Call) string {
	var m struct{ Text string }
	if err := json.Unmarshal(c.Body, &m); err != nil {
		return ""
	}
	return m.Text
}

// live finds what an angle bracket opens.
var live = regexp.MustCompile(`<[^\x{200b}][^>]*>?`)

func inert(c chattest.Call) error {
	for _, tag := range live.FindAllString(text(c), -1) {
		if !strings.HasPrefix(tag, "<http") && !strings.HasPrefix(tag, "<mailto:") {
			return fmt.Errorf("%s is live", tag)
		}
	}
	return nil
}

func TestContract(t *testing.T) {
	gone := retry.Advice{Kind: retry.Hopeless, Broken: true}
	refused := retry.Advice{Kind: retry.Hopeless}
	said := func(code int, status, words string, want retry.Advice) chattest.Refusal {
		body := fmt.Sprintf(`{"error":{"code":%d,"message":%q,"status":%q}}`, code, words, status)
		return chattest.Refusal{Answer: chattest.Answer{Status: code, Body: body}, Want: want}
	}
	chattest.Run(t, chattest.Suite{
		New: func(base string, tools chat.Tools) (chat.Sender, error) {
			address := base + "/v1/spaces/AAAA/messages?key=" + key + "&token=" + token
			return googlechat.New(googlechat.Config{WebhookURL: secret.New(address)}, tools)
		},
		Secrets: []string{key, token}, JSON: true,
		OK:      chattest.Answer{Body: `{"name":"spaces/AAAA/messages/B.B","thread":{"name":"spaces/AAAA/threads/B"}}`},
		Receipt: chat.Receipt{MessageID: "spaces/AAAA/messages/B.B"},
		Text:    text, Limit: 32_000, Unit: chat.Bytes, Inert: inert,
		Mentions: []string{"all", "1234567890", "<users/42>", "x<users/all>"},
		Answers: map[string]chattest.Refusal{
			"too often":     said(429, "RESOURCE_EXHAUSTED", "Quota exceeded for quota metric", retry.Advice{Kind: retry.Later}),
			"bad key":       said(400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.", gone),
			"bad message":   said(400, "INVALID_ARGUMENT", "Message cannot be empty", refused),
			"no permission": said(403, "PERMISSION_DENIED", "The caller does not have permission", gone),
			"bad token":     said(401, "UNAUTHENTICATED", "Request had invalid authentication credentials", gone),
			"space gone":    said(404, "NOT_FOUND", "Requested entity was not found.", gone),
			"unavailable":   said(503, "UNAVAILABLE", "The service is currently unavailable.", retry.Advice{}),
			"who knows":     said(400, "FAILED_PRECONDITION", "surprise", refused),
		},
		Update: *update,
	})
}

// hear sends d and gives what the platform heard.
func hear(t *testing.T, query string, d chat.Delivery) (url.Values, string) {
	t.Helper()
	var heard url.Values
	var threadKey string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		heard = r.URL.Query()
		var m struct {
			Thread struct{ ThreadKey string }
		}
		_ = json.NewDecoder(r.Body).Decode(&m)
		threadKey = m.Thread.ThreadKey
		_, _ = w.Write([]byte(`{"name":"spaces/a/messages/b"}`))
	}))
	t.Cleanup(server.Close)
	s, err := googlechat.New(googlechat.Config{WebhookURL: secret.New(server.URL + "/v1/spaces/a/messages" + query)}, chat.Tools{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Send(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	return heard, threadKey
}

func TestTheRequestIDIsThatOfTheNotification(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, id := range []string{"n-1", "n-1", "n-2"} {
		query, _ := hear(t, "?key=a&token=b", chat.Delivery{ID: id, Message: chat.Message{Title: "hi"}})
		seen[query.Get("requestId")] = true
		if query.Get("key") != "a" || query.Get("token") != "b" {
			t.Errorf("the webhook's own query is lost: %v", query)
		}
	}
	if len(seen) != 2 || seen[""] {
		t.Errorf("three sends of two notifications had the request ids %v", seen)
	}
}

func TestOneThreadIsOneKey(t *testing.T) {
	t.Parallel()
	in := func(thread, query string) (string, string) {
		heard, key := hear(t, query, chat.Delivery{ID: "n", Message: chat.Message{Title: "hi", Thread: thread}})
		return key, heard.Get("messageReplyOption")
	}
	first, option := in("acme/widgets#1", "?key=a")
	again, _ := in("acme/widgets#1", "?key=a")
	other, _ := in(strings.Repeat("acme/widgets#2", 1000), "?key=a")
	if first == "" || first != again || first == other || option != "REPLY_MESSAGE_FALLBACK_TO_NEW_THREAD" {
		t.Errorf("thread keys %q, %q, %q with %q", first, again, other, option)
	}
	if key, option := in("", "?key=a"); key != "" || option != "" {
		t.Errorf("no thread became %q with %q", key, option)
	}
	if _, option := in("x", "?messageReplyOption=REPLY_MESSAGE_OR_FAIL"); option != "REPLY_MESSAGE_OR_FAIL" {
		t.Errorf("the config's own messageReplyOption became %q", option)
	}
}

func TestMarksAreBrokenOnlyWhereTheyCouldStyle(t *testing.T) {
	t.Parallel()
	s, err := googlechat.New(googlechat.Config{WebhookURL: secret.New("https://example.com/")}, chat.Tools{})
	if err != nil {
		t.Fatal(err)
	}
	cases := map[string]string{
		"snake_case_name": "snake_case_name",
		"*bold*":          "\u200b*bold\u200b*",
		"<users/all> & x": "<\u200busers/all> & x",
		"x\n- no\n> no":   "x\n\u200b- no\n\u200b> no",
	}
	for in, want := range cases {
		if got := s.Preview(chat.Delivery{Message: chat.Message{Body: chat.Plain(in)}}); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	cases := map[string]googlechat.Config{
		"no webhook_url":       {},
		"an empty webhook_url": {WebhookURL: secret.New("")},
		"a bad webhook_url":    {WebhookURL: secret.New("chat.googleapis.com/v1/spaces/a/messages?key=" + key)},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := googlechat.New(c, chat.Tools{})
			if err == nil {
				t.Fatal("New found nothing wrong")
			}
			if strings.Contains(err.Error(), "secret") {
				t.Errorf("the error shows a secret: %v", err)
			}
		})
	}
}
