package bark_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"postern/pkg/chat"
	"postern/pkg/chat/bark"
	"postern/pkg/chat/chattest"
	"postern/pkg/retry"
	"postern/pkg/secret"
	"postern/pkg/webhook"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const device = "ynJ5Ft4atkMkWeo2PAvFhF"

type pushed struct {
	DeviceKey                      string `json:"device_key"`
	Title, Body, Level, Group, URL string
}

func read(c chattest.Call) pushed {
	var p pushed
	if err := json.Unmarshal(c.Body, &p); err != nil {
		return pushed{}
	}
	return p
}

// carried is what Bark makes of a call: Go's own JSON, in which < is six bytes.
func carried(c chattest.Call) string {
	var v any
	if err := json.Unmarshal(c.Body, &v); err != nil {
		return ""
	}
	b, err := json.Marshal(v)
	if err != nil {
		return ""
	}
	return string(b)
}

func inert(c chattest.Call) error {
	var fields map[string]string // all of them strings: a server reads others too
	if err := json.Unmarshal(c.Body, &fields); err != nil {
		return err
	}
	for name := range fields {
		switch name {
		case "device_key", "title", "body", "level", "group", "url":
		default:
			return fmt.Errorf("a field %s", name)
		}
	}
	return nil
}

func suite(written bark.Config, folder string) chattest.Suite {
	gone := retry.Advice{Kind: retry.Hopeless, Broken: true}
	refused := retry.Advice{Kind: retry.Hopeless}
	refusal := func(status, code int, words string, want retry.Advice) chattest.Refusal {
		body := fmt.Sprintf(`{"code":%d,"message":%q,"timestamp":1700000000}`, code, words)
		return chattest.Refusal{Answer: chattest.Answer{Status: status, Body: body}, Want: want}
	}
	return chattest.Suite{
		New: func(base string, tools chat.Tools) (chat.Sender, error) {
			c := written
			if c.APIURL != "" {
				c.APIURL = base + "/proxy/"
			} else {
				c.URL = base
			}
			return bark.New(c, tools)
		},
		OK:   chattest.Answer{Body: `{"code":200,"message":"success","timestamp":1700000000}`},
		JSON: true, Text: carried, Limit: 3500, Unit: chat.Bytes, Inert: inert,
		Answers: map[string]chattest.Refusal{
			"unknown device":      refusal(400, 400, "failed to get device token: failed to get [x] device token from database", gone),
			"no device":           refusal(400, 400, "device key is empty", gone),
			"a bad request":       refusal(400, 400, "request bind failed: EOF", refused),
			"the app is gone":     refusal(500, 500, "push failed: APNS push failed: Unregistered", gone),
			"another app's token": refusal(500, 500, "push failed: BadDeviceToken", gone),
			"too large":           refusal(500, 500, "push failed: PayloadTooLarge", refused),
			"too many":            refusal(500, 500, "push failed: TooManyRequests", retry.Advice{Kind: retry.Later}),
			"Apple is away":       refusal(500, 500, "push failed: connection reset by peer", retry.Advice{}),
			"no log-in":           {Answer: chattest.Answer{Status: 418, Body: "I'm a teapot"}, Want: gone},
			"200 with an error":   refusal(200, 500, "push failed: ServiceUnavailable", retry.Advice{}),
			"200, bad request":    refusal(200, 400, "request bind failed", refused),
		},
		Folder: folder, Update: *update,
	}
}

func TestDevicesContract(t *testing.T) {
	s := suite(bark.Config{User: "ops", Password: secret.New("secret-password")}, "devices")
	s.Channel, s.BadChannels = "private_"+device, []string{"private_", "short", "a/b/c/d/e/f", "group_" + device, device + "," + device}
	s.Secrets = []string{"secret-password", "b3BzOnNlY3JldC1wYXNzd29yZA=="}
	chattest.Run(t, s)
}

func TestOneDeviceContract(t *testing.T) {
	s := suite(bark.Config{DeviceKey: secret.New(device), APIURL: "https://replaced.example"}, "one")
	s.Secrets = []string{device}
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

func sender(t *testing.T, c bark.Config) *bark.Sender {
	t.Helper()
	s, err := bark.New(c, chat.Tools{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func send(t *testing.T, m chat.Message) pushed {
	t.Helper()
	url, heard := server(t, chattest.Answer{Body: `{"code":200,"message":"success"}`})
	if _, err := sender(t, bark.Config{URL: url}).Send(t.Context(), chat.Delivery{Channel: device, Message: m}); err != nil {
		t.Fatal(err)
	}
	return read(<-heard)
}

func TestSeverityIsALevel(t *testing.T) {
	t.Parallel()
	for severity, want := range map[webhook.Severity]string{
		webhook.Critical: "critical", webhook.Error: "timeSensitive", webhook.Warning: "", webhook.Info: "", webhook.Debug: "passive",
	} {
		if got := send(t, chat.Message{Title: "x", Severity: severity}).Level; got != want {
			t.Errorf("%s: level %q, want %q", severity, got, want)
		}
	}
}

func TestAThreadIsAGroupAndATapOpensTheAddress(t *testing.T) {
	t.Parallel()
	m := chat.Message{
		Title: "t", Body: chat.Plain("b"), Thread: "github:acme/widgets#12",
		Links: []webhook.Link{{Text: "L", URL: "https://x/l"}},
	}
	want := pushed{DeviceKey: device, Title: "t", Body: "b\nL: https://x/l", Group: "github:acme/widgets#12", URL: "https://x/l"}
	if got := send(t, m); got != want {
		t.Errorf("pushed %+v, want %+v", got, want)
	}
	m.URL = "https://x/t"
	if got := send(t, m).URL; got != m.URL {
		t.Errorf("a tap opens %q, want the title's %q", got, m.URL)
	}
}

func TestProbe(t *testing.T) {
	t.Parallel()
	info := chattest.Answer{Body: `{"version":"v2.2.6","build":"2026-01-01","arch":"linux/amd64","devices":3}`}
	cases := map[string]struct {
		device string
		answer chattest.Answer
		path   string
		who    string
		kind   retry.Kind
	}{
		"a server":        {answer: info, path: "/info", who: "a Bark server v2.2.6"},
		"no log-in":       {answer: chattest.Answer{Status: 418, Body: "I'm a teapot"}, path: "/info", kind: retry.Hopeless},
		"something else":  {answer: chattest.Answer{Body: "<html>"}, path: "/info", kind: retry.Again},
		"a device":        {device: device, answer: chattest.Answer{Body: `{"code":200,"message":"success"}`}, path: "/register/" + device, who: "a registered device"},
		"no such device":  {device: device, answer: chattest.Answer{Status: 400, Body: `{"code":400,"message":"failed to get [x] device token from database"}`}, path: "/register/" + device, kind: retry.Hopeless},
		"not even a Bark": {device: device, answer: chattest.Answer{Status: 404}, path: "/register/" + device, kind: retry.Hopeless},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url, heard := server(t, c.answer)
			config := bark.Config{URL: url}
			if c.device != "" {
				config.DeviceKey = secret.New(c.device)
			}
			who, err := sender(t, config).Probe(t.Context())
			if who != c.who || (err == nil) != (c.who != "") || err != nil && retry.AdviceOn(err).Kind != c.kind {
				t.Errorf("Probe = %q, %v, want %q, advice %v", who, err, c.who, c.kind)
			}
			if call := <-heard; call.Method != http.MethodGet || call.Path != c.path {
				t.Errorf("asked %s %s, want GET %s", call.Method, call.Path, c.path)
			}
		})
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	cases := map[string]bark.Config{
		"two servers":           {URL: "https://x/", APIURL: "https://y/"},
		"a bad url":             {URL: "bark.example.org"},
		"a query":               {URL: "https://x/?secret"},
		"a bad api_url":         {APIURL: "secret"},
		"an empty device_key":   {DeviceKey: secret.New("")},
		"a device_key, a path":  {DeviceKey: secret.New("secret/../x")},
		"a user, no password":   {User: "a"},
		"a password, no user":   {Password: secret.New("secret")},
		"a user, an empty word": {User: "a", Password: secret.New("")},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := bark.New(c, chat.Tools{})
			if err == nil {
				t.Fatal("New found nothing wrong")
			}
			if strings.Contains(err.Error(), "secret") {
				t.Errorf("the error shows a secret: %v", err)
			}
		})
	}
}

func TestTheServerIsDayAppUnlessNamed(t *testing.T) {
	t.Parallel()
	if _, err := bark.New(bark.Config{}, chat.Tools{}); err != nil {
		t.Errorf("New without a server: %v", err)
	}
}
