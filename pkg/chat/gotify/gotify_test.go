package gotify_test

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"postern/pkg/chat"
	"postern/pkg/chat/chattest"
	"postern/pkg/chat/gotify"
	"postern/pkg/retry"
	"postern/pkg/secret"
	"postern/pkg/webhook"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const token = "AsecretToken123"

type posted struct {
	Title, Message string
	Priority       int
	Extras         map[string]map[string]any
}

func read(c chattest.Call) posted {
	var p posted
	if err := json.Unmarshal(c.Body, &p); err != nil {
		return posted{}
	}
	return p
}

// raw is HTML, an entity or an image that no backslash stands before.
var raw = regexp.MustCompile(`(^|[^\\(])(<[A-Za-z/!@]|!\[|&[#A-Za-z])`)

// spans are code, in which nothing is markup, and the addresses of links.
var spans = regexp.MustCompile("`[^`\n]*`|\\]\\(<[^>]*>\\)|https?://\\S+")

func inert(c chattest.Call) error {
	p := read(c)
	if p.Extras["client::display"]["contentType"] != "text/markdown" {
		return nil
	}
	escaped := regexp.MustCompile(`\\.`).ReplaceAllString(p.Message, "")
	if live := raw.FindString(spans.ReplaceAllString(escaped, "")); live != "" {
		return fmt.Errorf("%q is live", live)
	}
	if strings.Contains(p.Message, "javascript:") {
		return errors.New("a script is a link")
	}
	return nil
}

func TestContract(t *testing.T) {
	refusal := func(status int, words string, want retry.Advice) chattest.Refusal {
		body := fmt.Sprintf(`{"error":%q,"errorCode":%d,"errorDescription":%q}`, http.StatusText(status), status, words)
		return chattest.Refusal{Answer: chattest.Answer{Status: status, Body: body}, Want: want}
	}
	gone := retry.Advice{Kind: retry.Hopeless, Broken: true}
	chattest.Run(t, chattest.Suite{
		New: func(base string, tools chat.Tools) (chat.Sender, error) {
			return gotify.New(gotify.Config{URL: base + "/", Token: secret.New(token)}, tools)
		},
		Secrets: []string{token},
		OK:      chattest.Answer{Body: `{"id":25,"appid":5,"message":"hi","date":"2018-02-27T19:36:10Z"}`},
		Receipt: chat.Receipt{MessageID: "25"}, JSON: true,
		Text: func(c chattest.Call) string { return read(c).Message }, Limit: 20_000, Unit: chat.Runes, Inert: inert,
		Answers: map[string]chattest.Refusal{
			"no such token": refusal(401, "you need to provide a valid access token or user credentials to access this api", gone),
			"a client's":    refusal(403, "you are not allowed to access this api", gone),
			"bad":           refusal(400, "Field 'message' is required", retry.Advice{Kind: retry.Hopeless}),
			"broken":        refusal(500, "database is locked", retry.Advice{}),
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
		w.WriteHeader(max(a.Status, http.StatusOK))
		_, _ = io.WriteString(w, a.Body)
	}))
	t.Cleanup(s.Close)
	return s.URL, heard
}

func sender(t *testing.T, url string) *gotify.Sender {
	t.Helper()
	s, err := gotify.New(gotify.Config{URL: url, Token: secret.New(token)}, chat.Tools{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func send(t *testing.T, d chat.Delivery) posted {
	t.Helper()
	url, heard := server(t, chattest.Answer{Body: `{"id":1}`})
	if _, err := sender(t, url).Send(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	return read(<-heard)
}

func TestSeverityIsPriority(t *testing.T) {
	t.Parallel()
	for severity, want := range map[webhook.Severity]int{
		webhook.Critical: 10, webhook.Error: 8, webhook.Warning: 6, webhook.Notice: 5, webhook.Info: 4, webhook.Debug: 1, "": 0,
	} {
		if got := send(t, chat.Delivery{Message: chat.Message{Title: "x", Severity: severity}}); got.Priority != want {
			t.Errorf("%s: priority %d, want %d", severity, got.Priority, want)
		}
	}
}

func TestTextIsItselfInMarkdown(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"a_b*c":                   `a\_b\*c`,
		"1. x\n2) y":              "1\\. x  \n2\\) y",
		"# x\n- y\n> z\n+ a\n===": "\\# x  \n\\- y  \n\\> z  \n\\+ a  \n\\===",
		"a\n    x\n \ty\n  z":     "a  \n\u00a0\u00a0\u00a0\u00a0x  \n\u00a0\u00a0\u00a0\u00a0\u00a0y  \n  z",
		"https://x/_a_b_c_ _d_":   `https://x/_a_b_c\_ \_d\_`,
		"https://x/a?b=c-d 1 < 2": `https://x/a?b=c-d 1 \< 2`,
		"![x](https://x/y.png)":   `!\[x\](https://x/y.png)`,
		"&lt;":                    `\&lt;`,
	} {
		if got := send(t, chat.Delivery{Message: chat.Message{Body: chat.Plain(in)}}); got.Message != want {
			t.Errorf("%q became %q, want %q", in, got.Message, want)
		}
	}
}

func TestATapOpensTheTitlesAddress(t *testing.T) {
	t.Parallel()
	m := chat.Message{Title: "t", URL: "https://x/", Body: chat.Plain("b")}
	got := send(t, chat.Delivery{Message: m})
	if click, _ := got.Extras["client::notification"]["click"].(map[string]any); got.Title != "t" || got.Message != "b" || click["url"] != "https://x/" {
		t.Errorf("posted %+v", got)
	}
	m.Body = nil
	if got := send(t, chat.Delivery{Message: m}); got.Title != "" || got.Message != "**[t](<https://x/>)**" {
		t.Errorf("a title alone became %+v, want it as the message", got)
	}
}

func TestPlainIsNoMarkdown(t *testing.T) {
	t.Parallel()
	got := send(t, chat.Delivery{Plain: true, Message: chat.Message{Title: "*t*", Body: chat.Plain("_b_")}})
	if got.Extras["client::display"]["contentType"] != "text/plain" || got.Message != "*t*\n_b_" {
		t.Errorf("posted %+v", got)
	}
}

func TestMarkdownThatIsRefusedIsTriedAsText(t *testing.T) {
	t.Parallel()
	url, _ := server(t, chattest.Answer{Status: http.StatusBadRequest, Body: `{"error":"Bad Request","errorCode":400}`})
	_, err := sender(t, url).Send(t.Context(), chat.Delivery{Message: chat.Message{Title: "x"}})
	if got := retry.AdviceOn(err); !got.Degrade || got.Broken {
		t.Errorf("advice %+v, want to degrade: %v", got, err)
	}
}

func TestProbe(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		answer chattest.Answer
		who    string
		kind   retry.Kind
	}{
		"the token is known": {
			answer: chattest.Answer{Status: 400, Body: `{"error":"Bad Request","errorCode":400,"errorDescription":"Field 'message' is required"}`},
			who:    "an application",
		},
		"it is not":    {answer: chattest.Answer{Status: 401, Body: `{"error":"Unauthorized","errorCode":401}`}, kind: retry.Hopeless},
		"a proxy's":    {answer: chattest.Answer{Status: 400, Body: `<html>`}, kind: retry.Hopeless},
		"another's ok": {answer: chattest.Answer{Body: `{"id":1}`}, kind: retry.Again},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url, heard := server(t, c.answer)
			who, err := sender(t, url).Probe(t.Context())
			if who != c.who || (err == nil) != (c.who != "") || err != nil && retry.AdviceOn(err).Kind != c.kind {
				t.Errorf("Probe = %q, %v, want %q, advice %v", who, err, c.who, c.kind)
			}
			if call := <-heard; string(call.Body) != "{}" {
				t.Errorf("posted %s: that could be seen", call.Body)
			}
		})
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	cases := map[string]gotify.Config{
		"no url":               {Token: secret.New(token)},
		"another scheme":       {URL: "ws://secret", Token: secret.New(token)},
		"a query":              {URL: "https://x/?token=secret", Token: secret.New(token)},
		"no token":             {URL: "https://x/"},
		"an empty token":       {URL: "https://x/", Token: secret.New("")},
		"a token with a space": {URL: "https://x/", Token: secret.New("A secret")},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := gotify.New(c, chat.Tools{})
			if err == nil {
				t.Fatal("New found nothing wrong")
			}
			if strings.Contains(err.Error(), "secret") {
				t.Errorf("the error shows a secret: %v", err)
			}
		})
	}
}
