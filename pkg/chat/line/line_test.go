package line_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"postern/pkg/chat"
	"postern/pkg/chat/chattest"
	"postern/pkg/chat/line"
	"postern/pkg/retry"
	"postern/pkg/secret"
	"postern/pkg/webhook"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const (
	token = "secret-channel-access-token"
	group = "Ca56f94637c4347f90a25382909b24b9f"
	user  = "U4af4980629e6a0fe9f6b4d4c5e8d1f00"
)

type object struct {
	Type, Text   string
	Substitution map[string]struct {
		Type      string
		Mentionee struct{ Type, UserID string }
	}
}

type pushed struct {
	To                   string
	Messages             []object
	NotificationDisabled bool
}

func read(c chattest.Call) pushed {
	var p pushed
	if err := json.Unmarshal(c.Body, &p); err != nil {
		return pushed{}
	}
	return p
}

// longest is the longest text of a push: each has the limit for itself.
func longest(c chattest.Call) string {
	text := ""
	for _, m := range read(c).Messages {
		if chat.UTF16.Len(m.Text) > chat.UTF16.Len(text) {
			text = m.Text
		}
	}
	return text
}

func inert(c chattest.Call) error {
	p := read(c)
	if len(p.Messages) == 0 || len(p.Messages) > 5 {
		return fmt.Errorf("%d objects, want 1 to 5", len(p.Messages))
	}
	for _, m := range p.Messages {
		if m.Type != "text" || m.Substitution != nil {
			return fmt.Errorf("an object of the type %q, want text", m.Type)
		}
	}
	return nil
}

func TestContract(t *testing.T) {
	gone := retry.Advice{Kind: retry.Hopeless, Broken: true}
	refused := retry.Advice{Kind: retry.Hopeless}
	lost := retry.Advice{Kind: retry.Lost}
	refusal := func(status int, body string, want retry.Advice) chattest.Refusal {
		return chattest.Refusal{Answer: chattest.Answer{Status: status, Body: body}, Want: want}
	}
	chattest.Run(t, chattest.Suite{
		New: func(base string, tools chat.Tools) (chat.Sender, error) {
			return line.New(line.Config{Token: secret.New(token), APIURL: base + "/proxy"}, tools)
		},
		Channel: "group_" + group, BadChannels: []string{"default", "group_", group + "0", "X" + group[1:], strings.ToUpper(group)},
		Secrets: []string{token},
		OK:      chattest.Answer{Body: `{"sentMessages":[{"id":"461230966842064897","quoteToken":"IStG5h1Tz7b"}]}`},
		Receipt: chat.Receipt{MessageID: "461230966842064897"}, JSON: true,
		Text: longest, Limit: 5000, Unit: chat.UTF16, Inert: inert, Mentions: []string{"all", user, "nobody"},
		Answers: map[string]chattest.Refusal{
			"no such group":          refusal(400, `{"message":"Failed to send messages"}`, gone),
			"no id":                  refusal(400, `{"message":"The property, 'to', in the request body is invalid","details":[{"message":"invalid","property":"to"}]}`, gone),
			"a bad message":          refusal(400, `{"message":"The request body has 1 error(s)","details":[{"message":"May not be empty","property":"messages[0].text"}]}`, refused),
			"no token":               refusal(401, `{"message":"Authentication failed due to the following reason: invalid token"}`, gone),
			"not in this plan":       refusal(403, `{"message":"Access to this API is not available for your account"}`, gone),
			"too fast":               refusal(429, `{"message":"The API rate limit has been exceeded. Try again later."}`, retry.Advice{Kind: retry.Later}),
			"the month's":            refusal(429, `{"message":"You have reached your monthly limit."}`, retry.Advice{Kind: retry.Later, After: 15 * time.Minute}),
			"a conflict, not LINE's": refusal(409, `<html>`, lost),
			"nothing was sent":       refusal(200, `{"sentMessages":[]}`, lost),
		},
		Update: *update,
	})
}

// server gives one answer to everybody; heard holds what it was asked.
func server(t *testing.T, a chattest.Answer) (url string, heard chan chattest.Call) {
	t.Helper()
	heard = make(chan chattest.Call, 10)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		heard <- chattest.Call{Method: r.Method, Path: r.URL.RequestURI(), Header: r.Header, Body: body}
		maps.Copy(w.Header(), a.Header)
		w.WriteHeader(max(a.Status, http.StatusOK))
		_, _ = io.WriteString(w, a.Body)
	}))
	t.Cleanup(s.Close)
	return s.URL, heard
}

func sender(t *testing.T, c line.Config) *line.Sender {
	t.Helper()
	c.Token = secret.New(token)
	s, err := line.New(c, chat.Tools{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func send(t *testing.T, c line.Config, d chat.Delivery) chattest.Call {
	t.Helper()
	url, heard := server(t, chattest.Answer{Body: `{"sentMessages":[{"id":"1"}]}`})
	c.APIURL = url
	if _, err := sender(t, c).Send(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	return <-heard
}

func TestAPushTakenBeforeIsASuccess(t *testing.T) {
	t.Parallel()
	url, _ := server(t, chattest.Answer{
		Status: http.StatusConflict, Header: http.Header{"X-Line-Accepted-Request-Id": {"a-request"}},
		Body: `{"message":"The retry key is already accepted","sentMessages":[{"id":"461"}]}`,
	})
	got, err := sender(t, line.Config{APIURL: url}).Send(t.Context(), chat.Delivery{Channel: group, Message: chat.Message{Title: "x"}})
	if want := (chat.Receipt{MessageID: "461"}); err != nil || got != want {
		t.Errorf("Send = %+v, %v, want %+v", got, err, want)
	}
}

func TestTheRetryKeyIsTheDeliverys(t *testing.T) {
	t.Parallel()
	uuid := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	key := func(id string, part int) string {
		d := chat.Delivery{ID: id, Part: part, Channel: group, Message: chat.Message{Title: "x"}}
		return send(t, line.Config{}, d).Header.Get("X-Line-Retry-Key")
	}
	first := key("n-1", 0)
	if !uuid.MatchString(first) {
		t.Errorf("%q is no UUID", first)
	}
	if again := key("n-1", 0); again != first {
		t.Errorf("%s at a second attempt, %s at the first", again, first)
	}
	for _, other := range []string{key("n-2", 0), key("n-1", 1)} {
		if other == first {
			t.Errorf("%s twice, for two pushes", other)
		}
	}
}

func TestALongMessageIsOnePush(t *testing.T) {
	t.Parallel()
	m := chat.Message{Title: "t", Body: chat.Plain(strings.Repeat("word ", 3000)), Mentions: []string{user}}
	p := read(send(t, line.Config{}, chat.Delivery{Channel: group, Message: m}))
	var kinds []string
	for _, m := range p.Messages {
		kinds = append(kinds, m.Type)
	}
	if diff := cmp.Diff([]string{"textV2", "text", "text", "text", "text"}, kinds); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestMentionsPingInGroupsOnly(t *testing.T) {
	t.Parallel()
	m := chat.Message{Title: "{m0} t", Mentions: []string{"all", "x", user}}
	p := read(send(t, line.Config{}, chat.Delivery{Channel: group, Message: m}))
	if len(p.Messages) != 2 || p.Messages[0].Text != "{m0} {m1}" || p.Messages[1].Text != "{m0} t" || p.Messages[1].Type != "text" {
		t.Fatalf("pushed %+v", p.Messages)
	}
	pings := p.Messages[0].Substitution
	if pings["m0"].Mentionee.Type != "all" || pings["m1"].Mentionee.UserID != user || len(pings) != 2 {
		t.Errorf("pinged %+v", pings)
	}
	if p := read(send(t, line.Config{}, chat.Delivery{Channel: "private_" + user, Message: m})); len(p.Messages) != 1 {
		t.Errorf("pushed %+v to one user, who hears it anyway", p.Messages)
	}
}

func TestOneTarget(t *testing.T) {
	t.Parallel()
	p := read(send(t, line.Config{To: "group_" + group}, chat.Delivery{Channel: "default", Message: chat.Message{Title: "x", Severity: webhook.Debug}}))
	if p.To != group || !p.NotificationDisabled {
		t.Errorf("pushed %+v, want it to %s, quietly", p, group)
	}
	if s := sender(t, line.Config{To: user}); s.Capabilities().Channels {
		t.Error("an account of one target says that it has channels")
	}
}

func TestWhomARefusalConcerns(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer chattest.Answer
		want   retry.Reach
	}{
		"no such group":     {chattest.Answer{Status: 400, Body: `{"message":"Failed to send messages"}`}, retry.Chat},
		"no token":          {chattest.Answer{Status: 401}, retry.Account},
		"too fast":          {chattest.Answer{Status: 429}, retry.Account},
		"the month's quota": {chattest.Answer{Status: 429, Body: `{"message":"You have reached your monthly limit."}`}, retry.Account},
	} {
		url, _ := server(t, c.answer)
		_, err := sender(t, line.Config{APIURL: url}).Send(t.Context(), chat.Delivery{Channel: group, Message: chat.Message{Title: "x"}})
		if got := retry.AdviceOn(err); got.Reach != c.want {
			t.Errorf("%s: advice %+v, want it to concern the %s", name, got, c.want)
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
		"an account":      {answer: chattest.Answer{Body: `{"userId":"Ub","basicId":"@216ru","displayName":"Postern"}`}, who: "Postern (@216ru)"},
		"refused":         {answer: chattest.Answer{Status: 401, Body: `{"message":"Authentication failed"}`}, kind: retry.Hopeless},
		"somebody else's": {answer: chattest.Answer{Body: `{}`}, kind: retry.Again},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url, heard := server(t, c.answer)
			who, err := sender(t, line.Config{APIURL: url}).Probe(t.Context())
			if who != c.who || (err == nil) != (c.who != "") || err != nil && retry.AdviceOn(err).Kind != c.kind {
				t.Errorf("Probe = %q, %v, want %q, advice %v", who, err, c.who, c.kind)
			}
			if call := <-heard; call.Method != http.MethodGet || call.Path != "/v2/bot/info" {
				t.Errorf("asked %s %s", call.Method, call.Path)
			}
		})
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	cases := map[string]line.Config{
		"no token":             {},
		"an empty token":       {Token: secret.New("")},
		"a token with a space": {Token: secret.New("a secret")},
		"a bad api_url":        {Token: secret.New(token), APIURL: "api.line.me"},
		"a bad target":         {Token: secret.New(token), To: "everybody"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := line.New(c, chat.Tools{})
			if err == nil {
				t.Fatal("New found nothing wrong")
			}
			if strings.Contains(err.Error(), "secret") {
				t.Errorf("the error shows a secret: %v", err)
			}
		})
	}
}
