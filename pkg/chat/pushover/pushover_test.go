package pushover_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"postern/pkg/chat"
	"postern/pkg/chat/chattest"
	"postern/pkg/chat/pushover"
	"postern/pkg/retry"
	"postern/pkg/secret"
	"postern/pkg/webhook"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const (
	token = "azGDORePK8gMaC0QOYAMyEEuzJnyUi"
	user  = "uQiRzpo4DXghDmr9QzzfQu27cmVRsG"
)

func form(c chattest.Call) url.Values {
	v, err := url.ParseQuery(string(c.Body))
	if err != nil {
		return nil
	}
	return v
}

// inert: nothing pings, and html is what must not be asked for.
func inert(c chattest.Call) error {
	v := form(c)
	for name := range v {
		if !slices.Contains([]string{"token", "user", "message", "title", "url", "url_title", "priority"}, name) {
			return fmt.Errorf("a field %s=%s", name, v.Get(name))
		}
	}
	for name, limit := range map[string]int{"title": 250, "url": 512, "url_title": 100} {
		if got := chat.Runes.Len(v.Get(name)); got > limit {
			return fmt.Errorf("%s is %d long, want at most %d", name, got, limit)
		}
	}
	if v.Get("message") == "" {
		return errors.New("there is no message")
	}
	return nil
}

func suite(written pushover.Config, folder string) chattest.Suite {
	gone := retry.Advice{Kind: retry.Hopeless, Broken: true}
	refused := retry.Advice{Kind: retry.Hopeless}
	refusal := func(status int, body string, want retry.Advice) chattest.Refusal {
		return chattest.Refusal{Answer: chattest.Answer{Status: status, Body: body}, Want: want}
	}
	quota := refusal(429, `{"errors":["application has exceeded its limit"],"status":0}`, retry.Advice{Kind: retry.Later, After: 15 * time.Minute})
	quota.Answer.Header = http.Header{"X-Limit-App-Remaining": {"0"}, "X-Limit-App-Reset": {strconv.FormatInt(time.Now().Add(300*time.Hour).Unix(), 10)}}
	later := retry.Advice{Kind: retry.Later, After: 5 * time.Second}
	return chattest.Suite{
		Advice: map[int]retry.Advice{500: later, 503: later},
		New: func(base string, tools chat.Tools) (chat.Sender, error) {
			c := written
			c.APIURL = base + "/proxy/"
			return pushover.New(c, tools)
		},
		Secrets: []string{token},
		OK:      chattest.Answer{Body: `{"status":1,"request":"647d2300-702c-4b38-8b2f-d56326ae460b"}`},
		Receipt: chat.Receipt{MessageID: "647d2300-702c-4b38-8b2f-d56326ae460b"}, JSON: true,
		Text: func(c chattest.Call) string { return form(c).Get("message") }, Limit: 1024, Unit: chat.Runes, Inert: inert,
		Answers: map[string]chattest.Refusal{
			"no such user":  refusal(400, `{"user":"invalid","errors":["user identifier is invalid"],"status":0,"request":"5"}`, gone),
			"no such token": refusal(400, `{"token":"invalid","errors":["application token is invalid"],"status":0,"request":"5"}`, gone),
			"a bad message": refusal(400, `{"message":"cannot be blank","errors":["message cannot be blank"],"status":0}`, refused),
			"200, status 0": refusal(200, `{"user":"invalid","errors":["user identifier is invalid"],"status":0}`, gone),
			"200, no words": refusal(200, `{"status":0}`, retry.Advice{Kind: retry.Lost}),
			"the month's":   quota,
		},
		Folder: folder, Update: *update,
	}
}

func TestUsersContract(t *testing.T) {
	s := suite(pushover.Config{Token: secret.New(token)}, "users")
	s.Channel, s.BadChannels = "private_"+user, []string{"default", "private_", user + "x", "room_" + user, strings.Repeat("-", 30)}
	chattest.Run(t, s)
}

func TestOneUserContract(t *testing.T) {
	s := suite(pushover.Config{Token: secret.New(token), User: secret.New(user)}, "one")
	s.Secrets = append(s.Secrets, user)
	chattest.Run(t, s)
}

// server gives one answer to everybody; heard holds what it was asked.
func server(t *testing.T, a chattest.Answer) (base string, heard chan chattest.Call) {
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

func sender(t *testing.T, c pushover.Config) *pushover.Sender {
	t.Helper()
	c.Token = secret.New(token)
	s, err := pushover.New(c, chat.Tools{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func send(t *testing.T, c pushover.Config, d chat.Delivery) chattest.Call {
	t.Helper()
	base, heard := server(t, chattest.Answer{Body: `{"status":1,"request":"a"}`})
	c.APIURL, d.Channel = base, user
	if _, err := sender(t, c).Send(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	return <-heard
}

func TestSeverityIsPriority(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		severity  webhook.Severity
		emergency bool
		want      string
	}{
		"critical":             {severity: webhook.Critical, want: "1"},
		"critical, insistent":  {severity: webhook.Critical, emergency: true, want: "2/60/3600"},
		"an error":             {severity: webhook.Error, emergency: true},
		"a warning":            {severity: webhook.Warning},
		"what is only to know": {severity: webhook.Info},
		"debug":                {severity: webhook.Debug, want: "-1"},
	}
	for name, c := range cases {
		m := chat.Message{Title: "x", Severity: c.severity}
		v := form(send(t, pushover.Config{Emergency: c.emergency}, chat.Delivery{Message: m}))
		got := strings.Trim(v.Get("priority")+"/"+v.Get("retry")+"/"+v.Get("expire"), "/")
		if got != c.want {
			t.Errorf("%s: priority/retry/expire %q, want %q", name, got, c.want)
		}
	}
}

func TestOneAddressStandsBelowTheText(t *testing.T) {
	t.Parallel()
	long := "https://x/" + strings.Repeat("a", 510)
	links := []webhook.Link{{Text: "L", URL: "https://x/l"}, {Text: "M", URL: "https://x/m"}}
	cases := map[string]struct {
		m                    chat.Message
		url, title, leftText string
	}{
		"the title's":          {chat.Message{URL: "https://x/", Links: links}, "https://x/", "", "b\nL: https://x/l\nM: https://x/m"},
		"a link's":             {chat.Message{Links: links}, "https://x/l", "L", "b\nM: https://x/m"},
		"one too long is text": {chat.Message{URL: long, Links: links}, "https://x/l", "L", "b\nM: https://x/m\n" + long},
	}
	for name, c := range cases {
		c.m.Title, c.m.Body = "t", chat.Plain("b")
		v := form(send(t, pushover.Config{}, chat.Delivery{Message: c.m}))
		if v.Get("url") != c.url || v.Get("url_title") != c.title || v.Get("message") != c.leftText || v.Get("title") != "t" {
			t.Errorf("%s: posted %v", name, v)
		}
	}
}

func TestOneImageIsUploaded(t *testing.T) {
	t.Parallel()
	image := chat.Attachment{Name: "a.png", Type: "image/png", URL: "https://x/a.png"}
	d := chat.Delivery{
		ID:      "n-1",
		Message: chat.Message{Title: "t", Attachments: []chat.Attachment{{Name: "l.txt", Type: "text/plain", URL: "https://x/l.txt"}, image, image}},
		Open: func(_ context.Context, a chat.Attachment, most int64) (chat.File, error) {
			if most != 5_242_880 {
				t.Errorf("opened for %d bytes", most)
			}
			return chat.File{Name: a.Name, Type: "image/png", Data: []byte("PNG")}, nil
		},
	}
	call := send(t, pushover.Config{}, d)
	_, params, err := mime.ParseMediaType(call.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	parts, err := multipart.NewReader(strings.NewReader(string(call.Body)), params["boundary"]).ReadForm(1 << 20)
	if err != nil {
		t.Fatal(err)
	}
	if len(parts.File["attachment"]) != 1 || parts.File["attachment"][0].Filename != "a.png" {
		t.Errorf("uploaded %v, want one a.png", parts.File)
	}
	want := map[string][]string{
		"token": {token}, "user": {user}, "title": {"t"}, "message": {"📎 a.png: https://x/a.png"}, "url": {"https://x/l.txt"}, "url_title": {"📎 l.txt"},
	}
	if diff := cmp.Diff(want, parts.Value); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestTheLastMessageOfTheMonthIsFollowedByARest(t *testing.T) {
	t.Parallel()
	for remaining, rested := range map[string]bool{"0": true, "1": false, "": false} {
		header := http.Header{"X-Limit-App-Remaining": {remaining}, "X-Limit-App-Reset": {strconv.FormatInt(time.Now().Add(time.Minute).Unix(), 10)}}
		base, _ := server(t, chattest.Answer{Header: header, Body: `{"status":1,"request":"a"}`})
		got, err := sender(t, pushover.Config{APIURL: base}).Send(t.Context(), chat.Delivery{Channel: user, Message: chat.Message{Title: "x"}})
		if err != nil || (got.Rest > 50*time.Second) != rested || got.Rest > time.Minute {
			t.Errorf("%q left: Send = %+v, %v, want a rest: %v", remaining, got, err, rested)
		}
	}
}

func TestWhomARefusalConcerns(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer chattest.Answer
		want   retry.Reach
	}{
		"no such user":      {chattest.Answer{Status: 400, Body: `{"user":"invalid","errors":["no"],"status":0}`}, retry.Chat},
		"no such token":     {chattest.Answer{Status: 400, Body: `{"token":"invalid","errors":["no"],"status":0}`}, retry.Account},
		"the month's quota": {chattest.Answer{Status: 429, Body: `{"status":0}`}, retry.Account},
	} {
		base, _ := server(t, c.answer)
		_, err := sender(t, pushover.Config{APIURL: base}).Send(t.Context(), chat.Delivery{Channel: user, Message: chat.Message{Title: "x"}})
		if got := retry.AdviceOn(err); got.Reach != c.want {
			t.Errorf("%s: advice %+v, want it to concern the %s", name, got, c.want)
		}
	}
}

func TestProbe(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		user   string
		answer chattest.Answer
		path   string
		who    string
		kind   retry.Kind
	}{
		"an application": {
			answer: chattest.Answer{Body: `{"limit":10000,"remaining":7496,"reset":1393653600,"status":1}`},
			path:   "/1/apps/limits.json?token=" + token, who: "an application with 7496 messages left this month",
		},
		"a user": {
			user: user, answer: chattest.Answer{Body: `{"status":1,"group":0,"devices":["phone","tablet"]}`},
			path: "/1/users/validate.json", who: "a user with 2 devices",
		},
		"refused": {
			answer: chattest.Answer{Status: 400, Body: `{"token":"invalid","errors":["application token is invalid"],"status":0}`},
			path:   "/1/apps/limits.json?token=" + token, kind: retry.Hopeless,
		},
		"somebody else": {answer: chattest.Answer{Body: `{}`}, path: "/1/apps/limits.json?token=" + token, kind: retry.Again},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			base, heard := server(t, c.answer)
			config := pushover.Config{APIURL: base}
			if c.user != "" {
				config.User = secret.New(c.user)
			}
			who, err := sender(t, config).Probe(t.Context())
			if who != c.who || (err == nil) != (c.who != "") || err != nil && retry.AdviceOn(err).Kind != c.kind {
				t.Errorf("Probe = %q, %v, want %q, advice %v", who, err, c.who, c.kind)
			}
			if call := <-heard; call.Path != c.path {
				t.Errorf("asked %s, want %s", call.Path, c.path)
			}
		})
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	cases := map[string]pushover.Config{
		"no token":         {},
		"an empty token":   {Token: secret.New("")},
		"an empty user":    {Token: secret.New(token), User: secret.New("")},
		"a user too short": {Token: secret.New(token), User: secret.New("secret")},
		"a bad api_url":    {Token: secret.New(token), APIURL: "api.pushover.net"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := pushover.New(c, chat.Tools{})
			if err == nil {
				t.Fatal("New found nothing wrong")
			}
			if strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), token) {
				t.Errorf("the error shows a secret: %v", err)
			}
		})
	}
}
