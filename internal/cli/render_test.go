package cli_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const renderConfig = `
chats:
  team: telegram-group_-1001
  dev: {type: slack, webhook_url: 'https://slack.invalid/services/T0/B0/hunter2', locale: ja, verbosity: compact}
accounts: {telegram: {token: '123456:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA', api_url: 'http://127.0.0.1:1'}}
plugins:
  a.b:
    webhooks:
      /x:
        source: github
        secrets: [hunter2]
        notify:
          - {to: [team], events: [push]}
          - {to: [dev], events: [push], branches: [main]}
          - {to: [team, dev], when: payload.gone == 1}
      /r/{id}: {verify: none, disabled: true}
`

func rendering(t *testing.T, args ...string) said {
	t.Helper()
	got := postern(t, append([]string{"render", "--config", write(t, renderConfig), "--webhook", "a.b/x"}, args...)...)
	if strings.Contains(got.out+got.errors, "hunter2") {
		t.Errorf("got %+v, which shows a secret", got)
	}
	return got
}

func file(t *testing.T, body string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "f.json")
	if err := os.WriteFile(path, []byte(body), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestRenderShowsWhatIsSaidToWhomAndWhyNot(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		args []string
		want []string
	}{
		"a sample": {[]string{"--event", "push"}, []string{
			"push: [acme/widgets] octocat pushed 2 commits to main\n",
			"  team (telegram-group_-1001) is told, by rule 1 (en, normal)\n    | 📦 Push\n",
			"  dev (slack-dev) is told, by rule 2 (ja, compact)\n    | *<https://github.com/acme/widgets/",
			"  team (telegram-group_-1001) is not told by rule 3: rule 1 has told it already\n",
			"  dev (slack-dev) is not told by rule 3: rule 2 has told it already\n",
		}},
		"an event of which nobody is told": {[]string{"--event", "issues.opened"}, []string{
			"  team (telegram-group_-1001) is not told by rule 1: events: issues.opened is none of push\n",
			"is not told by rule 3: when: it cannot tell: no such key: gone\n", "  warning: when_failed: no such key: gone\n", "\nnobody is told\n",
		}},
		"a file": {[]string{"--event", "push", file(t, `{"ref":"refs/heads/dev","repository":{"full_name":"a/b"},"pusher":{"name":"mona"}}`)}, []string{
			"push: [a/b] mona", "  dev (slack-dev) is not told by rule 2: branches: its branch dev is none of main\n",
		}},
		"a file of an event without a sample": {[]string{"--event", "label.edited", file(t, `{"action":"edited"}`)}, []string{"label.edited: ", "nobody is told\n"}},
		"a ping":                              {[]string{"--event", "ping"}, []string{"answered at once, no job: 200 {\"status\":\"ok\"", "nobody is told\n"}},
		"of a disabled endpoint that tells nobody": {[]string{"--event", "event", "--webhook", "a.b/r/{id}"}, []string{
			"note: the endpoint has no notify rule\n", "note: the endpoint is disabled: it is answered 404\n", "nobody is told\n",
		}},
		"a header": {[]string{"--event", "push", "--header", "X-GitHub-Event: star"}, []string{"star: [acme/widgets]"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := rendering(t, c.args...)
			if got.code != 0 || got.errors != "" {
				t.Errorf("got exit %d and %q, want 0", got.code, got.errors)
			}
			for _, w := range c.want {
				if !strings.Contains(got.out, w) {
					t.Errorf("got %s\nwant %q in it", got.out, w)
				}
			}
		})
	}
}

func TestRenderInJSON(t *testing.T) {
	t.Parallel()
	var r struct {
		Webhook, Source, Answered string
		Events                    []struct {
			Type, Action string
			Told         []struct {
				Chat      string
				ChatKey   string `json:"chat_key"`
				Rule      int
				Locale    string
				Verbosity string
				Text      string
			}
			NotTold []struct {
				Chat, Filter, Why string
				Rule              int
			} `json:"not_told"`
		}
	}
	got := rendering(t, "--event", "push", "--json")
	if err := json.Unmarshal([]byte(got.out), &r); err != nil || got.code != 0 {
		t.Fatalf("got %+v, %v, want JSON", got, err)
	}
	if r.Webhook != "a.b/x" || r.Source != "github" || len(r.Events) != 1 || len(r.Events[0].Told) != 2 || len(r.Events[0].NotTold) != 2 {
		t.Fatalf("got %+v, want one event, two told and two not", r)
	}
	if first := r.Events[0].Told[0]; first.Chat != "team" || first.ChatKey != "telegram-group_-1001" || first.Rule != 1 || !strings.HasPrefix(first.Text, "📦 Push\n") {
		t.Errorf("got %+v", first)
	}
	if last := r.Events[0].NotTold[1]; last.Rule != 3 || last.Filter != "told before" || last.Why == "" {
		t.Errorf("got %+v", last)
	}
}

// TestRenderShowsEachPlatformsMarkup, where its Sender can.
func TestRenderShowsEachPlatformsMarkup(t *testing.T) {
	t.Parallel()
	path := write(t, "chats:\n  s: {type: slack, webhook_url: 'https://slack.invalid/services/T0/B0/x'}\n"+
		"  d: {type: discord, webhook_url: 'https://discord.invalid/api/webhooks/1/x'}\n  c: {type: console}\n"+
		"plugins: {a.b: {webhooks: {/x: {verify: none, notify: [{to: [s, d, c], template: '**{{.payload.a}}** `b`'}]}}}}\n")
	got := postern(t, "render", "--config", path, "--webhook", "a.b/x", "--event", "event", file(t, `{"a":"<!here> *x*"}`))
	for _, want := range []string{
		"s (slack-s) is told, by rule 1 (en, normal)\n    | *&lt;", "d (discord-d) is told, by rule 1 (en, normal)\n    | **", "c (console-c) is told, by rule 1 (en, normal)\n    | <!here> *x* b\n",
	} {
		if !strings.Contains(got.out, want) {
			t.Errorf("got %s%s\nwant %q in it", got.out, got.errors, want)
		}
	}
}

func TestRenderOfTheDemosPluginSaysWhatItCannotShow(t *testing.T) {
	t.Chdir(t.TempDir())
	got := postern(t, "render", "--webhook", "postern.examples/github", "--event", "push")
	if got.code != 0 || !strings.Contains(got.out, "note: a plugin written in Go handles this endpoint") {
		t.Errorf("got %+v, want a note", got)
	}
}

func TestAMistakeOfRender(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		args []string
		code int
		want string
	}{
		"no endpoint":               {[]string{"--event", "push", "--webhook="}, 2, `render: --webhook is missing; see "postern render -h"`},
		"no event":                  {nil, 2, `render: --event is missing; see "postern render -h"`},
		"an unknown endpoint":       {[]string{"--event", "push", "--webhook", "a.b/z"}, 2, `render: the config has no endpoint "a.b/z"`},
		"an unknown event":          {[]string{"--event", "pusj"}, 2, `render: github has no sample of "pusj", did you mean push?`},
		"a file that is not":        {[]string{"--event", "push", "none"}, 2, `render: read the payload: open none`},
		"a file of another event":   {[]string{"--event", "issues.closed", file(t, `{"action":"opened"}`)}, 2, `render: with this body it is the event "issues.opened", not "issues.closed"`},
		"a file that is not taken":  {[]string{"--event", "push", file(t, `{`)}, 1, `it would be refused, 400 invalid_payload: `},
		"a header of no form":       {[]string{"--event", "push", "--header", "x"}, 2, `render: the header "x" is not`},
		"a config that has a fault": {[]string{"--event", "push", "--config", write(t, badConfig)}, 2, ``},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := rendering(t, c.args...); got.code != c.code || got.out != "" || !strings.HasPrefix(got.errors, "postern: "+c.want) {
				t.Errorf("got %+v, want exit %d and %q", got, c.code, c.want)
			}
		})
	}
}
