package apprise_test

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

	"github.com/google/go-cmp/cmp"

	"postern/pkg/chat"
	"postern/pkg/chat/apprise"
	"postern/pkg/chat/chattest"
	"postern/pkg/retry"
	"postern/pkg/secret"
	"postern/pkg/webhook"
)

var update = flag.Bool("update", false, "rewrite the golden files")

type notified struct{ Title, Body, Type, Format, Tag string }

func read(c chattest.Call) notified {
	var n notified
	if err := json.Unmarshal(c.Body, &n); err != nil {
		return notified{}
	}
	return n
}

// live is what pings a room on one platform or another.
var live = regexp.MustCompile(`@(everyone|here|all|channel|room|\*\*)|<[!@a-z]|\[CQ:`)

func inert(c chattest.Call) error {
	n := read(c)
	if ping := live.FindString(n.Title + n.Body); ping != "" {
		return fmt.Errorf("%q is live", ping)
	}
	if n.Format != "text" || n.Tag != "ops,night" {
		return fmt.Errorf("format %q, tag %q", n.Format, n.Tag)
	}
	return nil
}

func suite(written apprise.Config, folder string) chattest.Suite {
	gone := retry.Advice{Kind: retry.Hopeless, Broken: true}
	return chattest.Suite{
		ByStatus: true,
		New: func(base string, tools chat.Tools) (chat.Sender, error) {
			c := written
			c.URL = base + "/"
			return apprise.New(c, tools)
		},
		OK:   chattest.Answer{Body: "2026-11-24 02:00:00 - INFO - Sent Slack notification."},
		Text: func(c chattest.Call) string { return read(c).Body }, Limit: 10_000, Unit: chat.Runes, Inert: inert,
		Answers: map[string]chattest.Refusal{
			"no configuration": {Answer: chattest.Answer{Status: 204}, Want: gone},
			"one did not": {
				Answer: chattest.Answer{Status: 424, Body: `{"error":"One or more notification could not be sent."}`},
				Want:   retry.Advice{Kind: retry.Lost},
			},
			"a bad payload": {
				Answer: chattest.Answer{Status: 400, Body: `{"error":"An invalid payload was specified."}`},
				Want:   retry.Advice{Kind: retry.Hopeless},
			},
		},
		Folder: folder, Update: *update,
	}
}

func TestKeysContract(t *testing.T) {
	s := suite(apprise.Config{User: "ops", Password: secret.New("secret-password")}, "keys")
	s.Channel, s.BadChannels = "team:ops,night", []string{"team:", "team:a,,b", "a/b", ":ops", "team:a b", "ä"}
	s.Secrets = []string{"secret-password", "b3BzOnNlY3JldC1wYXNzd29yZA=="}
	chattest.Run(t, s)
}

func TestOneKeyContract(t *testing.T) {
	s := suite(apprise.Config{ConfigKey: secret.New("secret-key"), Tag: "ops,night"}, "one")
	s.Secrets = []string{"secret-key"}
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

func sender(t *testing.T, c apprise.Config) *apprise.Sender {
	t.Helper()
	s, err := apprise.New(c, chat.Tools{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSeverityIsAType(t *testing.T) {
	t.Parallel()
	for severity, want := range map[webhook.Severity]string{
		webhook.Critical: "failure", webhook.Error: "failure", webhook.Warning: "warning", webhook.Notice: "info", "": "info",
	} {
		url, heard := server(t, chattest.Answer{})
		d := chat.Delivery{Channel: "team", Message: chat.Message{Title: "t", Body: chat.Plain("b"), Severity: severity}}
		if _, err := sender(t, apprise.Config{URL: url}).Send(t.Context(), d); err != nil {
			t.Fatal(err)
		}
		call := <-heard
		if diff := cmp.Diff(notified{Title: "t", Body: "b", Type: want, Format: "text"}, read(call)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", severity, diff)
		}
		if call.Path != "/notify/team" {
			t.Errorf("posted to %s, want /notify/team", call.Path)
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
		"a configuration":    {answer: chattest.Answer{Body: `{"tags":["ops"],"urls":[{"url":"slack://..."},{"url":"mailto://..."}]}`}, who: "a configuration of 2 services"},
		"no configuration":   {answer: chattest.Answer{Status: 204}, kind: retry.Hopeless},
		"no log-in":          {answer: chattest.Answer{Status: 401}, kind: retry.Hopeless},
		"somebody else":      {answer: chattest.Answer{Body: `{"ok":true}`}, kind: retry.Again},
		"not even an answer": {answer: chattest.Answer{Body: "<html>"}, kind: retry.Again},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url, heard := server(t, c.answer)
			who, err := sender(t, apprise.Config{URL: url, ConfigKey: secret.New("team")}).Probe(t.Context())
			if who != c.who || (err == nil) != (c.who != "") || err != nil && retry.AdviceOn(err).Kind != c.kind {
				t.Errorf("Probe = %q, %v, want %q, advice %v", who, err, c.who, c.kind)
			}
			if call := <-heard; call.Method != http.MethodGet || call.Path != "/json/urls/team?privacy=1" {
				t.Errorf("asked %s %s", call.Method, call.Path)
			}
		})
	}
	if _, err := sender(t, apprise.Config{URL: "http://127.0.0.1:1"}).Probe(t.Context()); !errors.Is(err, chat.ErrNoProbe) {
		t.Errorf("without a key: %v, want ErrNoProbe", err)
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	const url = "https://apprise.example.org"
	cases := map[string]apprise.Config{
		"no url":              {},
		"another scheme":      {URL: "apprise://secret"},
		"a query":             {URL: url + "?secret"},
		"an empty key":        {URL: url, ConfigKey: secret.New("")},
		"a key, a path":       {URL: url, ConfigKey: secret.New("secret/x")},
		"a tag without a key": {URL: url, Tag: "ops"},
		"a bad tag":           {URL: url, ConfigKey: secret.New("secret"), Tag: "a b"},
		"a user, no password": {URL: url, User: "a"},
		"a password, no user": {URL: url, Password: secret.New("secret")},
		"an empty password":   {URL: url, User: "a", Password: secret.New("")},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := apprise.New(c, chat.Tools{})
			if err == nil {
				t.Fatal("New found nothing wrong")
			}
			if strings.Contains(err.Error(), "secret") {
				t.Errorf("the error shows a secret: %v", err)
			}
		})
	}
}
