package rocketchat_test

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"postern/pkg/chat"
	"postern/pkg/chat/chattest"
	"postern/pkg/chat/rocketchat"
	"postern/pkg/retry"
	"postern/pkg/secret"
	"postern/pkg/webhook"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const (
	hookKey = "secretHookKey1234567"
	token   = "secret-personal-token"
)

var (
	gone    = retry.Advice{Kind: retry.Hopeless, Broken: true}
	refused = retry.Advice{Kind: retry.Hopeless}
)

type attachment struct{ Color, Text string }

type message struct {
	ID          string `json:"_id"`
	Room        string `json:"rid"`
	Msg         string
	Text        string
	Attachments []attachment
	Message     *message
}

func read(body []byte) message {
	var m message
	if err := json.Unmarshal(body, &m); err != nil {
		return message{}
	}
	if m.Message != nil {
		return *m.Message
	}
	return m
}

func text(c chattest.Call) string {
	m := read(c.Body)
	shown := []string{m.Text + m.Msg}
	for _, a := range m.Attachments {
		shown = append(shown, a.Text)
	}
	return strings.TrimSpace(strings.Join(shown, "\n"))
}

var code = regexp.MustCompile("`[^`\n]*`")

// inert: no @ begins a name, in code neither, and outside of it no < begins a link.
func inert(c chattest.Call) error {
	if found := regexp.MustCompile(`@[A-Za-z0-9*]`).FindString(text(c)); found != "" {
		return fmt.Errorf("%q is live", found)
	}
	if found := regexp.MustCompile(`<[A-Za-z@!]`).FindString(code.ReplaceAllString(text(c), "")); found != "" {
		return fmt.Errorf("%q is live", found)
	}
	return nil
}

func fault(status int, words string, want retry.Advice) chattest.Refusal {
	return chattest.Refusal{Answer: chattest.Answer{Status: status, Body: fmt.Sprintf(`{"success":false,"error":%q}`, words)}, Want: want}
}

func TestWebhookContract(t *testing.T) {
	chattest.Run(t, chattest.Suite{
		New: func(base string, tools chat.Tools) (chat.Sender, error) {
			return rocketchat.New(rocketchat.Config{WebhookURL: secret.New(base + "/hooks/65f0/" + hookKey)}, tools)
		},
		Secrets: []string{hookKey}, OK: chattest.Answer{Body: `{"success":true}`}, JSON: true,
		Text: text, Limit: 5000, Unit: chat.UTF16, Inert: inert, Mentions: []string{"@alice", "all", "*nobody*"},
		Answers: map[string]chattest.Refusal{
			"removed":       fault(401, "Invalid integration id or token provided.", gone),
			"no such room":  fault(400, "invalid-channel", gone),
			"unknown":       fault(400, "unknown-error", refused),
			"switched off":  fault(503, "Service Unavailable", retry.Advice{}),
			"no in a 200":   fault(200, "unknown-error", refused),
			"limited":       fault(400, "error-too-many-requests", retry.Advice{Kind: retry.Later}),
			"a bad address": fault(400, "Invalid href value provided", refused),
		},
		Folder: "webhook", Update: *update,
	})
}

func TestUserContract(t *testing.T) {
	limited := fault(429, "Error, too many requests. Please slow down. You must wait 40 seconds before trying this endpoint again. [error-too-many-requests]",
		retry.Advice{Kind: retry.Later, After: 40 * time.Second})
	limited.Answer.Header = http.Header{"X-Ratelimit-Reset": {strconv.FormatInt(time.Now().Add(40*time.Second).UnixMilli(), 10)}}
	chattest.Run(t, chattest.Suite{
		New: func(base string, tools chat.Tools) (chat.Sender, error) {
			return rocketchat.New(rocketchat.Config{URL: base + "/", Token: secret.New(token), UserID: "aobEdbYhXfu5hkeqG"}, tools)
		},
		Channel: "channel_GENERAL", BadChannels: []string{"channel_", "#", "@alice", "a/b", "#a?b"},
		Secrets: []string{token}, OK: chattest.Answer{Body: `{"success":true,"message":{"_id":"x","rid":"GENERAL"}}`}, JSON: true,
		Receipt: chat.Receipt{MessageID: "944c8df176cee36cc6636f5f"},
		Text:    text, Limit: 5000, Unit: chat.UTF16, Inert: inert,
		Answers: map[string]chattest.Refusal{
			"limited":    limited,
			"logged out": {Answer: chattest.Answer{Status: 401, Body: `{"status":"error","message":"You must be logged in to do this."}`}, Want: gone},
			"no room":    fault(400, "The required \"roomId\" does not match any room [error-room-not-found]", gone),
			"not in it":  fault(400, "error-not-allowed", gone),
			"archived":   fault(400, "room_is_archived", gone),
			"muted":      fault(400, "You_have_been_muted", gone),
			"too long":   fault(400, "Message size exceeds Message_MaxAllowedSize [error-message-size-exceeded]", refused),
			"no user":    fault(400, "Invalid user [error-invalid-user]", gone),
		},
		Folder: "user", Update: *update,
	})
}

// server is a Rocket.Chat with one room: it saves a message of an id once.
type server struct {
	url   string
	says  string // of a message that is there already
	asked int
	saved map[string]message
	last  message
	deny  bool
	ill   bool // it does not say what it has
	head  http.Header
}

func newServer(t *testing.T) *server {
	t.Helper()
	s := &server{saved: map[string]message{}, says: "Cannot read properties of undefined (reading 'starred')", head: http.Header{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/v1/rooms.info", func(w http.ResponseWriter, r *http.Request) {
		s.asked++
		if r.URL.Query().Get("roomName") != "ops" {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = w.Write([]byte(`{"success":false,"error":"does not match any room [error-room-not-found]"}`))
			return
		}
		_, _ = w.Write([]byte(`{"success":true,"room":{"_id":"r1"}}`))
	})
	mux.HandleFunc("GET /api/v1/me", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"success":true,"username":"postern"}`))
	})
	mux.HandleFunc("GET /api/v1/chat.getMessage", func(w http.ResponseWriter, r *http.Request) {
		if s.ill {
			panic(http.ErrAbortHandler)
		}
		if m, ok := s.saved[r.URL.Query().Get("msgId")]; ok {
			_, _ = fmt.Fprintf(w, `{"success":true,"message":{"_id":%q}}`, m.ID)
			return
		}
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte(`{"success":false}`))
	})
	mux.HandleFunc("POST /", s.take)
	front := httptest.NewServer(mux)
	t.Cleanup(front.Close)
	s.url = front.URL
	return s
}

func (s *server) take(w http.ResponseWriter, r *http.Request) {
	var body json.RawMessage
	_ = json.NewDecoder(r.Body).Decode(&body)
	m := read(body)
	_, there := s.saved[m.ID]
	switch {
	case s.deny:
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte(`{"success":false,"error":"error-not-allowed"}`))
	case there || m.Msg == "prevented":
		w.WriteHeader(http.StatusBadRequest)
		_, _ = fmt.Fprintf(w, `{"success":false,"error":%q}`, s.says)
	default:
		for name := range s.head {
			w.Header().Set(name, s.head.Get(name))
		}
		if s.last = m; m.ID != "" {
			s.saved[m.ID] = m
		}
		_, _ = w.Write([]byte(`{"success":true}`))
	}
}

func (s *server) user(t *testing.T) *rocketchat.Sender {
	t.Helper()
	r, err := rocketchat.New(rocketchat.Config{URL: s.url, Token: secret.New(token), UserID: "u1"}, chat.Tools{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (s *server) hook(t *testing.T) *rocketchat.Sender {
	t.Helper()
	r, err := rocketchat.New(rocketchat.Config{WebhookURL: secret.New(s.url + "/hooks/1/" + hookKey)}, chat.Tools{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func hello(channel string) chat.Delivery {
	return chat.Delivery{ID: "n-1", Channel: channel, Message: chat.Message{Title: "hello"}}
}

func TestAMessageThatIsThereIsSaidOnce(t *testing.T) {
	t.Parallel()
	for name, says := range map[string]string{
		"newer servers": "Cannot read properties of undefined (reading 'starred')",
		"older servers": "E11000 duplicate key error collection: rocketchat_message index: _id_",
	} {
		s := newServer(t)
		s.says = says
		first, err := s.user(t).Send(t.Context(), hello("r1"))
		if err != nil {
			t.Fatal(err)
		}
		second, err := s.user(t).Send(t.Context(), hello("r1"))
		if err != nil || first != second || first.MessageID == "" {
			t.Errorf("%s: the second attempt is %+v, %v, want %+v", name, second, err, first)
		}
		for _, d := range []chat.Delivery{{ID: "n-1", Part: 1}, {ID: "n-2"}} {
			d.Channel, d.Message = "r1", chat.Message{Title: "another"}
			if _, err := s.user(t).Send(t.Context(), d); err != nil {
				t.Fatal(err)
			}
		}
		if len(s.saved) != 3 {
			t.Errorf("%s: %d messages are there, want 3", name, len(s.saved))
		}
	}
}

func TestAServerThatStumblesWithoutHavingItRefuses(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	d := hello("r1")
	d.Message = chat.Message{Body: chat.Plain("prevented")}
	_, err := s.user(t).Send(t.Context(), d)
	if got := retry.AdviceOn(err); got != refused {
		t.Errorf("advice %+v, want %+v: %v", got, refused, err)
	}
}

func TestAServerThatDoesNotSayWhatItHasIsAskedAgain(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	if _, err := s.user(t).Send(t.Context(), hello("r1")); err != nil {
		t.Fatal(err)
	}
	s.ill = true
	_, err := s.user(t).Send(t.Context(), hello("r1"))
	if got := retry.AdviceOn(err); err == nil || got != (retry.Advice{}) {
		t.Errorf("advice %+v, want to try again: %v", got, err)
	}
}

func TestANameIsAskedForOnceAndAgainAfterARefusal(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	r := s.user(t)
	for n, name := range []string{"#ops", "channel_#ops", "r1", "group_r1"} {
		d := hello(name)
		d.ID = strconv.Itoa(n)
		if _, err := r.Send(t.Context(), d); err != nil || s.last.Room != "r1" {
			t.Fatalf("%s went to %q, want r1: %v", name, s.last.Room, err)
		}
	}
	if s.asked != 1 {
		t.Errorf("the name was asked for %d times, want once", s.asked)
	}
	s.deny = true
	if _, err := r.Send(t.Context(), hello("#ops")); retry.AdviceOn(err) != gone {
		t.Fatalf("want a broken chat, got %v", err)
	}
	s.deny = false
	if _, err := r.Send(t.Context(), hello("#ops")); err != nil || s.asked != 2 {
		t.Errorf("after a refusal the name was asked for %d times in all, want 2: %v", s.asked, err)
	}
	if _, err := r.Send(t.Context(), hello("#nobody")); retry.AdviceOn(err) != gone {
		t.Errorf("want a broken chat where there is no such room, got %v", err)
	}
}

func TestAWarningStandsInItsColour(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	d := hello("default")
	d.Message.Body = chat.Text{{Text: "disk "}, {Text: "full", Bold: true}}
	for severity, colour := range map[webhook.Severity]string{
		webhook.Info: "", "": "", webhook.Warning: "#f1c40f", webhook.Error: "#e74c3c", webhook.Critical: "#8e44ad",
	} {
		d.Message.Severity = severity
		if _, err := s.hook(t).Send(t.Context(), d); err != nil {
			t.Fatal(err)
		}
		want := message{Text: "*hello*\ndisk *full*"}
		if colour != "" {
			want = message{Text: "*hello*", Attachments: []attachment{{colour, "disk *full*"}}}
		}
		if s.last.Text != want.Text || !slices.Equal(s.last.Attachments, want.Attachments) {
			t.Errorf("%s: said %+v, want %+v", severity, s.last, want)
		}
	}
}

func TestMarksAreReplacedOrParted(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for in, want := range map[string]string{
		"snake_case _it_ *b* ~s~": "snake_case ˍit_ ∗b∗ ∼s∼",
		"# no\n- no\n1. no\n1.5":  "\u200b# no\n\u200b- no\n\u200b1. no\n1.5",
		"[a](b) ![c](d) ||x||":    "[a]\u200b(b) !\u200b[c]\u200b(d) |\u200b|x|\u200b|\u200b",
		"<https://e.com|x>":       "<\u200bhttps://e.com|x>",
		`\(x\) C:\dir`:            "\\\u200b(x\\) C:\\dir",
		"https://e.com/a_b_c _":   "https://e.com/a_b_c ˍ",
		"@all a@b.c":              "@\u200ball a@\u200bb.c",
	} {
		d := hello("default")
		d.Message = chat.Message{Title: "t", Body: chat.Plain(in)}
		if _, err := s.hook(t).Send(t.Context(), d); err != nil {
			t.Fatal(err)
		}
		if got := strings.TrimPrefix(s.last.Text, "*t*\n"); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}

func TestWhatIsLeftOfTheLimit(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.head.Set("X-Ratelimit-Remaining", "0")
	s.head.Set("X-Ratelimit-Reset", strconv.FormatInt(time.Now().Add(30*time.Second).UnixMilli(), 10))
	got, err := s.hook(t).Send(t.Context(), hello("default"))
	if err != nil || got.Rest > 30*time.Second || got.Rest < 20*time.Second {
		t.Errorf("it rests %v, want 30 s: %v", got.Rest, err)
	}
	s.head.Set("X-Ratelimit-Remaining", "1")
	if got, err := s.hook(t).Send(t.Context(), hello("default")); err != nil || got.Rest != 0 {
		t.Errorf("it rests %v with something left: %v", got.Rest, err)
	}
}

func TestProbe(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	if who, err := s.user(t).Probe(t.Context()); err != nil || who != "@postern" {
		t.Errorf("Probe = %q, %v, want @postern", who, err)
	}
	if _, err := s.hook(t).Probe(t.Context()); !errors.Is(err, chat.ErrNoProbe) {
		t.Errorf("a webhook was asked: %v", err)
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	hook := secret.New("https://example.org/hooks/1/" + hookKey)
	cases := map[string]rocketchat.Config{
		"neither":                 {},
		"both":                    {WebhookURL: hook, URL: "https://example.org", Token: secret.New(token), UserID: "u"},
		"a webhook and a url":     {WebhookURL: hook, URL: "https://example.org"},
		"a webhook and a user_id": {WebhookURL: hook, UserID: "u"},
		"a bad webhook_url":       {WebhookURL: secret.New("example.org/" + hookKey)},
		"no url":                  {Token: secret.New(token), UserID: "u"},
		"no user_id":              {URL: "https://example.org", Token: secret.New(token)},
		"a bad user_id":           {URL: "https://example.org", Token: secret.New(token), UserID: "a b"},
		"a url with a query":      {URL: "https://example.org/?a=secret", Token: secret.New(token), UserID: "u"},
		"an empty token":          {URL: "https://example.org", Token: secret.New(""), UserID: "u"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := rocketchat.New(c, chat.Tools{})
			if err == nil {
				t.Fatal("New found nothing wrong")
			}
			if strings.Contains(strings.ToLower(err.Error()), "secret") {
				t.Errorf("the error shows a secret: %v", err)
			}
		})
	}
}
