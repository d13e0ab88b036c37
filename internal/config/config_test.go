package config_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"postern/internal/config"
	"postern/pkg/secret"
	"postern/pkg/source"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite golden files")

// environment is what the tests' variables hold.
func environment() map[string]string {
	return map[string]string{
		"REDIS_PASSWORD": "env-redis-password", "SHARDS": "4", "API_TOKEN": "env-api-token",
		"TELEGRAM_TOKEN": "env-telegram-token", "SLACK_URL": "https://hooks.example/env-slack",
		"GITHUB_SECRET": "env-github-secret", "EMPTY": "", "SECRET": "env-secret", "N": "7",
	}
}

func lookup(name string) (string, bool) {
	v, ok := environment()[name]
	return v, ok
}

func load(t *testing.T, path string) *config.Config {
	t.Helper()
	cfg, err := config.Load(path, lookup)
	if err != nil {
		t.Fatalf("Load: %v", err)
	}
	return cfg
}

func parse(t *testing.T, text string) *config.Config {
	t.Helper()
	cfg, err := config.Parse("postern.yaml", []byte(text), lookup)
	if err != nil {
		t.Fatalf("Parse: %v", err)
	}
	return cfg
}

func TestAnEmptyFileIsTheDefaults(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"nothing": "", "a comment": "# nothing\n", "an empty document": "---\n",
		"sections with every line commented out": "http:\nredis:\naccounts:\nchats:\nplugins:\napi:\n  tokens:\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got, want bytes.Buffer
			if err := config.Print(&got, parse(t, text)); err != nil {
				t.Fatal(err)
			}
			if err := config.Print(&want, config.Default()); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want.String(), got.String()); diff != "" {
				t.Errorf("config differs from Default (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDefaultsAreTheContracts(t *testing.T) {
	t.Parallel()
	c := config.Default()
	if c.HTTP.Listen != "127.0.0.1:8080" || c.HTTP.BaseURL != "http://localhost:8080" || c.HTTP.MaxBody != 1<<20 {
		t.Errorf("http: got %+v", c.HTTP)
	}
	if c.Redis.URL.Reveal() != "redis://127.0.0.1:6379/0" || c.Redis.Shards != 1 || c.Redis.Spool != "./postern-spool" {
		t.Errorf("redis: got %+v", c.Redis)
	}
	want := config.Worker{Listen: "127.0.0.1:8081", Concurrency: 64, ShutdownTimeout: 30 * time.Second}
	if c.Worker != want {
		t.Errorf("worker: got %+v, want %+v", c.Worker, want)
	}
	if (c.Retry != config.Retry{First: time.Second, Factor: 2, Max: 10 * time.Minute, GiveUpAfter: 24 * time.Hour}) {
		t.Errorf("retry: got %+v", c.Retry)
	}
	if (c.Retention != config.Retention{Succeeded: 72 * time.Hour, Failed: 720 * time.Hour}) ||
		(c.Duplicates != config.Duplicates{Window: 72 * time.Hour}) || (c.Log != config.Log{Level: "info", Format: "json"}) {
		t.Errorf("retention, duplicates, log: got %+v %+v %+v", c.Retention, c.Duplicates, c.Log)
	}
	if c.Locale != source.English || c.Verbosity != source.Normal {
		t.Errorf("got %s, %s", c.Locale, c.Verbosity)
	}
}

func TestTheWholeFileIsUnderstood(t *testing.T) {
	t.Parallel()
	c := load(t, filepath.Join("testdata", "full.yaml"))
	if got, want := c.HTTP.BaseURL, "http://localhost:9090"; got != want {
		t.Errorf("base_url: got %s, want %s, after the port of listen", got, want)
	}
	if got := c.HTTP.TrustedProxies; len(got) != 2 || got[1].String() != "192.0.2.1/32" {
		t.Errorf("trusted_proxies: got %v", got)
	}
	if got, want := c.Redis.URL.Reveal(), "redis://:env-redis-password@localhost:6379/0"; got != want || c.Redis.Shards != 4 {
		t.Errorf("redis: got %s with %d shards", got, c.Redis.Shards)
	}
	if diff := cmp.Diff([]string{"read", "operate", "payload"}, c.API.Tokens["ops"].Scopes); diff != "" {
		t.Errorf("scopes of a bare token (-want +got):\n%s", diff)
	}
	if got := c.API.Tokens["viewer"]; got.Token.Reveal() != "viewer-token-literal" || len(got.Scopes) != 1 {
		t.Errorf("viewer: got %+v", got)
	}
	if got := c.Accounts["work"].Type; got != "wecom" {
		t.Errorf("type wxwork: got %s, want wecom", got)
	}
	if got := c.Accounts["console"]; got.Type != "console" || got.Options.Retry != nil {
		t.Errorf("an account with nothing written: got %+v", got)
	}
	if got := c.Accounts["telegram"].Options.Limits.Rate; !slices.Equal(got, []config.Rate{{Count: 20, Per: time.Minute}}) {
		t.Errorf("rate: got %+v", got)
	}
}

func TestWhatIsLeftOutComesFromTheGlobalSections(t *testing.T) {
	t.Parallel()
	c := load(t, filepath.Join("testdata", "full.yaml"))
	want := config.Retry{First: 2 * time.Second, Factor: 2, Max: 5 * time.Minute, GiveUpAfter: 24 * time.Hour, Attempts: 3}
	if got := *c.Accounts["telegram"].Options.Retry; got != want {
		t.Errorf("retry: got %+v, want %+v", got, want)
	}
	hooks := c.Plugins["acme.repos"].Webhooks
	if got := *hooks["/github"].Duplicates; (got != config.Duplicates{Window: 72 * time.Hour, Content: true}) {
		t.Errorf("duplicates: got %+v", got)
	}
	if got := hooks["/open"].Duplicates; got != nil {
		t.Errorf("duplicates not written: got %+v, want nil", got)
	}
}

func TestEndpoints(t *testing.T) {
	t.Parallel()
	hooks := load(t, filepath.Join("testdata", "full.yaml")).Plugins["acme.repos"].Webhooks
	e := hooks["/github"]
	if len(e.Secrets) != 1 || e.Secrets[0].Reveal() != "env-github-secret" {
		t.Errorf("secrets: got %d, want the one that is not empty", len(e.Secrets))
	}
	if e.MaxBody != 25<<20 || e.Tolerance != 5*time.Minute || e.Methods[0] != "POST" {
		t.Errorf("got %v %v %v", e.MaxBody, e.Tolerance, e.Methods)
	}
	if !e.Has("secrets") || e.Has("verify") || e.Verify != nil {
		t.Errorf("Has: secrets %v, verify %v", e.Has("secrets"), e.Has("verify"))
	}
	if diff := cmp.Diff([][]string{{"team"}, {"dev", "qq"}}, [][]string{e.Notify[0].To, e.Notify[1].To}); diff != "" {
		t.Errorf("to (-want +got):\n%s", diff)
	}
	if got, want := e.Notify[1].At.String(), filepath.Join("testdata", "full.yaml")+":36:13"; got != want {
		t.Errorf("a rule's place: got %s, want %s", got, want)
	}
	if got, want := e.At.String(), filepath.Join("testdata", "full.yaml")+":24:7"; got != want {
		t.Errorf("an endpoint's place: got %s, want %s", got, want)
	}
	if diff := cmp.Diff([]string{"event_type"}, hooks["/resource/{id}"].Own.Keys()); diff != "" {
		t.Errorf("own keys (-want +got):\n%s", diff)
	}
	var check struct {
		Type string `yaml:"type"`
	}
	if err := hooks["/open"].Verify[0].Decode(&check); err != nil || check.Type != "none" {
		t.Errorf("verify: none: got %q, %v", check.Type, err)
	}
	if got := len(hooks["/both"].Verify); got != 2 {
		t.Errorf("a list of checks: got %d", got)
	}
}

func TestAllowIPs(t *testing.T) {
	t.Parallel()
	for written, want := range map[string]string{
		"10.0.0.0/8": "10.0.0.0/8", "10.1.2.3/8": "10.0.0.0/8", "192.0.2.7": "192.0.2.7/32", "'2001:db8::1'": "2001:db8::1/128",
		"'::ffff:192.0.2.7'": "192.0.2.7/32", "'::ffff:192.0.2.0/120'": "192.0.2.0/24", "0.0.0.0/0": "0.0.0.0/0",
		"github": "github", "my_vpn2": "my_vpn2",
	} {
		c := parse(t, "plugins: {a.b: {webhooks: {/x: {allow_ips: ["+written+"]}}}}")
		if got := c.Plugins["a.b"].Webhooks["/x"].AllowIPs[0].String(); got != want {
			t.Errorf("%s: got %s, want %s", written, got, want)
		}
	}
}

func TestPrintMasksAnAllowListOfTheEnvironment(t *testing.T) {
	t.Parallel()
	c := parse(t, "plugins: {a.b: {webhooks: {/x: {allow_ips: ['${EMPTY:-secret_word}']}}}}")
	var got bytes.Buffer
	if err := config.Print(&got, c); err != nil || !strings.Contains(got.String(), "allow_ips: '***'") {
		t.Errorf("got %v\n%s", err, got.String())
	}
}

// Once a plugin has decoded its settings, what is a secret among them is known.
func TestPrintShowsWhatAPluginUnderstood(t *testing.T) {
	t.Parallel()
	c := parse(t, "plugins: {a.b: {settings: {token: s3cret, chat: team, every: 5m, on: true, word: 'true', given: '${EMPTY:-s3cret}', list: [{token: s3cret, n: 5}], more: {x: s3cret}}}}")
	var settings struct {
		Token secret.Text   `yaml:"token"`
		Chat  string        `yaml:"chat"`
		Every time.Duration `yaml:"every"`
		On    bool          `yaml:"on"`
		Word  string        `yaml:"word"`
		Given string        `yaml:"given"`
		List  []struct {
			Token secret.Text `yaml:"token"`
			N     int         `yaml:"n"`
		} `yaml:"list"`
		More any `yaml:"more"`
	}
	if err := c.Plugins["a.b"].Settings.Decode(&settings); err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	err := config.Print(&got, c)
	want := `
      token: '***'
      chat: team
      every: 5m
      on: true
      word: "true"
      given: '***'
      list: [{token: '***', n: 5}]
      more:
        x: '***'
`
	if err != nil || !strings.Contains(got.String(), want) || strings.Contains(got.String(), "s3cret") {
		t.Errorf("got %v\n%s", err, got.String())
	}
}

func TestPrintShowsNoSecret(t *testing.T) {
	t.Parallel()
	var got bytes.Buffer
	if err := config.Print(&got, load(t, filepath.Join("testdata", "full.yaml"))); err != nil {
		t.Fatal(err)
	}
	for _, hidden := range []string{"env-", "literal"} {
		if strings.Contains(got.String(), hidden) {
			t.Errorf("output holds %q", hidden)
		}
	}
	golden := filepath.Join("testdata", "full.golden")
	if *update {
		if err := os.WriteFile(golden, got.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("print differs (-want +got):\n%s", diff)
	}
}

func TestStarterWorksAtOnce(t *testing.T) {
	t.Parallel()
	env := func(name string) (string, bool) { return "s3cret", name == "GITHUB_SECRET" }
	c, err := config.Parse("postern.yaml", config.Starter(), env)
	if err != nil {
		t.Fatalf("Parse: %v", err)
	}
	e := c.Plugins["my.repos"].Webhooks["/github"]
	if got := c.Chats[e.Notify[0].To[0]].Type; got != "console" || e.Source != "github" || e.Secrets[0].Reveal() != "s3cret" {
		t.Errorf("got source %s to %s", e.Source, got)
	}
	if !c.At("redis", "url").IsZero() || c.At("chats", "team").IsZero() {
		t.Error("At does not tell what is written")
	}
	// what is commented out must be right too
	text := string(config.Starter())
	for _, line := range []string{`accounts:`, `  telegram: {token`, `  phone:`, `  dev:`, `  games:`, `  tokens:`, `    ops:`, `redis:`, `  url:`} {
		bare := strings.TrimLeft(line, " ")
		before := strings.Index(text, "# "+bare)
		indented := strings.Index(text, "#   "+bare)
		if before < 0 && indented < 0 {
			t.Errorf("the starter does not mention %s", bare)
		}
	}
	text = strings.NewReplacer("# accounts", "accounts", "#   telegram", "  telegram", "# phone", "phone", "# dev", "dev", "# games", "games",
		"# tokens", "tokens", "#   ops", "  ops", "# redis:", "redis:", "#   url", "  url", "# events", "events", "# when", "when").Replace(text)
	if _, err := config.Parse("postern.yaml", []byte(text), func(string) (string, bool) { return "value", true }); err != nil {
		t.Errorf("uncommented: %v", err)
	}
}

func TestVariables(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ text, want string }{
		"set":                        {"${SECRET}", "env-secret"},
		"set but empty":              {"${EMPTY}", ""},
		"default where unset":        {"${NOT_THERE:-a b}", "a b"},
		"default where empty":        {"${EMPTY:-x}", "x"},
		"default unused":             {"${SECRET:-x}", "env-secret"},
		"empty default":              {"a${NOT_THERE:-}b", "ab"},
		"several, with text between": {"${N}-${SECRET}!", "7-env-secret!"},
		"escaped":                    {"$${SECRET}", "${SECRET}"},
		"a dollar before an escape":  {"$$${SECRET}", "$${SECRET}"},
		"escaped and not":            {"$${N} is ${N}", "${N} is 7"},
		"a dollar alone":             {"$5 and $$", "$5 and $$"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := parse(t, "plugins: {a.b: {webhooks: {/x: {name: '"+test.text+"'}}}}")
			if got := c.Plugins["a.b"].Webhooks["/x"].Name; got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestAVariableIsNotExpandedAgain(t *testing.T) {
	t.Parallel()
	env := func(string) (string, bool) { return "${OTHER}", true }
	c, err := config.Parse("f", []byte("redis: {spool: '${X}'}"), env)
	if err != nil || c.Redis.Spool != "${OTHER}" {
		t.Errorf("got %v, %v", c, err)
	}
}

func TestSecretFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good := write("good", "from-file\n\n")
	big := write("big", strings.Repeat("x", 64<<10+1))
	env := func(string) (string, bool) { return "file:" + good, true }
	for _, written := range []string{"file:" + good, "${FILE}"} {
		c, err := config.Parse("f", []byte("api: {tokens: {a: '"+written+"'}}"), env)
		if err != nil {
			t.Fatal(err)
		}
		if got := c.API.Tokens["a"].Token.Reveal(); got != "from-file\n" {
			t.Errorf("%s: got %q, want one newline dropped", written, got)
		}
	}
	for path, want := range map[string]string{
		big:           "f:1:20: api.tokens.a: the secret file " + big + ": larger than 64 KiB",
		dir:           "f:1:20: api.tokens.a: the secret file " + dir + ": not a regular file",
		dir + "/none": "f:1:20: api.tokens.a: the secret file " + dir + "/none: no such file or directory",
		"relative":    "f:1:20: api.tokens.a: a secret file is named by its absolute path: file:/path",
	} {
		_, err := config.Parse("f", []byte("api: {tokens: {a: 'file:"+path+"'}}"), env)
		if err == nil || err.Error() != strings.Replace(want, ":20:", ":19:", 1) {
			t.Errorf("%s: got %v, want %s", path, err, want)
		}
	}
	env = func(string) (string, bool) { return "file:" + dir + "/gone", true }
	_, err := config.Parse("f", []byte("api: {tokens: {a: '${FILE}'}}"), env)
	if want := "f:1:19: api.tokens.a: the secret file that ${...} names: no such file or directory"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestNodeDecodesOthersSettings(t *testing.T) {
	t.Parallel()
	type base struct {
		Token secret.Text `yaml:"token"`
	}
	type settings struct {
		base2
		Base   base              `yaml:",inline"`
		On     *bool             `yaml:"on"`
		Words  map[string]string `yaml:"words"`
		Any    any               `yaml:"any"`
		At     time.Time         `yaml:"at"`
		Part   config.Node       `yaml:"part"`
		Factor float64           `yaml:"factor"`
		Small  uint8             `yaml:"small"`
	}
	n := parse(t, `plugins: {a.b: {settings: {flat: x, token: "${SECRET}", on: true, words: {a: b}, any: {n: "${N}", m: 5, l: [1.5, yes, true]}, at: 2026-01-02T03:04:05Z, part: {x: 1}, factor: 1.5, small: 255}}}`).
		Plugins["a.b"].Settings
	var s settings
	if err := n.Decode(&s); err != nil {
		t.Fatal(err)
	}
	if s.Flat != "x" || s.Base.Token.Reveal() != "env-secret" || !*s.On || s.Words["a"] != "b" || s.At.Year() != 2026 || s.Factor != 1.5 || s.Small != 255 {
		t.Errorf("got %+v", s)
	}
	if diff := cmp.Diff(any(map[string]any{"n": "7", "m": 5, "l": []any{1.5, "yes", true}}), s.Any); diff != "" {
		t.Errorf("any (-want +got):\n%s", diff)
	}
	if got, want := s.Part.Errorf("bad %d", 1).Error(), "postern.yaml:1:153: plugins.a.b.settings.part: bad 1"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := s.Part.Field("y").Errorf("missing").Error(), "postern.yaml:1:153: plugins.a.b.settings.part.y: missing"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	err := n.Without("flat").Decode(&struct {
		Tokens string `yaml:"tokens"`
		At     Stop   `yaml:"at"`
	}{})
	if err == nil || !strings.Contains(err.Error(), `settings.token: unknown key, did you mean "tokens"?`) || !strings.Contains(err.Error(), "settings.at: stopped") {
		t.Errorf("got %v", err)
	}
}

type base2 struct {
	Flat string `yaml:"flat"`
}

// Stop is a type that takes no text.
type Stop struct{}

// UnmarshalText refuses.
func (*Stop) UnmarshalText([]byte) error { return stopError{} }

type stopError struct{}

func (stopError) Error() string { return "stopped" }

func TestAZeroNodeDecodesNothing(t *testing.T) {
	t.Parallel()
	var n config.Node
	s := struct {
		A string `yaml:"a"`
	}{A: "kept"}
	if err := n.Decode(&s); err != nil || s.A != "kept" {
		t.Errorf("got %q, %v", s.A, err)
	}
	if !n.IsZero() || !n.Field("x").IsZero() || len(n.Keys()) != 0 || !n.Without("x").IsZero() || n.String() != "" || n.Path() != "" {
		t.Error("a zero Node is somewhere")
	}
	if got := n.Errorf("what").Error(); got != "what" {
		t.Errorf("got %q", got)
	}
	if err := n.Decode(s); err == nil {
		t.Error("decoding into no pointer: want an error")
	}
}

func TestWrapKeepsAPlace(t *testing.T) {
	t.Parallel()
	c := parse(t, "chats: {team: {type: console}}\nredis: {spool: x}")
	chats, redis := c.At("chats", "team"), c.At("redis", "spool")
	first := chats.Errorf("first")
	if got := redis.Wrap(first); got.Error() != first.Error() {
		t.Errorf("got %v", got)
	}
	if got, want := redis.Wrap(stopError{}).Error(), "postern.yaml:2:16: redis.spool: stopped"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if redis.Wrap(nil) != nil {
		t.Error("nil became an error")
	}
	joined := config.Join(stopError{}, config.Join(redis.Errorf("b"), nil), first)
	want := "postern.yaml:1:9: chats.team: first\npostern.yaml:2:16: redis.spool: b\nstopped"
	if joined.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", joined, want)
	}
}
