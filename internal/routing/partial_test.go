package routing_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"postern/internal/config"
	"postern/internal/routing"
	"postern/pkg/plugin"
	"postern/pkg/verify/none"
)

// buildFaulty reads a config that has faults, builds it all the same and gives
// what is told, without places: "path: what".
func buildFaulty(t *testing.T, text string, parts routing.Parts) []string {
	t.Helper()
	cfg, err := config.Parse("f", []byte(text), func(string) (string, bool) { return "", false })
	if err == nil || cfg == nil {
		t.Fatalf("got config %v, error %v, want both", cfg, err)
	}
	setup, err := routing.Build(cfg, parts)
	if setup != nil || err == nil {
		t.Fatalf("got setup %v, error %v, want no setup of a file with faults", setup, err)
	}
	var told []string
	for line := range strings.SplitSeq(err.Error(), "\n") {
		_, what, _ := strings.Cut(line, " ")
		told = append(told, strings.ReplaceAll(what, "plugins.acme.repos.webhooks.", ""))
	}
	return told
}

func TestBuildTellsWhatTheFileDoesNotExplain(t *testing.T) {
	t.Parallel()
	unset := ": the environment variable NO is not set"
	hooks := func(lines ...string) string {
		return "accounts: {forum: {}}\nplugins:\n  acme.repos:\n    webhooks:\n      " + strings.Join(lines, "\n      ")
	}
	cases := map[string]struct {
		file string
		want []string
	}{
		"an unset secret is not a missing one": {
			hooks("/p: {source: forge, secrets: ['${NO}']}"), []string{"/p.secrets[0]" + unset},
		},
		"nor for a check that takes the endpoint's": {
			hooks("/p: {secrets: ['${NO}'], verify: [{type: hmac, header: X}, {type: hmac, colour: red}]}"),
			[]string{"/p.secrets[0]" + unset, "/p.verify[1].colour: unknown key"},
		},
		"nor the check's own": {
			hooks("/p: {verify: {type: token, header: X, token: '${NO}'}}"), []string{"/p.verify.token" + unset},
		},
		"a missing one is told beside other faults": {
			hooks("/p: {source: forge, tolerance: x}"),
			[]string{"/p.secrets: none is set", `/p.tolerance: want a duration such as 5m, got "x"`},
		},
		"allow_ips that cannot be read may be the verification": {
			hooks("/p: {allow_ips: all}"), []string{"/p.allow_ips: want a list, got a string"},
		},
		"a provider whose ranges cannot be read is known": {
			"ip_ranges: {vpn: [x], lan: }\n" + hooks("/p: {verify: none, allow_ips: [vpn, lan]}"),
			[]string{
				`ip_ranges.vpn[0]: want an address or a CIDR such as 10.0.0.0/8, got "x"`,
				"ip_ranges.lan: has no value; want a list",
			},
		},
		"all providers are, where the ranges cannot be read": {
			"ip_ranges: x\n" + hooks("/p: {verify: none, allow_ips: [vpn]}"), []string{"ip_ranges: want a map, got a string"},
		},
		"a source that cannot be read is not generic": {
			hooks("/p: {source: '${NO}', public_key: x, notify: [{to: nobody}]}"),
			[]string{"/p.source" + unset, `/p.notify[0].to: unknown chat "nobody", there is none, or write a chat key`},
		},
		"an unknown source hides no other fault": {
			hooks("/p: {source: gorge, locale: fr, allow_chats: [nobody], verify: {type: hmca}}"),
			[]string{
				`/p.source: unknown source "gorge", did you mean forge?`, `/p.locale: want en, ja or zh, got "fr"`,
				`/p.allow_chats[0]: unknown chat "nobody", there is none, or write a chat key`,
				`/p.verify.type: unknown verification scheme "hmca", did you mean hmac?`,
			},
		},
		"chats with a fault are known": {
			"chats: {a: '${NO}', b: [x], c: {type: '${NO}'}, d: no key}\n" + hooks("/p: {verify: none, notify: [{to: [a, b, c, pager-c, d]}]}"),
			[]string{
				"chats.a" + unset, "chats.b: want a chat key, or a map with key or type; got a list", "chats.c.type" + unset,
				"chats.d: is no chat key; want account-channel, such as telegram-group_123",
			},
		},
		"accounts with a fault are known": {
			"accounts: {pager: {url: '${NO}'}, a: '${NO}', b: {type: '${NO}', url: x}, c: word, D: {}}\nchats: {t: pager-default}\n" +
				"plugins:\n  acme.repos:\n    webhooks:\n      /p: {verify: none, notify: [{to: [t, a-x, b-x, c-x]}]}",
			[]string{
				"accounts.pager.url" + unset, "accounts.a" + unset, "accounts.b.type" + unset,
				"accounts.c: want a map, got a string", "accounts.D: an account's name is like [a-z][a-z0-9_]*",
			},
		},
		"one that lacks a key is told beside its options": {
			"accounts: {pager: {ordering: x}}", []string{"accounts.pager: pager: url: it is missing", `accounts.pager.ordering: want soft, strict or none, got "x"`},
		},
		"a misspelt section is no lack of its names": {
			"chat: {t: forum-group_1}\n" + hooks("/p: {verify: none, notify: [{to: t}]}"), []string{`chat: unknown key, did you mean "chats"?`},
		},
		"a section of the wrong shape neither": {
			"accounts: [forum]\nchats: {t: forum-group_1}", []string{"accounts: want a map, got a list"},
		},
		"unknown chats are told each at its place": {
			"locale: fr\n" + hooks("/p: {verify: none, notify: [{to: ['${NO}', nobody], events: ['${NO}', '']}]}"),
			[]string{
				`locale: want en, ja or zh, got "fr"`, "/p.notify[0].to[0]" + unset,
				`/p.notify[0].to[1]: unknown chat "nobody", there is none, or write a chat key`,
				"/p.notify[0].events[0]" + unset, `/p.notify[0].events[1]: "": the pattern is empty`,
			},
		},
		"an unknown plugin hides no fault of what is written for it": {
			"plugins: {acme.repo: {settings: {a: '${NO}'}, webhooks: {/p: {allow_chats: [nobody]}}}}",
			[]string{
				`plugins.acme.repo: unknown plugin written in Go "acme.repo", there is none`, "plugins.acme.repo.settings.a" + unset,
				`plugins.acme.repo.webhooks./p.allow_chats[0]: unknown chat "nobody", there is none, or write a chat key`,
			},
		},
		"an odd key explains nothing within": {
			"plugins: {acme: {webhooks: {/p: {source: gone}}}}",
			[]string{
				"plugins.acme: a plugin's key is {author}.{module}, each of letters, digits, _ and -",
				`plugins.acme.webhooks./p.source: unknown source "gone", known are caller, forge, generic, keyless, panicky`,
			},
		},
		"a key that is written twice explains nothing within": {
			hooks("/p: {source: gone}", "/p: {verify: none}"),
			[]string{`/p.source: unknown source "gone", known are caller, forge, generic, keyless, panicky`, "/p: written twice, first in line 5"},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, buildFaulty(t, c.file, parts())); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestBuildOfAFaultyFileAsksGoPlugins(t *testing.T) {
	t.Parallel()
	got := buildFaulty(t, `plugins:
  acme.repos:
    settings: {token: "${NO}", tokn: x}
    webhooks: {/p: {notify: [{to: nobody}], verify: {type: hmca}}}
`, goParts(plugin.Endpoint{Endpoint: "/p", Verify: none.Verifier{}, Handle: handle}))
	want := []string{
		"plugins.acme.repos.settings.token: the environment variable NO is not set",
		`plugins.acme.repos.settings.tokn: unknown key, did you mean "token"?`,
		`/p.notify[0].to: unknown chat "nobody", there is none, or write a chat key`,
		`/p.verify.type: unknown verification scheme "hmca", did you mean hmac?`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestBuildSaysWhatThisVersionLacks(t *testing.T) {
	t.Parallel()
	hook := "plugins:\n  acme.repos:\n    webhooks:\n      /p: {%}\n"
	for file, want := range map[string]string{
		strings.Replace(hook, "%", "source: gitlab", 1):            `this version has no source "gitlab", it has caller, forge, generic, keyless, panicky`,
		strings.Replace(hook, "%", "verify: {type: ed25519}", 1):   `this version has no verification scheme "ed25519", it has hmac, none, token`,
		"accounts: {matrix: {url: x}}":                             `this version has no type of chat "matrix", it has forum, pager, panicky`,
		"chats: {t: {type: wxwork, webhook_url: x}}":               `this version has no type of chat "wecom", it has`,
		strings.Replace(hook, "%", "source: gitlap", 1):            `unknown source "gitlap", known are caller, forge`,
		strings.Replace(hook, "%", "verify: {header: X}", 1):       "verify.type: is missing",
		strings.Replace(hook, "%", "verify: [{type: none}, x]", 1): "want a map with a type",
	} {
		cfg, err := config.Parse("f", []byte(file), func(string) (string, bool) { return "", false })
		if cfg == nil {
			t.Fatalf("%s: %v", file, err)
		}
		if _, err := routing.Build(cfg, parts()); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: got %v, want one fault that holds %q", file, err, want)
		}
	}
}

func TestOnlyChecksThatAllLetInAreWarnedOf(t *testing.T) {
	t.Parallel()
	setup := build(t, `
plugins:
  acme.repos:
    webhooks:
      /both: {verify: [{type: none}, {type: token, header: X, token: t}]}
      /open: {verify: [{type: none}, {type: none}]}
      /some: {allow_ips: [10.0.0.0/8]}
      /world: {allow_ips: [10.0.0.0/8, "::/0"]}
      /signed: {verify: {type: token, header: X, token: t}, allow_ips: [0.0.0.0/0]}
`)
	if len(setup.Warnings) != 2 || !strings.Contains(setup.Warnings[0], "/open.verify: nothing is verified") ||
		!strings.Contains(setup.Warnings[1], "/world.allow_ips: nothing is verified") {
		t.Errorf("got warnings %q, want one of /open and one of /world", setup.Warnings)
	}
}
