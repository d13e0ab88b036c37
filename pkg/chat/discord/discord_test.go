package discord_test

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"postern/pkg/chat"
	"postern/pkg/chat/chattest"
	"postern/pkg/chat/discord"
	"postern/pkg/retry"
	"postern/pkg/secret"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const (
	hookKey = "secret_hook-key"
	token   = "secret.bot.token"
)

var (
	gone    = retry.Advice{Kind: retry.Hopeless, Broken: true}
	refused = retry.Advice{Kind: retry.Hopeless}
)

type message struct {
	Content string `json:"content"`
	Allowed struct {
		Parse []string `json:"parse"`
		Users []string `json:"users"`
		Roles []string `json:"roles"`
	} `json:"allowed_mentions"`
	Nonce   string `json:"nonce"`
	Enforce bool   `json:"enforce_nonce"`
}

func read(c chattest.Call) message {
	var m message
	if err := json.Unmarshal(c.Body, &m); err != nil {
		return message{}
	}
	return m
}

func text(c chattest.Call) string { return read(c).Content }

func inert(c chattest.Call) error {
	m := read(c)
	if m.Allowed.Parse == nil || len(m.Allowed.Parse)+len(m.Allowed.Users)+len(m.Allowed.Roles) > 0 {
		return errors.New("allowed_mentions allows something")
	}
	if strings.Contains(m.Content, "@everyone") || strings.Contains(m.Content, "@here") {
		return errors.New("a whole-server mention is unbroken")
	}
	return nil
}

func fault(status int, body string, want retry.Advice) chattest.Refusal {
	return chattest.Refusal{Answer: chattest.Answer{Status: status, Body: body}, Want: want}
}

func answers() map[string]chattest.Refusal {
	banned := fault(429, "<html>banned</html>", retry.Advice{Kind: retry.Later, After: 15 * time.Minute, Reach: retry.Platform})
	banned.Answer.Header = http.Header{"Retry-After": {"7200"}}
	exact := fault(429, `{"message":"slow","retry_after":0.37,"global":false}`, retry.Advice{Kind: retry.Later, After: 370 * time.Millisecond})
	exact.Answer.Header = http.Header{"Retry-After": {"1"}}
	return map[string]chattest.Refusal{
		"the body's time is more exact": exact,
		"banned by the proxy":           banned,
		"global":                        fault(429, `{"retry_after":2,"global":true}`, retry.Advice{Kind: retry.Later, After: 2 * time.Second}),
		"slow mode":                     fault(400, `{"code":20016,"retry_after":3}`, retry.Advice{Kind: retry.Later, After: 3 * time.Second}),
		"unknown webhook":               fault(404, `{"code":10015,"message":"Unknown Webhook"}`, gone),
		"no permission":                 fault(403, `{"code":50013}`, gone),
		"invalid webhook token":         fault(401, `{"code":50027}`, gone),
		"archived thread":               fault(400, `{"code":50083}`, gone),
		"form body":                     fault(400, `{"code":50035,"message":"Invalid Form Body"}`, refused),
		"overloaded":                    fault(503, `{"code":130000}`, retry.Advice{}),
	}
}

func TestWebhookContract(t *testing.T) {
	chattest.Run(t, chattest.Suite{
		New: func(base string, tools chat.Tools) (chat.Sender, error) {
			address := base + "/api/webhooks/42/" + hookKey + "?thread_id=7"
			return discord.New(discord.Config{WebhookURL: secret.New(address)}, tools)
		},
		Secrets: []string{hookKey}, OK: chattest.Answer{Body: `{"id":"99"}`}, JSON: true,
		Receipt: chat.Receipt{MessageID: "99"},
		Text:    text, Limit: 2000, Unit: chat.UTF16, Inert: inert, Answers: answers(),
		Mentions: []string{"1234", "&5678", "<@12>", "everyone", "*nobody*"},
		Folder:   "webhook", Update: *update,
	})
}

func TestBotContract(t *testing.T) {
	chattest.Run(t, chattest.Suite{
		New: func(base string, tools chat.Tools) (chat.Sender, error) {
			return discord.New(discord.Config{Token: secret.New(token), APIURL: base}, tools)
		},
		Channel: "channel_42", BadChannels: []string{"general", "42/messages", "channel_", "../1"},
		Secrets: []string{token}, OK: chattest.Answer{Body: `{"id":"99"}`}, JSON: true,
		Receipt: chat.Receipt{MessageID: "99"},
		Text:    text, Limit: 2000, Unit: chat.UTF16, Inert: inert, Answers: answers(),
		Folder: "bot", Update: *update,
	})
}

func TestALostAnswerIsNoSecondMessage(t *testing.T) {
	t.Parallel()
	p := chattest.NewPlatform(t)
	s, err := discord.New(discord.Config{Token: secret.New(chattest.DiscordToken), APIURL: p.URL}, chat.Tools{})
	if err != nil {
		t.Fatal(err)
	}
	p.Fail(func(chattest.Call) *chattest.Answer { return &chattest.Answer{Accept: true, Reset: true} })
	d := chat.Delivery{ID: "n-1", Channel: "42", Message: chat.Message{Title: "once"}}
	_, err = s.Send(t.Context(), d)
	if got := retry.AdviceOn(err).Kind; got != retry.Lost {
		t.Fatalf("advice %v, want Lost: %v", got, err)
	}
	p.Fail(nil)
	if _, err := s.Send(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	d.ID = "n-2"
	if _, err := s.Send(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	if got := len(p.Messages()); got != 2 {
		t.Errorf("%d messages are seen, want 2: one per notification", got)
	}
}

func TestAGlobalLimitConcernsTheAccount(t *testing.T) {
	t.Parallel()
	p := chattest.NewPlatform(t)
	p.Fail(func(chattest.Call) *chattest.Answer {
		return &chattest.Answer{Status: 429, Body: `{"retry_after":1.5,"global":true}`}
	})
	s, err := discord.New(discord.Config{WebhookURL: secret.New(p.URL + "/api/webhooks/" + chattest.DiscordHook)}, chat.Tools{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Send(t.Context(), chat.Delivery{Channel: "default", Message: chat.Message{Title: "x"}})
	want := retry.Advice{Kind: retry.Later, After: 1500 * time.Millisecond, Reach: retry.Account}
	if got := retry.AdviceOn(err); got != want {
		t.Errorf("advice %+v, want %+v", got, want)
	}
}

func TestAddressesInTextStayWhole(t *testing.T) {
	t.Parallel()
	p := chattest.NewPlatform(t)
	s, err := discord.New(discord.Config{WebhookURL: secret.New(p.URL + "/api/webhooks/" + chattest.DiscordHook)}, chat.Tools{})
	if err != nil {
		t.Fatal(err)
	}
	body := chat.Plain("_a_ https://example.com/a_b?c=*d\n# no\n- no")
	if _, err := s.Send(t.Context(), chat.Delivery{Channel: "default", Message: chat.Message{Body: body}}); err != nil {
		t.Fatal(err)
	}
	want := "\\_a\\_ https://example.com/a_b?c=\\*d\n\\# no\n\\- no"
	if got := p.Messages()[0].Text; got != want {
		t.Errorf("got %q, want %q", got, want)
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
		_, _ = io.WriteString(w, `{"id":"1"}`)
	}))
	defer server.Close()
	s, err := discord.New(discord.Config{WebhookURL: secret.New(server.URL + "/api/webhooks/" + chattest.DiscordHook)}, chat.Tools{})
	if err != nil {
		t.Fatal(err)
	}
	d := chat.Delivery{ID: "n-1", Channel: "default", Message: chat.Message{
		Title: "Once", Body: chat.Plain(strings.Repeat("x", 1990)), Attachments: []chat.Attachment{{Name: "a.png", Type: "image/png", Upload: "a"}},
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

// TestFilesThatDoNotGoAreLinks: those beyond what a request may hold, and those that
// Discord refuses.
func TestFilesThatDoNotGoAreLinks(t *testing.T) {
	t.Parallel()
	type try struct{ files, links int }
	cases := map[string]struct {
		size   int // bytes of each of three files
		status int // of the answer to files, 0 for ok
		body   string
		want   []try
	}{
		"small ones":                 {1 << 10, 0, "", []try{{3, 0}}},
		"too much together":          {9 << 20, 0, "", []try{{2, 1}}},
		"refused by Discord":         {1 << 10, 413, `{"code":40005,"message":"Request entity too large"}`, []try{{3, 0}, {0, 3}}},
		"refused by somebody before": {1 << 10, 413, "<html>too large</html>", []try{{3, 0}, {0, 3}}},
		"not allowed here":           {1 << 10, 403, `{"code":50013,"message":"Missing Permissions"}`, []try{{3, 0}, {0, 3}}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []try
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				files := strings.Count(string(body), "filename=")
				got = append(got, try{files, strings.Count(string(body), "📎")})
				if files > 0 && c.status != 0 {
					w.WriteHeader(c.status)
					_, _ = io.WriteString(w, c.body)
					return
				}
				_, _ = io.WriteString(w, `{"id":"1"}`)
			}))
			defer server.Close()
			s, err := discord.New(discord.Config{Token: secret.New(token), APIURL: server.URL}, chat.Tools{})
			if err != nil {
				t.Fatal(err)
			}
			d := chat.Delivery{ID: "n-1", Channel: "42", Message: chat.Message{Title: "Once"}}
			for _, name := range []string{"a", "b", "c"} {
				d.Message.Attachments = append(d.Message.Attachments, chat.Attachment{Name: name, URL: "https://example.com/" + name})
			}
			d.Open = func(_ context.Context, a chat.Attachment, most int64) (chat.File, error) {
				if int64(c.size) > most {
					return chat.File{}, errors.New("too large")
				}
				return chat.File{Name: a.Name, Type: "image/png", Data: make([]byte, c.size)}, nil
			}
			if _, err := s.Send(t.Context(), d); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("files and links: %+v, want %+v", got, c.want)
			}
		})
	}
}

// TestProbeKnowsAnothersAnswer: JSON that names nobody may be anybody's.
func TestProbeKnowsAnothersAnswer(t *testing.T) {
	t.Parallel()
	for body, who := range map[string]string{`{"username":"postern"}`: "postern", `{"name":"hook"}`: "hook", `{"hello":"world"}`: ""} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) }))
		defer server.Close()
		s, err := discord.New(discord.Config{Token: secret.New(token), APIURL: server.URL}, chat.Tools{})
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
	hook := secret.New("https://discord.com/api/webhooks/1/" + hookKey)
	cases := map[string]discord.Config{
		"neither":              {},
		"both":                 {WebhookURL: hook, Token: secret.New(token)},
		"an empty webhook_url": {WebhookURL: secret.New("")},
		"a bad webhook_url":    {WebhookURL: secret.New("discord://secret")},
		"a bad query":          {WebhookURL: secret.New("https://discord.com/secret?a=%zz")},
		"an empty token":       {Token: secret.New("")},
		"a bad api_url":        {Token: secret.New(token), APIURL: "https://x/?q=1"},
		"a webhook's api_url":  {WebhookURL: hook, APIURL: "example.com"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := discord.New(c, chat.Tools{})
			if err == nil {
				t.Fatal("New found nothing wrong")
			}
			if strings.Contains(err.Error(), "secret") {
				t.Errorf("the error shows a secret: %v", err)
			}
		})
	}
}
