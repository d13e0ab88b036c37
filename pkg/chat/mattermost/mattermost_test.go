package mattermost_test

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"postern/pkg/chat"
	"postern/pkg/chat/chattest"
	"postern/pkg/chat/mattermost"
	"postern/pkg/retry"
	"postern/pkg/secret"
	"postern/pkg/webhook"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const (
	hookKey = "secrethookkey1234567890abc"
	token   = "secret-bot-token"
	channel = "abcdefghijklmnopqrstuvwxy1"
)

var (
	gone    = retry.Advice{Kind: retry.Hopeless, Broken: true}
	refused = retry.Advice{Kind: retry.Hopeless}
)

type attachment struct {
	Fallback, Color, Text string
}

// message is what we read of a webhook's payload or of a post.
type message struct {
	Text        string
	Attachments []attachment
	Message     string
	Channel     string `json:"channel_id"`
	Pending     string `json:"pending_post_id"`
	Props       struct{ Attachments []attachment }
	Files       []string `json:"file_ids"`
}

func read(body []byte) message {
	var m message
	if err := json.Unmarshal(body, &m); err != nil {
		return message{}
	}
	return m
}

func text(c chattest.Call) string {
	m := read(c.Body)
	all := []string{m.Text + m.Message}
	for _, a := range append(m.Attachments, m.Props.Attachments...) {
		all = append(all, a.Text)
	}
	return strings.Join(all, "\n")
}

// live finds an @ that begins a name, outside of code, and what a webhook's text is
// searched for before it is read as Markdown.
var live = regexp.MustCompile(`@[A-Za-z0-9]|<`)

func inert(c chattest.Call) error {
	outside := regexp.MustCompile("`[^`\n]*`").ReplaceAllString(text(c), "")
	if found := live.FindString(outside); found != "" {
		return fmt.Errorf("%q is live", found)
	}
	if strings.Contains(text(c), "<") {
		return errors.New("a < is not escaped")
	}
	return nil
}

func fault(status int, id, words string, want retry.Advice) chattest.Refusal {
	body := fmt.Sprintf(`{"id":%q,"message":%q,"detailed_error":"","request_id":"r","status_code":%d}`, id, words, status)
	return chattest.Refusal{Answer: chattest.Answer{Status: status, Body: body}, Want: want}
}

func TestWebhookContract(t *testing.T) {
	chattest.Run(t, chattest.Suite{
		New: func(base string, tools chat.Tools) (chat.Sender, error) {
			return mattermost.New(mattermost.Config{WebhookURL: secret.New(base + "/hooks/" + hookKey)}, tools)
		},
		Secrets: []string{hookKey}, OK: chattest.Answer{Body: "ok"},
		Text: text, Limit: 16383, Unit: chat.Runes, Inert: inert, Mentions: []string{"@alice", "channel", "*nobody*"},
		Answers: map[string]chattest.Refusal{
			"removed":          fault(400, "web.incoming_webhook.invalid.app_error", "Invalid webhook.", gone),
			"its channel":      fault(404, "app.channel.get.existing.app_error", "Unable to find the existing channel.", gone),
			"locked":           fault(403, "web.incoming_webhook.channel_locked.app_error", "Not here.", gone),
			"its user":         fault(403, "web.incoming_webhook.user.app_error", "No user.", gone),
			"no right":         fault(403, "web.incoming_webhook.permissions.app_error", "Inappropriate permissions.", gone),
			"webhooks are off": fault(501, "web.incoming_webhook.disabled.app_error", "Disabled.", gone),
			"unreadable":       fault(400, "web.incoming_webhook.parse.app_error", "Unable to parse.", refused),
			"no text":          fault(400, "web.incoming_webhook.text.app_error", "No text.", refused),
			"too large":        {Answer: chattest.Answer{Status: 413}, Want: refused},
			"not created":      fault(500, "api.post.create_webhook_post.creating.app_error", "Error.", retry.Advice{}),
			"a proxy's page":   {Answer: chattest.Answer{Body: "<html>log in</html>"}, Want: retry.Advice{Kind: retry.Lost}},
		},
		Folder: "webhook", Update: *update,
	})
}

func TestBotContract(t *testing.T) {
	limited := chattest.Refusal{
		Answer: chattest.Answer{Status: 429, Body: "limit exceeded\n", Header: http.Header{"Retry-After": {"2"}, "X-Ratelimit-Reset": {"10"}}},
		Want:   retry.Advice{Kind: retry.Later, After: 2 * time.Second},
	}
	chattest.Run(t, chattest.Suite{
		New: func(base string, tools chat.Tools) (chat.Sender, error) {
			return mattermost.New(mattermost.Config{URL: base + "/", Token: secret.New(token)}, tools)
		},
		Channel: "channel_" + channel, BadChannels: []string{"town-square", "channel_", ":x", "acme:", "Acme:x", "acme:x/y", "acme:../x", channel + "x"},
		Secrets: []string{token}, OK: chattest.Answer{Status: 201, Body: `{"id":"p1","message":"x"}`}, JSON: true,
		Receipt: chat.Receipt{MessageID: "p1"},
		Text:    text, Limit: 16383, Unit: chat.Runes, Inert: inert,
		Answers: map[string]chattest.Refusal{
			"limited":         limited,
			"expired":         fault(401, "api.context.session_expired.app_error", "Invalid or expired session.", gone),
			"no right":        fault(403, "api.context.permissions.app_error", "You do not have the appropriate permissions.", gone),
			"no channel":      fault(400, "api.context.invalid_param.app_error", "Invalid or missing post.channel_id parameter.", gone),
			"another fault":   fault(400, "api.context.invalid_param.app_error", "Invalid or missing post.type parameter.", refused),
			"archived":        fault(400, "api.post.create_post.can_not_post_to_deleted.error", "Can not post.", gone),
			"too long":        fault(400, "model.post.is_valid.message_length.app_error", "Too long.", refused),
			"props too large": fault(400, "model.post.is_valid.props.app_error", "Invalid props.", refused),
			"still under way": fault(500, "api.post.deduplicate_create_post.pending", "Rejected post.", retry.Advice{}),
		},
		Folder: "bot", Update: *update,
	})
}

// server is a Mattermost with one team and one channel.
type server struct {
	url   string
	asked int
	posts []message
	deny  bool
	head  http.Header

	uploads []string // the channel, the name and the bytes of each
	refuse  int      // the status that uploads are answered with
}

func newServer(t *testing.T) *server {
	t.Helper()
	s := &server{head: http.Header{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/v4/teams/name/acme/channels/name/{name}", func(w http.ResponseWriter, r *http.Request) {
		s.asked++
		if r.PathValue("name") != "ops" {
			w.WriteHeader(http.StatusNotFound)
			_, _ = w.Write([]byte(`{"id":"app.channel.get_by_name.missing.app_error","message":"Channel does not exist."}`))
			return
		}
		_, _ = w.Write([]byte(`{"id":"` + channel + `"}`))
	})
	mux.HandleFunc("GET /api/v4/users/me", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"username":"postern"}`)) })
	take := func(w http.ResponseWriter, r *http.Request) {
		var m message
		if json.NewDecoder(r.Body).Decode(&m) != nil || s.deny {
			w.WriteHeader(http.StatusForbidden)
			_, _ = w.Write([]byte(`{"id":"api.context.permissions.app_error"}`))
			return
		}
		s.posts = append(s.posts, m)
		maps.Copy(w.Header(), s.head)
		if r.URL.Path == "/api/v4/posts" {
			w.WriteHeader(http.StatusCreated)
			_, _ = w.Write([]byte(`{"id":"p1"}`))
			return
		}
		_, _ = w.Write([]byte("ok"))
	}
	mux.HandleFunc("POST /api/v4/files", s.store)
	mux.HandleFunc("POST /api/v4/posts", take)
	mux.HandleFunc("POST /hooks/"+hookKey, take)
	front := httptest.NewServer(mux)
	t.Cleanup(front.Close)
	s.url = front.URL
	return s
}

func (s *server) bot(t *testing.T) *mattermost.Sender {
	t.Helper()
	m, err := mattermost.New(mattermost.Config{URL: s.url, Token: secret.New(token)}, chat.Tools{})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func (s *server) hook(t *testing.T) *mattermost.Sender {
	t.Helper()
	m, err := mattermost.New(mattermost.Config{WebhookURL: secret.New(s.url + "/hooks/" + hookKey)}, chat.Tools{})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func hello(channel string) chat.Delivery {
	return chat.Delivery{ID: "n-1", Channel: channel, Message: chat.Message{Title: "hello"}}
}

func TestANameIsAskedForOnceAndAgainAfterARefusal(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	m := s.bot(t)
	for _, name := range []string{"acme:ops", "channel_acme:ops", channel, "group_" + channel} {
		if _, err := m.Send(t.Context(), hello(name)); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	if s.asked != 1 {
		t.Errorf("the name was asked for %d times, want once", s.asked)
	}
	for _, p := range s.posts {
		if p.Channel != channel {
			t.Errorf("sent to %q, want %q", p.Channel, channel)
		}
	}
	s.deny = true
	if _, err := m.Send(t.Context(), hello("acme:ops")); retry.AdviceOn(err) != gone {
		t.Fatalf("want a broken chat, got %v", err)
	}
	s.deny = false
	if _, err := m.Send(t.Context(), hello("acme:ops")); err != nil || s.asked != 2 {
		t.Errorf("after a refusal the name was asked for %d times in all, want 2: %v", s.asked, err)
	}
	if _, err := m.Send(t.Context(), hello("acme:nobody")); retry.AdviceOn(err) != gone {
		t.Errorf("want a broken chat where there is no such channel, got %v", err)
	}
}

func TestAPendingPostIsTheSameAtEveryAttempt(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	first, part, other := hello(channel), hello(channel), hello(channel)
	part.Part, other.ID = 1, "n-2"
	var ids []string
	for _, d := range []chat.Delivery{first, first, part, other} {
		if _, err := s.bot(t).Send(t.Context(), d); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, s.posts[len(s.posts)-1].Pending)
	}
	if ids[0] != ids[1] || ids[0] == "" {
		t.Errorf("two attempts are %q and %q, want the same", ids[0], ids[1])
	}
	if slices.Sort(ids); len(slices.Compact(ids)) != 3 {
		t.Errorf("pending posts %q, want one for each part and notification", ids)
	}
}

func TestAWarningStandsInItsColour(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	d := hello("default")
	d.Message.Body = chat.Text{{Text: "disk "}, {Text: "full", Bold: true}}
	for severity, colour := range map[webhook.Severity]string{
		webhook.Info: "", webhook.Notice: "", "": "", webhook.Warning: "#f1c40f", webhook.Error: "#e74c3c", webhook.Critical: "#8e44ad",
	} {
		d.Message.Severity = severity
		if _, err := s.hook(t).Send(t.Context(), d); err != nil {
			t.Fatal(err)
		}
		got, want := s.posts[len(s.posts)-1], message{Text: "**hello**\ndisk **full**"}
		if colour != "" {
			want = message{Text: "**hello**", Attachments: []attachment{{Fallback: "disk full", Color: colour, Text: "disk **full**"}}}
		}
		if got.Text != want.Text || !slices.Equal(got.Attachments, want.Attachments) {
			t.Errorf("%s: said %+v, want %+v", severity, got, want)
		}
	}
	d.Channel = channel
	if _, err := s.bot(t).Send(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	if got := s.posts[len(s.posts)-1]; got.Message == "" || got.Text != "" {
		t.Errorf("a bot said %+v, want a post's own words", got)
	}
	d.Message.Severity, d.Plain = webhook.Critical, true
	if _, err := s.bot(t).Send(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	if got := s.posts[len(s.posts)-1]; got.Message != "hello\ndisk full" || len(got.Props.Attachments) != 0 {
		t.Errorf("said plainly it is %+v, want one text", got)
	}
}

func TestMarksAreBroken(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for in, want := range map[string]string{
		"snake_case *b* ~s~":    `snake\_case \*b\* \~s\~`,
		"# no\n- no\n> no":      "\\# no\n\\- no\n\\> no",
		"1. no\n2.5 GB":         "1\\. no\n2.5 GB",
		"    code\n\tcode":      "\u200b    code\n\u200b\tcode",
		"heading\n===":          "heading\n\u200b===",
		"a | b\n---|---":        "a \\| b\n\\---\\|---",
		"<!channel> <x|y> &lt;": "&lt;!channel> &lt;x\\|y> &amp;lt;",
		"mail a@b.c, @all":      "mail a@\u200bb.c, @\u200ball",
		"https://e.com/a_b?c=*": `https://e.com/a_b?c=\*`,
	} {
		d := hello("default")
		d.Message = chat.Message{Title: "t", Body: chat.Plain(in)}
		if _, err := s.hook(t).Send(t.Context(), d); err != nil {
			t.Fatal(err)
		}
		if got := strings.TrimPrefix(s.posts[len(s.posts)-1].Text, "**t**\n"); got != want && got != strings.TrimLeft(want, "\u200b \t") {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}

func TestWhatIsLeftOfTheLimit(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	cases := map[string]struct {
		head http.Header
		want time.Duration
	}{
		"enough":  {http.Header{"X-Ratelimit-Limit": {"101"}, "X-Ratelimit-Remaining": {"3"}, "X-Ratelimit-Reset": {"10"}}, 0},
		"nothing": {http.Header{"X-Ratelimit-Limit": {"100"}, "X-Ratelimit-Remaining": {"0"}, "X-Ratelimit-Reset": {"10"}}, 100 * time.Millisecond},
		"odd":     {http.Header{"X-Ratelimit-Remaining": {"0"}, "X-Ratelimit-Reset": {"2"}}, 2 * time.Second},
	}
	for name, c := range cases {
		s.head = c.head
		hook, err := s.hook(t).Send(t.Context(), hello("default"))
		if err != nil || hook.Rest != c.want {
			t.Errorf("%s: a webhook rests %v, want %v: %v", name, hook.Rest, c.want, err)
		}
		bot, err := s.bot(t).Send(t.Context(), hello(channel))
		if err != nil || bot.Rest != c.want {
			t.Errorf("%s: a bot rests %v, want %v: %v", name, bot.Rest, c.want, err)
		}
	}
}

func TestProbe(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	if who, err := s.bot(t).Probe(t.Context()); err != nil || who != "@postern" {
		t.Errorf("Probe = %q, %v, want @postern", who, err)
	}
	if _, err := s.hook(t).Probe(t.Context()); !errors.Is(err, chat.ErrNoProbe) {
		t.Errorf("a webhook was asked: %v", err)
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	hook := secret.New("https://example.org/hooks/" + hookKey)
	cases := map[string]mattermost.Config{
		"neither":              {},
		"both":                 {WebhookURL: hook, URL: "https://example.org", Token: secret.New(token)},
		"a webhook and a url":  {WebhookURL: hook, URL: "https://example.org"},
		"an empty webhook_url": {WebhookURL: secret.New("")},
		"a bad webhook_url":    {WebhookURL: secret.New("example.org/" + hookKey)},
		"a token and no url":   {Token: secret.New(token)},
		"a bad url":            {URL: "example.org", Token: secret.New(token)},
		"a url with a query":   {URL: "https://example.org/?a=secret", Token: secret.New(token)},
		"an empty token":       {URL: "https://example.org", Token: secret.New("")},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := mattermost.New(c, chat.Tools{})
			if err == nil {
				t.Fatal("New found nothing wrong")
			}
			if strings.Contains(err.Error(), "secret") {
				t.Errorf("the error shows a secret: %v", err)
			}
		})
	}
}
