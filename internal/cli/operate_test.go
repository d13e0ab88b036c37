package cli_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"postern/internal/config"
	"postern/internal/servertest"
	"postern/pkg/chat/chattest"
)

func TestInitWritesAStarterOnce(t *testing.T) {
	t.Chdir(t.TempDir())
	for name, args := range map[string][]string{
		"postern.yaml": {"init"}, "mine.yaml": {"init", "mine.yaml"}, "flag.yaml": {"init", "--config", "flag.yaml"},
	} {
		got := postern(t, args...)
		if want := "wrote " + name + "; next: postern check --config " + name + "\n"; got.code != 0 || got.out != want {
			t.Errorf("%v: got %+v, want exit 0 and %q", args, got, want)
		}
		if text, err := os.ReadFile(name); err != nil || string(text) != string(config.Starter()) {
			t.Errorf("%s: got %v and %d bytes, want the starter", name, err, len(text))
		}
		if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: got %v, %v, want a file of its owner's alone", name, info, err)
		}
		if err := os.WriteFile(name, []byte("# mine"), 0o600); err != nil {
			t.Fatal(err)
		}
		got = postern(t, args...)
		if want := "postern: " + name + " is there already; it is left as it is\n"; got.code != 2 || got.errors != want {
			t.Errorf("%v again: got %+v, want exit 2 and %q", args, got, want)
		}
		if text, _ := os.ReadFile(name); string(text) != "# mine" {
			t.Errorf("%s was overwritten", name)
		}
	}
	if got := postern(t, "init", filepath.Join("nowhere", "x.yaml")); got.code != 1 {
		t.Errorf("a folder that is not there: got %+v, want exit 1", got)
	}
}

func TestTheStarterIsGoodGivenItsSecret(t *testing.T) {
	t.Parallel()
	path := write(t, string(config.Starter()))
	if got := call(t, "postern", []string{"check", "--config", path}, "GITHUB_SECRET=s"); got.code != 0 {
		t.Errorf("got %+v, want exit 0", got)
	}
	got := postern(t, "check", "--config", path)
	if got.code != 2 || strings.Count(got.errors, "\n") != 1 || !strings.Contains(got.errors, "GITHUB_SECRET is not set") {
		t.Errorf("without it: got %+v, want exit 2 and this one fault", got)
	}
}

func TestNotifySaysAllParts(t *testing.T) {
	t.Parallel()
	platform := chattest.NewPlatform(t)
	path := write(t, "accounts:\n  telegram: {token: '"+chattest.TelegramToken+"', api_url: '"+platform.URL+"'}\n")
	got := postern(t, "notify", "telegram-private_1", strings.Repeat("word ", 1500)+"end", "--config", path)
	if said := platform.Messages(); got.code != 0 || len(said) != 2 || !strings.HasSuffix(said[1].Text, "end") {
		t.Errorf("got %+v and %d messages, want exit 0 and all of the text in two", got, len(said))
	}
}

func TestNotifySaysHowMuchWasSaid(t *testing.T) {
	t.Parallel()
	platform := chattest.NewPlatform(t)
	said := 0
	platform.Fail(func(chattest.Call) *chattest.Answer {
		if said++; said > 1 {
			return &chattest.Answer{Status: 400, Body: `{"ok":false,"description":"Bad Request: no more"}`}
		}
		return nil
	})
	path := write(t, "accounts:\n  telegram: {token: '"+chattest.TelegramToken+"', api_url: '"+platform.URL+"'}\n")
	got := postern(t, "notify", "--json", "telegram-private_1", strings.Repeat("word ", 1500)+"end", "--config", path)
	if got.code != 1 || !strings.Contains(got.errors, "telegram-private_1 (telegram-private_1): 1 of 2 parts were said: ") {
		t.Errorf("got %+v, want exit 1 and how much was said", got)
	}
	if !strings.Contains(got.out, `"parts":2`) || !strings.Contains(got.out, `"said":1`) {
		t.Errorf("got %s, want 1 of 2 parts in JSON", got.out)
	}
}

func TestNotify(t *testing.T) {
	t.Parallel()
	platform := chattest.NewPlatform(t)
	path := write(t, "accounts:\n  telegram: {token: '"+chattest.TelegramToken+"', api_url: '"+platform.URL+"'}\n"+
		"chats:\n  team: telegram-group_-1001\n  gone: telegram-group_-404\n")
	platform.Remove("-404")
	for to, want := range map[string]string{
		"team":                  "sent to team (telegram-group_-1001), message ",
		"telegram-group_-1002":  "sent to telegram-group_-1002 (telegram-group_-1002), message ",
		"telegram-private_1003": "sent to telegram-private_1003 (telegram-private_1003), message ",
	} {
		if got := postern(t, "notify", to, "Hello there", "--config", path); got.code != 0 || !strings.HasPrefix(got.out, want) {
			t.Errorf("%s: got %+v, want exit 0 and %q", to, got, want)
		}
	}
	if got := platform.Messages(); len(got) != 3 || got[0].Text != "Hello there" {
		t.Errorf("the platform heard %+v, want three greetings", got)
	}
	got := postern(t, "notify", "gone", "Anybody?", "--config", path)
	if got.code != 1 || got.out != "" || !strings.HasPrefix(got.errors, "postern: gone (telegram-group_-404) did not take it: ") ||
		strings.Count(got.errors, "\n") != 1 || strings.Contains(got.errors, chattest.TelegramToken) {
		t.Errorf("a chat that is gone: got %+v, want exit 1 and the platform's words", got)
	}
}

// All of a text is said, and a chat that holds a connection takes leave.
func TestNotifySaysEveryPartAndLeaves(t *testing.T) {
	t.Parallel()
	server := servertest.StartIRC(t, servertest.NewCertificate(t))
	reader := server.Listen("reader", "#ops")
	path := write(t, "accounts: {irc: {url: 'irc://"+server.Address+"', nick: postern, password: "+servertest.IRCPassword+"}}\n")
	if got := postern(t, "notify", "irc-#ops", "one\ntwo", "--config", path); got.code != 0 || got.out != "sent to irc-#ops (irc-#ops)\n" {
		t.Errorf("got %+v, want exit 0 and a receipt", got)
	}
	reader.Await("PRIVMSG #ops :two")
	if got := reader.Heard("PRIVMSG #ops :one"); len(got) != 1 {
		t.Errorf("the first line was heard %d times", len(got))
	}
	servertest.Await(t, "the farewell", func() bool { return len(reader.Heard(" QUIT ")) == 1 })
}

func TestNotifyInJSON(t *testing.T) {
	t.Parallel()
	platform := chattest.NewPlatform(t)
	path := write(t, "chats:\n  dev: {type: slack, webhook_url: '"+platform.URL+"/services/"+chattest.SlackHook+"'}\n"+
		"  bad: {type: slack, webhook_url: '"+platform.URL+"/services/T0/B0/hunter2'}\n")
	type notified struct {
		Chat    string `json:"chat"`
		ChatKey string `json:"chat_key"`
		Sent    bool   `json:"sent"`
		Error   string `json:"error"`
	}
	for alias, code := range map[string]int{"dev": 0, "bad": 1} {
		var n notified
		got := postern(t, "notify", "--json", alias, "Hi", "--config", path)
		if err := json.Unmarshal([]byte(got.out), &n); err != nil || got.code != code {
			t.Fatalf("%s: got %+v, %v, want exit %d and JSON", alias, got, err, code)
		}
		if n.Chat != alias || n.ChatKey != "slack-"+alias || n.Sent != (code == 0) || (n.Error == "") != n.Sent {
			t.Errorf("%s: got %+v", alias, n)
		}
		if strings.Contains(got.out+got.errors, "hunter2") {
			t.Errorf("%s: got %+v, which shows a secret", alias, got)
		}
	}
}

func TestNotifyWithoutAConfigTellsTheDemosChat(t *testing.T) {
	t.Chdir(t.TempDir())
	got := postern(t, "notify", "demo", "Hello")
	if got.code != 0 || !strings.Contains(got.out, "Hello") || !strings.HasSuffix(got.out, "sent to demo (console-default)\n") {
		t.Errorf("got %+v, want it said and a receipt", got)
	}
}

func TestVersion(t *testing.T) {
	t.Parallel()
	if got := postern(t, "version"); got.code != 0 || !strings.HasPrefix(got.out, "postern ") {
		t.Errorf("got %+v, want exit 0 and the version", got)
	}
	var v struct{ Program, Version string }
	if err := json.Unmarshal([]byte(postern(t, "version", "--json").out), &v); err != nil || v.Program != "postern" || v.Version == "" {
		t.Errorf("got %+v, %v, want it as JSON", v, err)
	}
}

func TestHealthIs0Or1(t *testing.T) {
	t.Parallel()
	var status atomic.Int64
	status.Store(http.StatusOK)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/healthz" {
			t.Errorf("got a call of %s, want /healthz", r.URL.Path)
		}
		w.WriteHeader(int(status.Load()))
	}))
	address := strings.TrimPrefix(server.URL, "http://")
	// Another fault of the file does not make a running program ill.
	path := write(t, "locale: fr\nhttp: {listen: '"+address+"'}\nworker: {listen: '"+address+"'}\n")
	lines := [][]string{
		{"postern", "health", "--config", path},
		{"receiver", "health", "--config", path},
		{"postern", "worker", "--config", path, "health"},
		{"worker", "--listen", address, "health"},
	}
	wants := func(when string, code int) {
		for _, l := range lines {
			if got := call(t, l[0], l[1:]); got.code != code || (got.out == "healthy\n") != (code == 0) {
				t.Errorf("%s: %v: got %+v, want exit %d", when, l, got, code)
			}
		}
	}
	wants("well", 0)
	status.Store(http.StatusServiceUnavailable)
	wants("ill", 1)
	server.Close()
	wants("away", 1)
	if got := postern(t, "health", "--config", "none.yaml"); got.code != 1 {
		t.Errorf("without its config: got %+v, want exit 1", got)
	}
}
