package zulip_test

import (
	"errors"
	"flag"
	"fmt"
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
	"postern/pkg/chat/zulip"
	"postern/pkg/retry"
	"postern/pkg/secret"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const (
	key   = "secretApiKey0123456789abcdef"
	email = "postern-bot@zulip.example.org"
	// basic is what the header holds of both.
	basic = "cG9zdGVybi1ib3RAenVsaXAuZXhhbXBsZS5vcmc6c2VjcmV0QXBpS2V5MDEyMzQ1Njc4OWFiY2RlZg=="
)

var (
	gone    = retry.Advice{Kind: retry.Hopeless, Broken: true}
	refused = retry.Advice{Kind: retry.Hopeless}
)

func form(body []byte) url.Values {
	values, err := url.ParseQuery(string(body))
	if err != nil {
		return nil
	}
	return values
}

func text(c chattest.Call) string { return form(c.Body).Get("content") }

// inert: no @ begins a name, and nothing pings by its asterisks; a topic pings
// nobody.
func inert(c chattest.Call) error {
	if found := regexp.MustCompile(`@_?[A-Za-z0-9*]|#\*\*|<time`).FindString(text(c)); found != "" {
		return fmt.Errorf("%q is live", found)
	}
	if size := chat.Runes.Len(form(c.Body).Get("topic")); size == 0 || size > 60 {
		return fmt.Errorf("the topic is %d characters long, want 1 to 60", size)
	}
	return nil
}

func fault(status int, code, words string, want retry.Advice) chattest.Refusal {
	return chattest.Refusal{Answer: chattest.Answer{Status: status, Body: fmt.Sprintf(`{"result":"error","code":%q,"msg":%q}`, code, words)}, Want: want}
}

func TestContract(t *testing.T) {
	limited := chattest.Refusal{
		Answer: chattest.Answer{
			Status: 429, Body: `{"result":"error","code":"RATE_LIMIT_HIT","msg":"API usage exceeded rate limit","retry-after":28.7}`,
			Header: http.Header{"Retry-After": {"29"}},
		},
		Want: retry.Advice{Kind: retry.Later, After: 28700 * time.Millisecond},
	}
	chattest.Run(t, chattest.Suite{
		New: func(base string, tools chat.Tools) (chat.Sender, error) {
			return zulip.New(zulip.Config{URL: base + "/", Email: email, APIKey: secret.New(key)}, tools)
		},
		Channel: "channel_build%20farm", BadChannels: []string{"direct_", "direct_alice", "direct_1,", "private_x", ":topic", "a:", "100%", "a:100%zz"},
		Secrets: []string{key, basic}, OK: chattest.Answer{Body: `{"result":"success","msg":"","id":42}`}, JSON: true,
		Receipt: chat.Receipt{MessageID: "42"},
		Text:    text, Limit: 10_000, Unit: chat.Runes, Inert: inert, Mentions: []string{"all", "@17", "*ops*", "**nobody**"},
		Answers: map[string]chattest.Refusal{
			"limited":         limited,
			"no such channel": fault(400, "STREAM_DOES_NOT_EXIST", "Channel 'x' does not exist", gone),
			"not a member":    fault(400, "BAD_REQUEST", "Not authorized to send to channel 'x'", gone),
			"no such user":    fault(400, "BAD_REQUEST", "Invalid user ID 9", gone),
			"a bad message":   fault(400, "BAD_REQUEST", "Message must not be empty", refused),
			"a bad key":       fault(401, "UNAUTHORIZED", "Invalid API key", gone),
			"key, newer":      fault(401, "INVALID_API_KEY", "Invalid API key", gone),
			"deactivated":     fault(401, "USER_DEACTIVATED", "Account is deactivated", gone),
			"organisation":    fault(403, "REALM_DEACTIVATED", "This organization has been deactivated", gone),
			"may not ping":    fault(400, "STREAM_WILDCARD_MENTION_NOT_ALLOWED", "You do not have permission", refused),
			"another code":    fault(400, "SURPRISE", "?", refused),
			"no in a 200":     fault(200, "SURPRISE", "?", refused),
			"too large":       {Answer: chattest.Answer{Status: 413, Body: "<html>"}, Want: refused},
		},
		Update: *update,
	})
}

// server takes every message and remembers the last.
type server struct {
	url  string
	last url.Values
	head http.Header
}

func newServer(t *testing.T) *server {
	t.Helper()
	s := &server{head: http.Header{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/v1/users/me", func(w http.ResponseWriter, r *http.Request) {
		if user, password, ok := r.BasicAuth(); !ok || user != email || password != key {
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = w.Write([]byte(`{"result":"error","code":"UNAUTHORIZED","msg":"Invalid API key"}`))
			return
		}
		_, _ = w.Write([]byte(`{"result":"success","full_name":"Postern","email":"` + email + `"}`))
	})
	mux.HandleFunc("POST /api/v1/messages", func(w http.ResponseWriter, r *http.Request) {
		if r.ParseForm() == nil {
			s.last = r.PostForm
		}
		for name := range s.head {
			w.Header().Set(name, s.head.Get(name))
		}
		_, _ = w.Write([]byte(`{"result":"success","id":42}`))
	})
	front := httptest.NewServer(mux)
	t.Cleanup(front.Close)
	s.url = front.URL
	return s
}

func (s *server) sender(t *testing.T, key string) *zulip.Sender {
	t.Helper()
	z, err := zulip.New(zulip.Config{URL: s.url, Email: email, APIKey: secret.New(key)}, chat.Tools{})
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func TestWhereItGoes(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	cases := map[string]struct {
		m               chat.Message
		kind, to, topic string
	}{
		"general":                   {chat.Message{Title: "the title"}, "stream", `"general"`, "the title"},
		"channel_general":           {chat.Message{Title: "the title", Thread: "acme/widgets#7"}, "stream", `"general"`, "acme/widgets#7"},
		"stream_general:deploys":    {chat.Message{Title: "the title", Thread: "acme/widgets#7"}, "stream", `"general"`, "deploys"},
		"general:the%20news:of%201": {chat.Message{Title: "x"}, "stream", `"general"`, "the news:of 1"},
		"build%20farm":              {chat.Message{Body: chat.Plain("no title")}, "stream", `"build farm"`, "Postern"},
		"12:deploys":                {chat.Message{Title: "x"}, "stream", "12", "deploys"},
		"direct_9":                  {chat.Message{Title: "x", Thread: "t"}, "direct", "[9]", ""},
		"direct_9,10":               {chat.Message{Title: "x"}, "direct", "[9,10]", ""},
		"private_9":                 {chat.Message{Title: "x"}, "direct", "[9]", ""},
		"long":                      {chat.Message{Title: strings.Repeat("ä", 100)}, "stream", `"long"`, strings.Repeat("ä", 59) + "…"},
		"lines":                     {chat.Message{Title: "x", Thread: "a\nb\x00"}, "stream", `"lines"`, "a b"},
	}
	for channel, c := range cases {
		if _, err := s.sender(t, key).Send(t.Context(), chat.Delivery{Channel: channel, Message: c.m}); err != nil {
			t.Fatalf("%s: %v", channel, err)
		}
		if kind, to, topic := s.last.Get("type"), s.last.Get("to"), s.last.Get("topic"); kind != c.kind || to != c.to || topic != c.topic {
			t.Errorf("%s went to %s %s, topic %q; want %s %s, topic %q", channel, kind, to, topic, c.kind, c.to, c.topic)
		}
	}
}

func TestMarksAreReplacedOrParted(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for in, want := range map[string]string{
		"snake_case _it_ *b* **b**":       "snake_case _it_ ∗b∗ ∗∗b∗∗",
		"# no\n- no\n1. no\n1.5\n/poll x": "\u200b# no\n\u200b- no\n\u200b1. no\n1.5\n\u200b/poll x",
		"    code\n\tcode":                "\u200b    code\n\u200b\tcode",
		"[a](b) ![c](d) ~~x~~ $$x$$":      "[a]\u200b(b) !\u200b[c]\u200b(d) ~\u200b~x~\u200b~ $\u200b$x$\u200b$\u200b",
		"<time:now> @**all** @_**x**":     "<\u200btime:now> @\u200b∗∗all∗∗ @\u200b_∗∗x∗∗",
		"| a |\n|---|":                    "\u200b| a |\n\u200b|---|",
		"https://e.com/a_b_c?d=*":         "https://e.com/a_b_c?d=∗",
		`ends in a \`:                     "ends in a \\\u200b",
	} {
		m := chat.Message{Title: "t", Body: chat.Plain(in)}
		if strings.HasPrefix(in, " ") {
			m.Body = chat.Plain("x\n" + in) // blanks at the ends are not said
			want = "x\n" + want
		}
		if _, err := s.sender(t, key).Send(t.Context(), chat.Delivery{Channel: "general", Message: m}); err != nil {
			t.Fatal(err)
		}
		if got := strings.TrimPrefix(s.last.Get("content"), "**t**\n"); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}

func TestWhatIsLeftOfTheLimit(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.head.Set("X-Ratelimit-Remaining", "0")
	s.head.Set("X-Ratelimit-Reset", strconv.FormatInt(time.Now().Add(30*time.Second).Unix(), 10))
	d := chat.Delivery{Channel: "general", Message: chat.Message{Title: "x"}}
	got, err := s.sender(t, key).Send(t.Context(), d)
	if err != nil || got.Rest > 30*time.Second || got.Rest < 20*time.Second {
		t.Errorf("it rests %v, want 30 s: %v", got.Rest, err)
	}
	s.head.Set("X-Ratelimit-Remaining", "1")
	if got, err := s.sender(t, key).Send(t.Context(), d); err != nil || got.Rest != 0 {
		t.Errorf("it rests %v with something left: %v", got.Rest, err)
	}
}

func TestProbe(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	if who, err := s.sender(t, key).Probe(t.Context()); err != nil || who != "Postern" {
		t.Errorf("Probe = %q, %v, want Postern", who, err)
	}
	_, err := s.sender(t, "wrong").Probe(t.Context())
	want := retry.Advice{Kind: retry.Hopeless, Broken: true, Reach: retry.Account}
	if got := retry.AdviceOn(err); got != want || errors.Is(err, chat.ErrNoProbe) {
		t.Errorf("advice %+v, want %+v: %v", got, want, err)
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	good := zulip.Config{URL: "https://zulip.example.org", Email: email, APIKey: secret.New(key)}
	cases := map[string]func(*zulip.Config){
		"no url":              func(c *zulip.Config) { c.URL = "" },
		"a bad url":           func(c *zulip.Config) { c.URL = "zulip.example.org" },
		"a query":             func(c *zulip.Config) { c.URL += "?api_key=secret" },
		"no email":            func(c *zulip.Config) { c.Email = "" },
		"an email that is no": func(c *zulip.Config) { c.Email = "bot" },
		"an email and a key":  func(c *zulip.Config) { c.Email += ":secret" },
		"no api_key":          func(c *zulip.Config) { c.APIKey = secret.Text{} },
		"an empty api_key":    func(c *zulip.Config) { c.APIKey = secret.New("") },
		"a key with a space":  func(c *zulip.Config) { c.APIKey = secret.New("a secret") },
	}
	for name, spoil := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := good
			spoil(&c)
			_, err := zulip.New(c, chat.Tools{})
			if err == nil {
				t.Fatal("New found nothing wrong")
			}
			if strings.Contains(err.Error(), "secret") {
				t.Errorf("the error shows a secret: %v", err)
			}
		})
	}
}
