package routing_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"postern/internal/routing"
	"postern/pkg/plugin"
	"postern/pkg/verify/none"
)

type naming struct {
	Chat  plugin.ChatName   `yaml:"chat"`
	Chats []plugin.ChatName `yaml:"chats"`
	Deep  struct {
		Chat plugin.ChatName `yaml:"chat"`
	} `yaml:"deep"`
	Word string `yaml:"word"`
}

func TestSettingsOfAGoPlugin(t *testing.T) {
	t.Parallel()
	const head = "accounts: {forum: {}}\nchats: {team: forum-group_1}\nplugins:\n  acme.repos:\n"
	for name, c := range map[string]struct {
		text string
		want []string // none: it is built
	}{
		"chats that there are": {"    settings: {chat: team, chats: [forum-group_2, team], deep: {chat: ''}, word: taem}", nil},
		"a chat that nobody defined": {
			"    settings: {chat: taem}",
			[]string{`5:22: plugins.acme.repos.settings.chat: unknown chat "taem", did you mean team?, or write a chat key`},
		},
		"deeper ones, of which one is the environment's": {
			"    settings: {chats: [team, '${NO:-tops3cret}'], deep: {chat: nowhere-1}}",
			[]string{
				"5:30: plugins.acme.repos.settings.chats[1]: no such chat; what ${...} gave is not shown",
				`5:64: plugins.acme.repos.settings.deep.chat: unknown account "nowhere", known are forum`,
			},
		},
		"a fault of the settings hides none behind it": {
			"    settings: {wrd: x, chat: taem}\n    webhooks: {/go: {source: forge, colour: red, allow_chats: [nope]}, /og: {}}",
			[]string{
				`5:16: plugins.acme.repos.settings.wrd: unknown key, did you mean "word"?`,
				`5:30: plugins.acme.repos.settings.chat: unknown chat "taem", did you mean team?, or write a chat key`,
				"6:30: plugins.acme.repos.webhooks./go.source: a plugin written in Go mounted this endpoint: its source cannot be written",
				"6:37: plugins.acme.repos.webhooks./go.colour: unknown key",
				`6:64: plugins.acme.repos.webhooks./go.allow_chats[0]: unknown chat "nope", known are team, or write a chat key`,
				`6:72: plugins.acme.repos.webhooks./og: unknown endpoint of acme.repos "/og", did you mean /go?`,
			},
		},
		"nothing is told that follows from it": {
			"    settings: {chat: [team], wrd: x, word: broken}",
			[]string{
				"5:16: plugins.acme.repos.settings.chat: want a string, got a list",
				`5:30: plugins.acme.repos.settings.wrd: unknown key, did you mean "word"?`,
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := parts()
			p.Plugins = []plugin.Plugin{plugin.Define("acme.repos", func(s naming) ([]plugin.Endpoint, error) {
				if s.Word == "broken" {
					return nil, errors.New("the plugin cannot do without its settings")
				}
				return []plugin.Endpoint{{Endpoint: "/go", Verify: none.Verifier{}, Handle: handle}}, nil
			})}
			_, err := routing.Build(parse(t, head+c.text), p)
			var got []string
			if err != nil {
				for line := range strings.SplitSeq(err.Error(), "\n") {
					got = append(got, strings.TrimPrefix(line, "postern.yaml:"))
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
		})
	}
}
