package routing_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"postern/internal/routing"
	"postern/pkg/plugin"
	"postern/pkg/verify"
	"postern/pkg/verify/hmac"
	"postern/pkg/verify/none"
	"postern/pkg/verify/token"
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

func TestEveryFaultOfACheckIsTold(t *testing.T) {
	t.Parallel()
	p := parts()
	p.Schemes = []verify.Definition{hmac.Definition(), token.Definition()}
	const head = "plugins:\n  acme.repos:\n    webhooks:\n"
	_, err := routing.Build(parse(t, head+"      /a: {verify: {type: hmac, header: X, secrets: [s], signed: x, algorithm: md5, encoding: hx}}\n      /b: {verify: [{type: hmac}, {type: token}]}"), p)
	want := []string{
		"4:12: plugins.acme.repos.webhooks./a.verify: algorithm: \"md5\" is none of sha256, sha1, sha384, sha512",
		"4:12: plugins.acme.repos.webhooks./a.verify: encoding: \"hx\" is none of hex, base64",
		"4:12: plugins.acme.repos.webhooks./a.verify: signed: it must hold {body}, or anybody could change the body",
		"5:21: plugins.acme.repos.webhooks./b.verify[0]: secrets: none is set",
		"5:21: plugins.acme.repos.webhooks./b.verify[0]: header: the header of the signature must be named",
		"5:35: plugins.acme.repos.webhooks./b.verify[1]: header: the header of the token must be named",
		"5:35: plugins.acme.repos.webhooks./b.verify[1]: token: none is set",
	}
	got := strings.Split(strings.ReplaceAll(fmt.Sprint(err), "postern.yaml:", ""), "\n")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
}
