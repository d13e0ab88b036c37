package cli_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// platforms plays those of liveConfig: Telegram knows the bot, Slack does not. Each
// is asked without a message.
func platforms(t *testing.T) string {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("/bot1:hunter2/getMe", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"ok":true,"result":{"id":1,"username":"postern\u001b[31m_bot"}}`)
	})
	mux.HandleFunc("/api/auth.test", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"ok":false,"error":"invalid_auth\nxoxb-hunter2"}`)
	})
	mux.HandleFunc("/", func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("%s %s was called: that could be seen", r.Method, r.URL)
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s.URL
}

func liveConfig(url string) string {
	return strings.ReplaceAll(`accounts:
  telegram: {token: "1:hunter2", api_url: "URL"}
  slack: {token: xoxb-hunter2, api_url: "URL"}
  screen: {type: console}
  other: {type: bark, url: "http://127.0.0.1:1"}
chats:
  team: telegram-group_-1001
  dev: {type: webhook, url: "URL/in/hunter2"}
`, "URL", url)
}

func TestCheckLiveAsksEveryPlatform(t *testing.T) {
	t.Parallel()
	path := write(t, liveConfig(platforms(t)))
	got := postern(t, "check", "--live", "--config", path)
	want := said{
		code: 1,
		out: path + ` is good: 0 endpoints, 2 chats
failed   other (bark): not sent: dial tcp 127.0.0.1:1: connect: connection refused
untried  screen (console): it can only be tried by posting: postern notify screen-default hello
failed   slack (slack): the platform answered 200 OK: invalid_auth ***
ok       telegram (telegram): @postern[31m_bot
untried  dev (webhook): it can only be tried by posting: postern notify dev hello
`,
		errors: "postern: 2 of 5 failed\n",
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(said{})); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestCheckLiveInJSON(t *testing.T) {
	t.Parallel()
	got := postern(t, "check", "--live", "--json", "--config", write(t, liveConfig(platforms(t))))
	var c struct {
		Good bool
		Live []struct{ Name, Type, State, Who, Error, Try string }
	}
	if err := json.Unmarshal([]byte(got.out), &c); err != nil || got.code != 1 || !c.Good || len(c.Live) != 5 {
		t.Fatalf("got %+v, %v, want exit 1 and five answers", got, err)
	}
	states := map[string]string{}
	for _, a := range c.Live {
		states[a.Name] = a.State
		if (a.State == "ok") != (a.Who != "") || (a.State == "failed") != (a.Error != "") || (a.State == "untried") != (a.Try != "") {
			t.Errorf("%+v: who goes with ok, error with failed, try with untried", a)
		}
	}
	want := map[string]string{"other": "failed", "screen": "untried", "slack": "failed", "telegram": "ok", "dev": "untried"}
	if diff := cmp.Diff(want, states); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if strings.Contains(got.out+got.errors, "hunter2") {
		t.Errorf("got %+v, which shows a secret", got)
	}
}

func TestCheckLiveOfAGoodConfigIsClean(t *testing.T) {
	t.Parallel()
	got := postern(t, "check", "--live", "--config", write(t, goodConfig))
	if got.code != 0 || !strings.HasSuffix(got.out, "untried  team (console): it can only be tried by posting: postern notify team hello\n") {
		t.Errorf("got %+v, want exit 0", got)
	}
	if got := postern(t, "check", "--live", "--config", write(t, badConfig)); got.code != 2 || got.out != "" {
		t.Errorf("a bad config: got %+v, want exit 2 and nobody asked", got)
	}
}

// What a body of http does wrong is told with its place in the template and the
// chat's in the file.
func TestCheckTriesTheBodyOfHTTP(t *testing.T) {
	t.Parallel()
	path := write(t, `chats:
  good:
    type: http
    url: https://example.org/in
    headers: {Authorization: Bearer hunter2}
    secrets: {token: hunter2}
    body: |
      {"text": {{json .text}}, "token": {{json .secrets.token}}}
    success: {status: [200], json: {path: code, equals: [0, 1]}, gone: {status: [404]}, retry_after: {json: wait, unit: ms}}
  bad:
    type: http
    url: https://example.org/in
    body: |
      {"text":
        "{{.text}}"}
`)
	want := "postern: " + path + `:10:3: chats.bad: http: body:2:5: a value is printed as it is; end it in json, ` +
		"such as {{json .title}}, without quotes around it\n"
	got := postern(t, "check", "--config", path)
	if got.code != 2 || got.errors != want {
		t.Errorf("got %+v, want exit 2 and %q", got, want)
	}
}
