package ntfy_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"postern/pkg/chat"
	"postern/pkg/chat/chattest"
	"postern/pkg/chat/ntfy"
	"postern/pkg/retry"
	"postern/pkg/secret"
	"postern/pkg/webhook"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const (
	token = "tk_secrettoken"
	topic = "secret-topic-name"
)

type published struct {
	Topic, Title, Message, Click string
	Priority                     int
	Tags                         []string
	Actions                      []struct{ Action, Label, URL string }
}

func read(c chattest.Call) published {
	var p published
	if err := json.Unmarshal(c.Body, &p); err != nil {
		return published{}
	}
	return p
}

// inert: ntfy pings nobody; what could do harm is a header or an address.
func inert(c chattest.Call) error {
	for name := range c.Header {
		switch name {
		case "Accept-Encoding", "Authorization", "Connection", "Content-Length", "Content-Type", "User-Agent":
		default:
			return fmt.Errorf("a header %s", name)
		}
	}
	p := read(c)
	for _, a := range p.Actions {
		if a.Action != "view" || !strings.HasPrefix(a.URL, "http") && !strings.HasPrefix(a.URL, "mailto:") {
			return fmt.Errorf("an action %+v", a)
		}
	}
	if len(c.Body) > 8192 {
		return fmt.Errorf("a body of %d bytes, the server takes 8,192", len(c.Body))
	}
	return nil
}

func refusal(status, code int, words string, want retry.Advice) chattest.Refusal {
	body := fmt.Sprintf(`{"code":%d,"http":%d,"error":%q,"link":"https://ntfy.sh/docs"}`, code, status, words)
	return chattest.Refusal{Answer: chattest.Answer{Status: status, Body: body}, Want: want}
}

func suite(written ntfy.Config, folder string) chattest.Suite {
	refused := retry.Advice{Kind: retry.Hopeless}
	gone := retry.Advice{Kind: retry.Hopeless, Broken: true}
	later := func(d time.Duration) retry.Advice { return retry.Advice{Kind: retry.Later, After: d} }
	return chattest.Suite{
		New: func(base string, tools chat.Tools) (chat.Sender, error) {
			c := written
			c.URL = base + "/"
			return ntfy.New(c, tools)
		},
		OK:      chattest.Answer{Body: `{"id":"hwQ2YpKdmg","time":1635528741,"event":"message","topic":"alerts","message":"hi"}`},
		Receipt: chat.Receipt{MessageID: "hwQ2YpKdmg"}, JSON: true,
		Text: func(c chattest.Call) string { return read(c).Message }, Limit: 4000, Unit: chat.Bytes, Inert: inert,
		Answers: map[string]chattest.Refusal{
			"topic invalid":         refusal(400, 40009, "invalid request: topic invalid", gone),
			"topic disallowed":      refusal(400, 40010, "invalid request: topic name is disallowed", gone),
			"actions invalid":       refusal(400, 40018, "invalid request: actions invalid", refused),
			"wrong token":           refusal(401, 40101, "unauthorized", gone),
			"not this topic":        refusal(403, 40301, "forbidden", gone),
			"too large":             refusal(413, 41303, "JSON body too large", refused),
			"too many requests":     refusal(429, 42901, "limit reached: too many requests, please be nice", later(5*time.Second)),
			"too much bandwidth":    refusal(429, 42905, "limit reached: daily bandwidth reached", later(15*time.Minute)),
			"the day's quota":       refusal(429, 42908, "limit reached: daily message quota reached", later(15*time.Minute)),
			"too many auth failure": refusal(429, 42909, "limit reached: too many auth failures", later(time.Minute)),
			"no UnifiedPush":        refusal(507, 50701, "cannot publish to UnifiedPush topic", retry.Advice{}),
		},
		Folder: folder, Update: *update,
	}
}

func TestTopicsContract(t *testing.T) {
	s := suite(ntfy.Config{Token: secret.New(token)}, "token")
	s.Channel, s.Secrets = "topic_alerts", []string{token}
	s.BadChannels = []string{"topic_", "a/b", "a.b", "ä", strings.Repeat("x", 65)}
	chattest.Run(t, s)
}

func TestOneTopicContract(t *testing.T) {
	s := suite(ntfy.Config{User: "ops", Password: secret.New("secret-password"), Topic: secret.New(topic)}, "basic")
	s.Secrets = []string{"secret-password", topic, "b3BzOnNlY3JldC1wYXNzd29yZA=="}
	chattest.Run(t, s)
}

// server gives one answer to everybody; heard holds what it was asked.
func server(t *testing.T, a chattest.Answer) (url string, heard chan chattest.Call) {
	t.Helper()
	heard = make(chan chattest.Call, 10)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		heard <- chattest.Call{Method: r.Method, Path: r.URL.RequestURI(), Header: r.Header, Body: body}
		w.WriteHeader(max(a.Status, http.StatusOK))
		_, _ = io.WriteString(w, a.Body)
	}))
	t.Cleanup(s.Close)
	return s.URL, heard
}

func sender(t *testing.T, c ntfy.Config) *ntfy.Sender {
	t.Helper()
	s, err := ntfy.New(c, chat.Tools{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func send(t *testing.T, channel string, m chat.Message) published {
	t.Helper()
	url, heard := server(t, chattest.Answer{Body: `{"id":"a"}`})
	if _, err := sender(t, ntfy.Config{URL: url}).Send(t.Context(), chat.Delivery{ID: "n", Channel: channel, Message: m}); err != nil {
		t.Fatal(err)
	}
	return read(<-heard)
}

func TestTheTopicIsTheChannelLessItsKind(t *testing.T) {
	t.Parallel()
	for channel, want := range map[string]string{"alerts": "alerts", "topic_alerts": "alerts", "topic_topic_x": "topic_x", "a-b_c": "a-b_c"} {
		if got := send(t, channel, chat.Message{Title: "x"}).Topic; got != want {
			t.Errorf("%s: topic %q, want %q", channel, got, want)
		}
	}
}

func TestSeverityIsPriorityAndTag(t *testing.T) {
	t.Parallel()
	cases := map[webhook.Severity]published{
		webhook.Critical: {Priority: 5, Tags: []string{"rotating_light"}},
		webhook.Error:    {Priority: 4, Tags: []string{"x"}},
		webhook.Warning:  {Priority: 3, Tags: []string{"warning"}},
		webhook.Notice:   {},
		webhook.Info:     {},
		webhook.Debug:    {Priority: 2},
		"":               {},
	}
	for severity, want := range cases {
		want.Topic, want.Message = "a", "x"
		got := send(t, "a", chat.Message{Title: "x", Severity: severity})
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", severity, diff)
		}
	}
}

func TestThreeLinksAreButtonsTheOthersText(t *testing.T) {
	t.Parallel()
	m := chat.Message{Title: "t", URL: "https://x/", Body: chat.Plain("b")}
	for i := range 4 {
		m.Links = append(m.Links, webhook.Link{Text: fmt.Sprintf("l%d", i), URL: fmt.Sprintf("https://x/%d", i)})
	}
	got := send(t, "a", m)
	if len(got.Actions) != 3 || got.Actions[2].Label != "l2" || got.Click != "https://x/" || got.Message != "b\nl3: https://x/3" {
		t.Errorf("published %+v", got)
	}
}

func TestWhomARefusalConcerns(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		status, code int
		want         retry.Reach
		degrade      bool
	}{
		"not this topic":  {403, 40301, retry.Chat, false},
		"wrong token":     {401, 40101, retry.Account, false},
		"no ntfy":         {404, 40401, retry.Account, false},
		"too many":        {429, 42901, retry.Account, false},
		"the day's quota": {429, 42908, retry.Account, false},
		"a bad message":   {400, 40018, retry.Chat, true},
	} {
		url, _ := server(t, refusal(c.status, c.code, "no", retry.Advice{}).Answer)
		_, err := sender(t, ntfy.Config{URL: url}).Send(t.Context(), chat.Delivery{Channel: "a", Message: chat.Message{Title: "x"}})
		if got := retry.AdviceOn(err); got.Reach != c.want || got.Degrade != c.degrade {
			t.Errorf("%s: advice %+v, want it to concern the %s, degrade %v", name, got, c.want, c.degrade)
		}
	}
}

func TestProbe(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		answer chattest.Answer
		who    string
		kind   retry.Kind
	}{
		"a user":      {answer: chattest.Answer{Body: `{"username":"phil","role":"user"}`}, who: "phil"},
		"nobody":      {answer: chattest.Answer{Body: `{"username":"*","role":"anonymous"}`}, who: "anybody"},
		"refused":     {answer: refusal(401, 40101, "unauthorized", retry.Advice{}).Answer, kind: retry.Hopeless},
		"not an ntfy": {answer: chattest.Answer{Body: `<html>`}, kind: retry.Again},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url, heard := server(t, c.answer)
			who, err := sender(t, ntfy.Config{URL: url, Token: secret.New(token)}).Probe(t.Context())
			if who != c.who || (err == nil) != (c.who != "") || err != nil && retry.AdviceOn(err).Kind != c.kind {
				t.Errorf("Probe = %q, %v, want %q, advice %v", who, err, c.who, c.kind)
			}
			call := <-heard
			if call.Method != http.MethodGet || call.Path != "/v1/account" || call.Header.Get("Authorization") != "Bearer "+token {
				t.Errorf("asked %s %s as %q", call.Method, call.Path, call.Header.Get("Authorization"))
			}
		})
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	const url = "https://ntfy.example.org"
	cases := map[string]ntfy.Config{
		"no url":                  {},
		"another scheme":          {URL: "ntfy://secret"},
		"a query":                 {URL: url + "?auth=secret"},
		"an empty token":          {URL: url, Token: secret.New("")},
		"a token with a space":    {URL: url, Token: secret.New("tk secret")},
		"a token and a user":      {URL: url, Token: secret.New(token), User: "a", Password: secret.New("secret")},
		"a user, no password":     {URL: url, User: "a"},
		"an empty password":       {URL: url, User: "a", Password: secret.New("")},
		"a password, no user":     {URL: url, Password: secret.New("secret")},
		"an empty topic":          {URL: url, Topic: secret.New("")},
		"a topic that cannot be":  {URL: url, Topic: secret.New("secret/topic")},
		"a topic that is no line": {URL: url, Topic: secret.New("secret\n")},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := ntfy.New(c, chat.Tools{})
			if err == nil {
				t.Fatal("New found nothing wrong")
			}
			if strings.Contains(err.Error(), "secret") {
				t.Errorf("the error shows a secret: %v", err)
			}
		})
	}
}
