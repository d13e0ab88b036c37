package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"postern/internal/config"

	"github.com/google/go-cmp/cmp"
)

// endpoint is a config whose fourth line is the endpoint's keys, from column 9.
func endpoint(keys string) string {
	return "plugins:\n  a.b:\n    webhooks:\n      /x: {" + keys + "}\n"
}

func TestFaults(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ text, want string }{
		"unknown key":               {"htp: {}", `f:1:1: htp: unknown key, did you mean "http"?`},
		"unknown key, none near":    {"zzzzzz: 1", `f:1:1: zzzzzz: unknown key`},
		"key of another section":    {"account: {}", `f:1:1: account: unknown key, did you mean "accounts"?`},
		"unknown key of a plugin":   {"plugins:\n  a.b:\n    webhook: {}", `f:3:5: plugins.a.b.webhook: unknown key, did you mean "webhooks"?`},
		"written twice":             {"http: {}\nlog: {}\nhttp: {}", `f:3:1: http: written twice, first in line 1`},
		"a list for a map":          {"http: [1]", `f:1:1: http: want a map, got a list`},
		"a string for a map":        {"http: x", `f:1:7: http: want a map, got a string`},
		"a map for a scalar":        {"locale: {}", `f:1:1: locale: want en, ja or zh, got a map`},
		"a list for the file":       {"- a", `f:1:1: want a map, got a list`},
		"nothing for a scalar":      {"locale:", `f:1:1: locale: has no value; want en, ja or zh`},
		"a string for a list":       {"http: {trusted_proxies: 10.0.0.1}", `f:1:25: http.trusted_proxies: want a list, got a string`},
		"a word for a number":       {"redis: {shards: many}", `f:1:17: redis.shards: want a whole number, got "many"`},
		"a quoted number":           {"redis: {shards: '4'}", `f:1:17: redis.shards: want a whole number, got a string`},
		"a variable that fits not":  {"redis: {shards: '${SECRET}'}", `f:1:17: redis.shards: want a whole number; what ${...} gave is none`},
		"too many shards":           {"redis: {shards: 257}", `f:1:17: redis.shards: want 1 to 256`},
		"not a boolean":             {"duplicates: {content: yes}", `f:1:23: duplicates.content: want true or false, got "yes"`},
		"not a duration":            {"retention: {failed: 5}", `f:1:21: retention.failed: want a duration such as 5m, got "5"`},
		"a negative duration":       {"retention: {failed: -5m}", `f:1:21: retention.failed: want a duration such as 5m, got "-5m"`},
		"an endless duration":       {"retention: {failed: 9999w}", `f:1:21: retention.failed: want a duration such as 5m, got "9999w"`},
		"no tolerance at all":       {endpoint("tolerance: 0s"), `f:4:23: plugins.a.b.webhooks./x.tolerance: want more than 0s: no clock is as exact`},
		"not a size":                {"http: {max_body: 1.5MiB}", `f:1:18: http.max_body: want a size such as 1MiB, got "1.5MiB"`},
		"no size":                   {"http: {max_body: 0}", `f:1:18: http.max_body: want more than 0`},
		"too large a size":          {"http: {max_body: 99999999999GiB}", `f:1:18: http.max_body: want a size such as 1MiB, got "99999999999GiB"`},
		"not a rate":                {"accounts: {a: {limits: {rate: 0/s}}}", `f:1:31: accounts.a.limits.rate: want a rate such as 20/m, got "0/s"`},
		"not a prefix":              {"http: {trusted_proxies: [10.0.0.0/33]}", `f:1:26: http.trusted_proxies[0]: want an address or a CIDR such as 10.0.0.0/8, got "10.0.0.0/33"`},
		"no range and no name":      {endpoint("allow_ips: [10.0.0.0/8, GitHub]"), `f:4:36: plugins.a.b.webhooks./x.allow_ips[1]: want a CIDR, an address or a provider's name such as github, got "GitHub"`},
		"a range that fits not":     {endpoint("allow_ips: ['${SECRET}']"), `f:4:24: plugins.a.b.webhooks./x.allow_ips[0]: want a CIDR, an address or a provider's name such as github; what ${...} gave is none`},
		"a zone is no address":      {endpoint("allow_ips: ['fe80::1%eth0']"), `f:4:24: plugins.a.b.webhooks./x.allow_ips[0]: want a CIDR, an address or a provider's name such as github, got "fe80::1%eth0"`},
		"ranges of no name":         {"ip_ranges: {My-VPN: [10.0.0.0/8]}", `f:1:13: ip_ranges.My-VPN: a provider's name is like [a-z][a-z0-9_]*`},
		"ranges that are none":      {"ip_ranges: {vpn: []}", `f:1:13: ip_ranges.vpn: names no range`},
		"ranges of ranges":          {"ip_ranges: {vpn: [github]}", `f:1:19: ip_ranges.vpn[0]: want an address or a CIDR such as 10.0.0.0/8, got "github"`},
		"ranges, not a list":        {"ip_ranges: {vpn: 10.0.0.0/8}", `f:1:18: ip_ranges.vpn: want a list, got a string`},
		"refresh a duration":        {"ip_ranges_refresh: 6h", `f:1:20: ip_ranges_refresh: want true or false, got "6h"`},
		"refresh misspelt":          {"ip_range_refresh: false", `f:1:1: ip_range_refresh: unknown key, did you mean "ip_ranges_refresh"?`},
		"not a locale":              {"locale: fr", `f:1:9: locale: want en, ja or zh, got "fr"`},
		"not a verbosity":           {"verbosity: loud", `f:1:12: verbosity: want compact, normal or full, got "loud"`},
		"not a level":               {"log: {level: all}", `f:1:14: log.level: want debug, info, warn or error, got "all"`},
		"not a format":              {"log: {format: xml}", `f:1:15: log.format: want json or text, got "xml"`},
		"not an ordering":           {"accounts: {a: {ordering: x}}", `f:1:26: accounts.a.ordering: want soft, strict or none, got "x"`},
		"not an on_unknown":         {"accounts: {a: {on_unknown: x}}", `f:1:28: accounts.a.on_unknown: want retry or hold, got "x"`},
		"not a listen address":      {"http: {listen: '8080'}", `f:1:16: http.listen: want host:port such as 127.0.0.1:8080, got "8080"`},
		"not a port":                {"worker: {listen: 'a:70000'}", `f:1:18: worker.listen: want host:port such as 127.0.0.1:8080, got "a:70000"`},
		"a relative base URL":       {"http: {base_url: /x}", `f:1:18: http.base_url: want an absolute http or https URL without user, query and fragment`},
		"a base URL with query":     {"http: {base_url: 'http://a/?x'}", `f:1:18: http.base_url: want an absolute http or https URL without user, query and fragment`},
		"an unknown store":          {"redis: {url: 'http://x'}", `f:1:14: redis.url: want redis://, rediss://, unix://, redis+sentinel://, redis+cluster:// or embedded:`},
		"an empty spool":            {"redis: {spool: ''}", `f:1:16: redis.spool: is empty; want a folder`},
		"no concurrency":            {"worker: {concurrency: 0}", `f:1:23: worker.concurrency: want more than 0`},
		"retry at once":             {"retry: {first: 0s}", `f:1:16: retry.first: want more than 0`},
		"retry ever sooner":         {"retry: {factor: 0.5}", `f:1:17: retry.factor: want at least 1`},
		"retry's bound below":       {"retry: {first: 5m, max: 1m}", `f:1:25: retry.max: want at least as long as first`},
		"retry's bound, inherited":  {"accounts: {a: {retry: {first: 1h}}}", `f:1:16: accounts.a.retry.max: want at least as long as first`},
		"retry gives up at once":    {"retry: {give_up_after: 0}", `f:1:24: retry.give_up_after: want more than 0`},
		"retry a negative number":   {"retry: {attempts: -1}", `f:1:19: retry.attempts: want 0 (as many as fit) or more`},
		"an empty token":            {"api: {tokens: {a: ''}}", `f:1:19: api.tokens.a: the token is empty`},
		"a token that is unset":     {"api: {tokens: {a: '${NO}'}}", `f:1:19: api.tokens.a: the environment variable NO is not set`},
		"a token that is empty":     {"api: {tokens: {a: {token: '${EMPTY}'}}}", `f:1:27: api.tokens.a.token: the token is empty`},
		"no token":                  {"api: {tokens: {a: {scopes: [read]}}}", `f:1:16: api.tokens.a.token: the token is empty`},
		"two of one token":          {"api: {tokens: {a: x1y, b: {token: x1y, scopes: [read]}, c: {token: '${NONE:-x1y}'}}}", "f:1:35: api.tokens.b.token: is the same token as that of a\nf:1:68: api.tokens.c.token: is the same token as that of b"},
		"a token of no name":        {"api: {tokens: {'': x}}", `f:1:16: api.tokens.: a token's name, which the log tells, is not empty and has no control character`},
		"a name of two lines":       {"api: {tokens: {\"a\\nb\": x}}", "f:1:16: api.tokens.a\nb: a token's name, which the log tells, is not empty and has no control character"},
		"an unknown scope":          {"api: {tokens: {a: {token: x, scopes: [write]}}}", `f:1:39: api.tokens.a.scopes[0]: want read, operate or payload, got "write"`},
		"no scope":                  {"api: {tokens: {a: {token: x, scopes: []}}}", `f:1:30: api.tokens.a.scopes: names no scope; want some of read, operate and payload`},
		"an account's name":         {"accounts: {My-Bot: {}}", `f:1:12: accounts.My-Bot: an account's name is like [a-z][a-z0-9_]*`},
		"an account's empty type":   {"accounts: {a: {type: ''}}", `f:1:22: accounts.a.type: is empty`},
		"an account that is a word": {"accounts: {a: b}", `f:1:15: accounts.a: want a map, got a string`},
		"an alias":                  {"chats: {my-team: a-b}", `f:1:9: chats.my-team: an alias is like [a-z][a-z0-9_]*`},
		"not a chat key":            {"chats: {a: 'https://hooks.example/s3cret'}", `f:1:12: chats.a: is no chat key; want account-channel, such as telegram-group_123`},
		"key and type":              {"chats: {a: {key: b-c, type: slack}}", `f:1:9: chats.a: want either key (of a chat) or type (of an inline target)`},
		"neither key nor type":      {"chats: {a: {}}", `f:1:9: chats.a: want either key (of a chat) or type (of an inline target)`},
		"nothing for a chat":        {"chats: {a: }", `f:1:9: chats.a: want a chat key, or a map with key or type; got nothing`},
		"own keys beside a key":     {"chats: {a: {key: b-c, token: x}}", `f:1:23: chats.a.token: unknown key`},
		"inline like an account":    {"accounts: {slack: {}}\nchats: {a: {type: slack}}", `f:2:9: chats.a: would be shown as slack-a, which is a chat of the account slack; rename the account`},
		"a plugin's key":            {"plugins: {acme: {}}", `f:1:11: plugins.acme: a plugin's key is {author}.{module}, each of letters, digits, _ and -`},
		"a path without slash":      {"plugins: {a.b: {webhooks: {x: {}}}}", `f:1:28: plugins.a.b.webhooks.x: an endpoint begins with /`},
		"a dot segment":             {"plugins: {a.b: {webhooks: {/a/..: {}}}}", `f:1:28: plugins.a.b.webhooks./a/..: an endpoint has no dot segment`},
		"an empty segment":          {"plugins: {a.b: {webhooks: {/a//b: {}}}}", `f:1:28: plugins.a.b.webhooks./a//b: an endpoint has no empty segment`},
		"a path with query":         {"plugins: {a.b: {webhooks: {'/a?b': {}}}}", `f:1:28: plugins.a.b.webhooks./a?b: a segment is {name}, or letters, digits and -._~!$&'()*+,;=:@, others percent-encoded`},
		"a half parameter":          {"plugins: {a.b: {webhooks: {'/a{b}': {}}}}", `f:1:28: plugins.a.b.webhooks./a{b}: a segment is {name}, or letters, digits and -._~!$&'()*+,;=:@, others percent-encoded`},
		"a parameter twice":         {"plugins: {a.b: {webhooks: {'/{a}/{a}': {}}}}", `f:1:28: plugins.a.b.webhooks./{a}/{a}: two parameters are named a`},
		"the same endpoint":         {"plugins: {a.b: {webhooks: {'/{a}': {}, '/{b}': {}}}}", `f:1:40: plugins.a.b.webhooks./{b}: takes the same requests as /{a}`},
		"empty secrets":             {endpoint("secrets: ['', '${EMPTY}']"), `f:4:12: plugins.a.b.webhooks./x.secrets: every secret is empty`},
		"no secrets":                {endpoint("secrets: "), `f:4:12: plugins.a.b.webhooks./x.secrets: every secret is empty`},
		"one secret, not a list":    {endpoint("secrets: '${SECRET}'"), `f:4:21: plugins.a.b.webhooks./x.secrets: want a list, got a string`},
		"verify a word":             {endpoint("verify: never"), `f:4:20: plugins.a.b.webhooks./x.verify: want a map, a list of maps, or none`},
		"verify by nothing":         {endpoint("verify: []"), `f:4:12: plugins.a.b.webhooks./x.verify: names no check; write none to mean it`},
		"verify a list of words":    {endpoint("verify: [hmac]"), `f:4:21: plugins.a.b.webhooks./x.verify[0]: want a map with a type`},
		"run":                       {endpoint("run: {command: [x]}"), `f:4:12: plugins.a.b.webhooks./x.run: is not available in this version`},
		"forward":                   {endpoint("forward: {url: x}"), `f:4:12: plugins.a.b.webhooks./x.forward: is not available in this version`},
		"not a method":              {endpoint("methods: [GET, 'P OST']"), `f:4:27: plugins.a.b.webhooks./x.methods[1]: is no HTTP method`},
		"a rule without to":         {endpoint("notify: [{when: x}]"), `f:4:21: plugins.a.b.webhooks./x.notify[0].to: is missing`},
		"a rule to nobody":          {endpoint("notify: [{to: []}]"), `f:4:22: plugins.a.b.webhooks./x.notify[0].to: names no chat`},
		"a rule's typo":             {endpoint("notify: [{to: a, event: x}]"), `f:4:29: plugins.a.b.webhooks./x.notify[0].event: unknown key, did you mean "events"?`},
		"a rule's severity":         {endpoint("notify: [{to: a, min_severity: bad}]"), `f:4:43: plugins.a.b.webhooks./x.notify[0].min_severity: want debug, info, notice, warning, error or critical, got "bad"`},
		"one rule, not a list":      {endpoint("notify: {to: a}"), `f:4:12: plugins.a.b.webhooks./x.notify: want a list of rules, got a map`},
		"unset variable":            {"a: 1\nlocale: ${NO}", "f:1:1: a: unknown key\nf:2:9: locale: the environment variable NO is not set"},
		"a variable not closed":     {"locale: ${NO", `f:1:9: locale: malformed ${...}: want ${NAME} or ${NAME:-default}; $${ is a literal ${`},
		"a variable's name":         {"locale: ${1A}", `f:1:9: locale: malformed ${...}: want ${NAME} or ${NAME:-default}; $${ is a literal ${`},
		"a default within":          {"locale: ${A:-${B}}", `f:1:9: locale: a ${...} inside a ${...} is not supported`},
		"two unset in one value":    {"redis: {spool: '${A}/${B}'}", "f:1:16: redis.spool: the environment variable A is not set\nf:1:16: redis.spool: the environment variable B is not set"},
		"not YAML":                  {"a: 1\nb: [\n", `f:3:1: not YAML: did not find expected node content`},
		"a bare variable in braces": {"redis: {shards: ${N}}", `f:1:1: not YAML: did not find expected ',' or '}'; within {...} and [...] a variable is quoted: "${NAME}"`},
		"an empty source":           {endpoint("source: ''"), `f:4:20: plugins.a.b.webhooks./x.source: is empty`},
		"two documents":             {"a: 1\n---\nb: 1", `f:2:1: a second document begins; want one`},
		"a merge key":               {"http: &h {listen: 'a:1'}\nworker:\n  <<: *h", `f:3:3: worker: merge keys (<<) are not supported; write the keys out`},
		"an alias of nothing":       {"redis:\n  url: *s3cret", `f:2:8: an alias (*name) without an anchor (&name); quote a value that begins with *`},
		"an anchor in itself":       {"http: &a [*a]", `f:1:7: values are nested deeper than 100`},
		"a tag":                     {"locale: !x en", `f:1:9: locale: tags (!name) are not supported; quote a value that begins with !`},
		"a key that is no word":     {"[a]: 1", `f:1:1: a key must be a plain word`},
		"not UTF-8":                 {"a: 1\nb: \xff", `f:2:4: the file is not UTF-8`},
		"too large":                 {strings.Repeat("#", 4<<20+1), `f:1:1: the file is larger than 4 MiB`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := config.Parse("f", []byte(test.text), lookup)
			if err == nil {
				t.Fatal("got no error")
			}
			if diff := cmp.Diff(test.want, err.Error()); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestAllFaultsAreToldAtOnce(t *testing.T) {
	t.Parallel()
	path := filepath.Join("testdata", "faults.yaml")
	_, err := config.Load(path, lookup)
	if err == nil {
		t.Fatal("got no error")
	}
	got := strings.ReplaceAll(err.Error(), path, "faults.yaml") + "\n"
	golden := filepath.Join("testdata", "faults.golden")
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestAnAliasBombIsStopped(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n")
	for i, before := range []string{"a0", "a1", "a2", "a3", "a4", "a5", "a6", "a7"} {
		name := "a" + string(rune('1'+i))
		b.WriteString(name + ": &" + name + " [" + strings.TrimSuffix(strings.Repeat("*"+before+", ", 10), ", ") + "]\n")
	}
	_, err := config.Parse("f", []byte(b.String()), lookup)
	if err == nil || !strings.Contains(err.Error(), "the file holds more than 200000 values") {
		t.Errorf("got %.200v", err)
	}
}

func TestAnAliasOfAWholeValueWorks(t *testing.T) {
	t.Parallel()
	c := parse(t, "accounts:\n  a: {type: x, limits: &l {rate: 1/2s}}\n  b: {type: x, limits: *l}\n")
	if got := c.Accounts["b"].Options.Limits.Rate[0].String(); got != "1/2s" {
		t.Errorf("got %s", got)
	}
}

func TestAFileThatIsNotThere(t *testing.T) {
	t.Parallel()
	_, err := config.Load(filepath.Join(t.TempDir(), "none.yaml"), lookup)
	if !os.IsNotExist(err) && (err == nil || !strings.Contains(err.Error(), "reading the config")) {
		t.Errorf("got %v", err)
	}
}

func TestUnits(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"1048576": "1MiB", "16KiB": "16KiB", "25MB": "25MB", "25mb": "25MB", "7": "7", "7B": "7", "2GiB": "2GiB",
	} {
		if got := parse(t, "http: {max_body: "+text+"}").HTTP.MaxBody.String(); got != want {
			t.Errorf("size %s: got %s, want %s", text, got, want)
		}
	}
	for text, want := range map[string]string{
		"3d": "72h0m0s", "1w": "168h0m0s", "1w1d12h": "204h0m0s", "0": "0s", "1.5h": "1h30m0s", "250ms": "250ms",
	} {
		if got := parse(t, "duplicates: {window: "+text+"}").Duplicates.Window.String(); got != want {
			t.Errorf("duration %s: got %s, want %s", text, got, want)
		}
	}
	for _, text := range []string{"50/s", "20/m", "1/2s", "3/h", "1/90m"} {
		if got := parse(t, "accounts: {a: {limits: {rate: "+text+"}}}").Accounts["a"].Options.Limits.Rate[0].String(); got != strings.Replace(text, "90m", "1h30m", 1) {
			t.Errorf("rate %s: got %s", text, got)
		}
	}
}

// FuzzParse: whatever the file, Parse does not panic, and no error holds what
// a variable or a secret file gave.
func FuzzParse(f *testing.F) {
	const marker = "m4rker-7f3a"
	path := filepath.Join(f.TempDir(), "secret")
	if err := os.WriteFile(path, []byte(marker), 0o600); err != nil {
		f.Fatal(err)
	}
	for _, name := range []string{"full.yaml", "faults.yaml"} {
		data, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add(config.Starter())
	for _, key := range []string{
		"locale", "log: {level", "http: {listen", "http: {base_url", "http: {max_body", "http: {trusted_proxies", "redis: {url",
		"redis: {shards", "retry: {first", "retry: {factor", "duplicates: {content", "chats: {a", "accounts: {a", "api: {tokens",
		"plugins: {a.b: {webhooks: {/x: {methods", "plugins: {a.b: {webhooks: {/x: {verify", "plugins: {a.b: {webhooks: {/x: {notify",
	} {
		shut := strings.Repeat("}", strings.Count(key, "{"))
		f.Add([]byte(key + ": '${S}'" + shut))
		f.Add([]byte(key + ": ['${S}', '${FILE}']" + shut))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		cfg, err := config.Parse("f", data, func(name string) (string, bool) {
			if name == "FILE" {
				return "file:" + path, true
			}
			return marker, name != "NO"
		})
		if strings.Contains(string(data), marker) {
			return
		}
		if err != nil {
			if strings.Contains(err.Error(), marker) || strings.Contains(err.Error(), path) {
				t.Errorf("the error leaks: %v", err)
			}
			return
		}
		var out strings.Builder
		if err := config.Print(&out, cfg); err != nil {
			t.Errorf("Print: %v", err)
		}
	})
}
