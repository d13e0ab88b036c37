package routing_test

import (
	"context"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"postern/internal/routing"
	"postern/pkg/plugin"
	"postern/pkg/secret"
	"postern/pkg/source"
	"postern/pkg/verify"
	"postern/pkg/verify/bearer"
	"postern/pkg/verify/hmac"
	"postern/pkg/verify/none"
	"postern/pkg/webhook"
)

func endpoint(t *testing.T, setup *routing.Setup, path string) *routing.Endpoint {
	t.Helper()
	e, ok := setup.Table.ByID("acme.repos", path)
	if !ok {
		t.Fatalf("no endpoint %s was mounted", path)
	}
	return e
}

func TestBuildWritten(t *testing.T) {
	t.Parallel()
	setup := build(t, `
locale: ja
duplicates: {window: 5h, content: true}
http: {max_body: 2MiB}
accounts: {forum: {}}
plugins:
  acme.repos:
    webhooks:
      /forge: {source: forge, secrets: [s], name: Forge, methods: [post], verbosity: full}
      /looked: {verify: {type: token, header: X-Token, token: abc}, duplicates: {window: 1h}, event_type: {header: X-Kind}}
      /told: {verify: {type: token, header: X-Token, token: abc}, delivery_id: {header: X-Id}}
      /not: {verify: {type: token, header: X-Token, token: abc}, delivery_id: {header: X-Id}, duplicates: {window: 0}}
      /never: {source: forge, secrets: [s], duplicates: {window: 0}, max_body: 1KiB, locale: zh}
      /net: {allow_ips: [10.0.0.0/8], disabled: true, allow_chats: [forum-group_1]}
      /open: {verify: none}
      /key: {source: keyless}
`)
	type built struct {
		Name, Source      string
		Window            time.Duration
		Content           bool
		MaxBody           int64
		Locale, Verbosity string
		Disabled          bool
	}
	want := map[string]built{
		"/forge":  {"Forge", "forge", 5 * time.Hour, true, 9 << 20, "ja", "full", false},
		"/looked": {"/looked", "generic", time.Hour, true, 2 << 20, "ja", "normal", false},
		"/told":   {"/told", "generic", 5 * time.Hour, true, 2 << 20, "ja", "normal", false},
		"/not":    {"/not", "generic", 0, true, 2 << 20, "ja", "normal", false},
		"/never":  {"/never", "forge", 0, true, 1 << 10, "zh", "normal", false},
		"/net":    {"/net", "generic", 0, false, 2 << 20, "ja", "normal", true},
		"/open":   {"/open", "generic", 0, false, 2 << 20, "ja", "normal", false},
		"/key":    {"/key", "keyless", 0, false, 2 << 20, "ja", "normal", false},
	}
	for _, e := range setup.Table.All() {
		got := built{e.Name, e.SourceName, e.Window, e.Content, e.MaxBody, string(e.Locale), string(e.Verbosity), e.Disabled}
		if diff := cmp.Diff(want[e.Path], got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", e.Path, diff)
		}
		if e.Verifier == nil || e.Source == nil {
			t.Errorf("%s has no verifier or no source", e.Path)
		}
	}
	if got := endpoint(t, setup, "/net"); got.CheckIP(netip.MustParseAddr("192.0.2.1")) == nil {
		t.Error("allow_ips lets everybody in")
	}
	if diff := cmp.Diff([]string{"POST"}, endpoint(t, setup, "/forge").Methods); diff != "" {
		t.Errorf("methods (-want +got):\n%s", diff)
	}
	if len(setup.Warnings) != 1 || !strings.Contains(setup.Warnings[0], "/open") {
		t.Errorf("got warnings %q, want one of /open", setup.Warnings)
	}
}

func TestBuildVerifiesAll(t *testing.T) {
	t.Parallel()
	e := endpoint(t, build(t, `
plugins:
  acme.repos:
    webhooks:
      /both:
        source: forge
        verify: [{type: token, header: A, token: a}, {type: token, header: B, tokens: [b, bb]}]
`), "/both")
	cases := map[string]struct {
		header map[string]string
		ok     bool
	}{
		"both":         {map[string]string{"A": "a", "B": "bb"}, true},
		"only the one": {map[string]string{"A": "a"}, false},
		"one is wrong": {map[string]string{"A": "a", "B": "x"}, false},
		"none":         {nil, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := request("{}")
			for k, v := range c.header {
				r.Header.Set(k, v)
			}
			if err := e.Verify(t.Context(), r); (err == nil) != c.ok {
				t.Errorf("got %v, want it to pass: %v", err, c.ok)
			}
		})
	}
}

func TestAHandshakeGetsTheKeysOfItsEndpoint(t *testing.T) {
	t.Parallel()
	setup := build(t, "plugins:\n  acme.repos:\n    webhooks:\n      /p: {source: caller, secrets: [one, two], verify: {type: token, header: T, token: t}}\n")
	e, ok := setup.Table.ByID("acme.repos", "/p")
	if !ok {
		t.Fatal("the endpoint is not there")
	}
	answer, ok, err := e.Handshake(t.Context(), request("{}"))
	if got := string(answer.Body); !ok || err != nil || got != "fetched a key one two" {
		t.Errorf("got %q, %t, %v", got, ok, err)
	}
}

func TestBuildFaults(t *testing.T) {
	t.Parallel()
	hook := func(keys string) string {
		return "accounts: {forum: {}}\nplugins:\n  acme.repos:\n    webhooks:\n      /p: {" + keys + "}\n"
	}
	place := "plugins.acme.repos.webhooks./p"
	cases := map[string]struct{ file, want string }{
		"no secret for a source that signs":                    {hook("source: forge"), place + ".secrets: none is set"},
		"allow_ips for a source that signs":                    {hook("source: forge, allow_ips: [10.0.0.0/8]"), place + ".secrets: none is set"},
		"an unknown provider":                                  {hook("allow_ips: [10.0.0.0/8, forgee]"), place + `.allow_ips[1]: unknown provider "forgee", did you mean forge?`},
		"a provider out of the environment":                    {hook("allow_ips: ['${NO:-given}']"), place + `.allow_ips[0]: no such provider; what ${...} gave is not shown`},
		"a source is not always the provider":                  {hook("allow_ips: [keyless]"), place + `.allow_ips[0]: unknown provider "keyless", known are cloud, forge`},
		"a provider of whom nothing is known":                  {"ip_ranges_refresh: false\n" + hook("allow_ips: [cloud]"), place + ".allow_ips[0]: nothing is known of where cloud calls from and ip_ranges_refresh is false: write ip_ranges.cloud"},
		"a provider is no verification of a source that signs": {hook("source: forge, allow_ips: [forge]"), place + ".secrets: none is set"},
		"no verification at all":                               {hook("name: x"), place + ".verify: none is written"},
		"secrets that nothing uses":                            {hook("secrets: [s]"), place + ".secrets: the source generic does not say"},
		"an unknown source":                                    {hook("source: gorge, secrets: [s]"), place + `.source: unknown source "gorge", did you mean forge?`},
		"an unknown scheme":                                    {hook("verify: {type: hmca}"), place + `.verify.type: unknown verification scheme "hmca"`},
		"a scheme without its settings":                        {hook("verify: {type: token, header: X}"), place + ".verify"},
		"an unknown key":                                       {hook("verify: none, colour: red"), place + ".colour: unknown key"},
		"a source that panics":                                 {hook("verify: none, source: panicky"), place + ": panic: ouch"},
		"a chat that no one defined":                           {hook("verify: none, notify: [{to: nobody}]"), `unknown chat "nobody"`},
		"a chat of an unknown account":                         {hook("verify: none, notify: [{to: [slack-x]}]"), `unknown account "slack"`},
		"a channel of the wrong form":                          {hook("verify: none, notify: [{to: [forum-x]}]"), "begins with group_"},
		"an allowed chat that is not there":                    {hook("verify: none, allow_chats: [nobody]"), place + `.allow_chats[0]: unknown chat "nobody"`},
		"a condition that does not compile":                    {hook("verify: none, notify: [{to: forum-group_1, when: event.typ == ''}]"), ".when: undefined field 'typ'"},
		"a condition that is no yes or no":                     {hook("verify: none, notify: [{to: forum-group_1, when: event.type}]"), ".when: the condition gives string"},
		"a template that does not compile":                     {hook(`verify: none, notify: [{to: forum-group_1, template: "{{.event"}]`), ".template: "},
		"an unknown function in a template":                    {hook(`verify: none, notify: [{to: forum-group_1, template: "{{call .event}}"}]`), `.template: "call" is not a function`},
		"a bad glob":                                           {hook(`verify: none, notify: [{to: forum-group_1, paths: ["a["]}]`), `.paths[0]: "a[": the pattern cannot be read`},
		"a class of nothing":                                   {hook(`verify: none, notify: [{to: forum-group_1, paths: ["a[!]b"]}]`), `.paths[0]: "a[!]b": the pattern cannot be read`},
		"a filter that would negate":                           {hook(`verify: none, notify: [{to: forum-group_1, branches: [main, "!dev"]}]`), `.branches[1]: "!dev": a filter does not negate: use when, or begin with \! where a name begins so`},
		"a plugin that nobody wrote":                           {"plugins:\n  acme.x: {settings: {a: 1}}\n", `plugins.acme.x: unknown plugin written in Go "acme.x"`},
		"a plugin with neither code nor hook":                  {"plugins:\n  acme.x: {}\n", "unknown plugin written in Go"},
		"a source without its own key":                         {hook("source: caller"), place + ": anchor: none is written"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wantFault(t, c.file, c.want)
		})
	}
}

func TestBuildTellsEveryFault(t *testing.T) {
	t.Parallel()
	_, err := routing.Build(parse(t, `accounts:
  a: {type: nope}
chats:
  team: gone-x
plugins:
  acme.repos:
    webhooks:
      /one: {source: forge, notify: [{to: nobody, when: "1 +", paths: [""]}]}
      /two: {source: gone}
`), parts())
	if err == nil {
		t.Fatal("got no error")
	}
	lines := strings.Split(err.Error(), "\n")
	if got, want := len(lines), 7; got != want {
		t.Errorf("got %d faults, want %d:\n%v", got, want, err)
	}
	for _, l := range lines {
		if !strings.HasPrefix(l, "postern.yaml:") {
			t.Errorf("a fault without its place: %s", l)
		}
	}
}

type settings struct {
	Token secret.Text `yaml:"token"`
}

func respond(context.Context, *webhook.Request) (webhook.Response, error) {
	return webhook.Response{}, nil
}

func handle(context.Context, plugin.Job) (any, error) { return "done", nil }

// emptied is a Verifier that knows it lacks its secret.
type emptied struct{ verify.Verifier }

func (emptied) Configured() bool { return false }

// goParts are parts with a plugin written in Go that mounts these endpoints.
func goParts(endpoints ...plugin.Endpoint) routing.Parts {
	p := parts()
	p.Plugins = []plugin.Plugin{plugin.Define("acme.repos", func(s settings) ([]plugin.Endpoint, error) {
		return endpoints, nil
	})}
	return p
}

func TestBuildGoPlugin(t *testing.T) {
	t.Parallel()
	open := none.Verifier{}
	setup, err := routing.Build(parse(t, `
accounts: {forum: {}}
plugins:
  acme.repos:
    settings: {token: abc}
    webhooks:
      /handle: {name: Written, allow_chats: [forum-group_1], max_body: 3KiB, duplicates: {window: 2h}, verify: {type: token, header: X, token: t}, notify: [{to: forum-group_1}]}
      /signed: {secrets: [s]}
`), goParts(
		plugin.Endpoint{Endpoint: "/respond", Name: "Mounted", Methods: []string{"get"}, MaxBody: 77, Verify: open, Respond: respond},
		plugin.Endpoint{Endpoint: "/handle", Name: "Mounted", MaxBody: 77, Verify: open, Handle: handle},
		plugin.Endpoint{Endpoint: "/signed", Source: signedSource{}, SourceName: "forge", Handle: handle},
		plugin.Endpoint{Endpoint: "/secretless", Source: signedSource{}, Handle: handle},
		plugin.Endpoint{Endpoint: "/emptied", Verify: emptied{verify.All()}, Handle: handle},
	))
	if err != nil {
		t.Fatalf("build: %v", err)
	}
	if e := endpoint(t, setup, "/respond"); e.Name != "Mounted" || e.MaxBody != 77 || e.Window != 0 || e.Go == nil || e.Go.Respond == nil || e.Methods[0] != "GET" {
		t.Errorf("/respond: got %+v, want what the plugin mounted", e)
	}
	e := endpoint(t, setup, "/handle")
	if e.Name != "Written" || e.MaxBody != 3<<10 || e.Window != 2*time.Hour || len(e.Rules) != 1 || len(e.AllowChats) != 1 {
		t.Errorf("/handle: got %+v, want what is written over it", e)
	}
	if err := e.Verify(t.Context(), request("{}")); err == nil {
		t.Error("/handle: the written verification does not replace the mounted one")
	}
	if e := endpoint(t, setup, "/signed"); e.SourceName != "forge" || e.Window != 0 {
		t.Errorf("/signed: got source %q window %v, want forge and no window", e.SourceName, e.Window)
	}
	if err := endpoint(t, setup, "/secretless").Verify(t.Context(), request("{}")); err == nil {
		t.Error("/secretless: got it verified without a secret, want a refusal")
	}
	var warned []string
	for _, w := range setup.Warnings {
		warned = append(warned, w[strings.LastIndex(w, "./")+1:])
	}
	want := []string{
		"/respond: nothing is verified, anybody may call this endpoint",
		"/secretless: the secret is empty, every call will be refused",
		"/emptied: the secret is empty, every call will be refused",
	}
	if diff := cmp.Diff(want, warned); diff != "" {
		t.Errorf("warnings (-want +got):\n%s", diff)
	}
}

func TestBuildWarnsOfEmptySecrets(t *testing.T) {
	t.Parallel()
	signature := func(secrets ...secret.Text) verify.Verifier {
		v, err := hmac.Scheme{Header: "X-Signature", Prefix: "sha256="}.Verifier(verify.Keys{Secrets: secrets})
		if err != nil {
			t.Fatalf("make verifier: %v", err)
		}
		return v
	}
	cases := map[string]struct {
		verifier verify.Verifier
		warned   int
	}{
		"a signature without a secret": {signature(), 1},
		"a signature with a secret":    {signature(secret.New("s")), 0},
		"a bearer without a token":     {bearer.Verifier{Tokens: []secret.Text{{}}}, 1},
		"a bearer with a token":        {bearer.Verifier{Tokens: []secret.Text{secret.New("t")}}, 0},
		"one that panics":              {panicky{}, 0},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			setup, err := routing.Build(parse(t, "plugins: {acme.repos: {}}"), goParts(plugin.Endpoint{Endpoint: "/p", Verify: c.verifier, Handle: handle}))
			if err != nil {
				t.Fatalf("build: %v", err)
			}
			if len(setup.Warnings) != c.warned {
				t.Errorf("got warnings %q, want %d", setup.Warnings, c.warned)
			}
		})
	}
}

type panicky struct{ verify.Verifier }

func TestBuildGoPluginFaults(t *testing.T) {
	t.Parallel()
	open := none.Verifier{}
	handled := plugin.Endpoint{Endpoint: "/p", Verify: open, Handle: handle}
	with := func(webhooks string) string {
		return "accounts: {forum: {}}\nplugins:\n  acme.repos:\n    webhooks: {" + webhooks + "}\n"
	}
	cases := map[string]struct {
		mounted plugin.Endpoint
		file    string
		want    string
	}{
		"neither Respond nor Handle": {plugin.Endpoint{Endpoint: "/p", Verify: open}, with(""), "either Respond or Handle"},
		"both of them":               {plugin.Endpoint{Endpoint: "/p", Verify: open, Respond: respond, Handle: handle}, with(""), "either Respond or Handle"},
		"Accept beside Respond": {
			plugin.Endpoint{Endpoint: "/p", Verify: open, Respond: respond, Accept: func(*webhook.Request) (plugin.Acceptance, error) {
				return plugin.Acceptance{}, nil
			}}, with(""), "Accept only beside Handle",
		},
		"no verification":                {plugin.Endpoint{Endpoint: "/p", Handle: handle}, with(""), "without verification"},
		"a path that is no pattern":      {plugin.Endpoint{Endpoint: "p", Verify: open, Handle: handle}, with(""), "begins with a slash"},
		"a path that it did not mount":   {handled, with("/q: {name: x}"), `unknown endpoint of acme.repos "/q"`},
		"a source over a mounted one":    {handled, with("/p: {source: forge}"), "its source cannot be written"},
		"a source's key":                 {handled, with("/p: {event_type: {header: X}}"), "unknown key"},
		"secrets that nothing uses":      {handled, with("/p: {secrets: [s]}"), "have no use here"},
		"a rule where no job is made":    {plugin.Endpoint{Endpoint: "/p", Verify: open, Respond: respond}, with("/p: {notify: [{to: forum-group_1}]}"), "makes no job"},
		"settings that it does not know": {handled, "plugins:\n  acme.repos: {settings: {tokn: x}}\n", "settings.tokn"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := routing.Build(parse(t, c.file), goParts(c.mounted))
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("got error %v, want one fault that holds %q", err, c.want)
			}
		})
	}
}

func TestBuildRefusesParts(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		change func(*routing.Parts)
		want   string
	}{
		"a plugin that panics": {func(p *routing.Parts) {
			p.Plugins = []plugin.Plugin{plugin.Define("acme.repos", func(struct{}) ([]plugin.Endpoint, error) { panic("ouch") })}
		}, "plugins.acme.repos: panic: ouch"},
		"two plugins of one key": {func(p *routing.Parts) {
			p.Plugins = []plugin.Plugin{{Key: "acme.x"}, {Key: "acme.x"}}
		}, `two plugins are called "acme.x"`},
		"a plugin with an odd key": {func(p *routing.Parts) {
			p.Plugins = []plugin.Plugin{{Key: "acme"}}
		}, `"acme" is no plugin key`},
		"two sources of one name": {func(p *routing.Parts) {
			p.Plugins = []plugin.Plugin{{Key: "acme.x", Sources: []source.Definition{{Name: "forge"}}}}
		}, `two sources are called "forge"`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			made := parts()
			c.change(&made)
			_, err := routing.Build(parse(t, "plugins:\n  acme.repos:\n    webhooks: {/p: {verify: none}}\n"), made)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got error %v, want one that holds %q", err, c.want)
			}
		})
	}
}
