package cli_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"postern/internal/cli"
)

var update = flag.Bool("update", false, "rewrite golden files")

// said is what one call of a program gave.
type said struct {
	code        int
	out, errors string
}

// call runs a program in this process; env is K=V.
func call(t *testing.T, name string, args []string, env ...string) said {
	t.Helper()
	variables := map[string]string{}
	for _, kv := range env {
		k, v, _ := strings.Cut(kv, "=")
		variables[k] = v
	}
	var out, errors bytes.Buffer
	p := &cli.Program{
		Name: name, Args: args, Stdout: &out, Stderr: &errors,
		Env: func(k string) (string, bool) { v, ok := variables[k]; return v, ok },
	}
	code := p.Main(t.Context())
	return said{code, out.String(), errors.String()}
}

func postern(t *testing.T, args ...string) said {
	t.Helper()
	return call(t, "postern", args)
}

// write makes a config and gives its path.
func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "c.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

const (
	goodConfig = "redis: {url: 'redis://:hunter2@127.0.0.1:1/0'}\nchats: {team: {type: console}}\n" +
		"plugins: {a.b: {webhooks: {/x: {source: github, secrets: [hunter2]}}}}\n"
	badConfig = "locale: fr\nchats: {team: nowhere-x}\n"
)

func TestAMistakeIsOneLineAndExit2(t *testing.T) {
	t.Parallel()
	good := write(t, goodConfig)
	cases := map[string]struct {
		program string
		args    []string
		want    string
	}{
		"no command":                 {"postern", nil, `postern: name a command, such as "postern run"; "postern help" lists them`},
		"an unknown command":         {"postern", []string{"brew"}, `postern: unknown command "brew"; "postern help" lists them`},
		"help of an unknown command": {"postern", []string{"help", "brew"}, `postern: unknown command "brew"; "postern help" lists them`},
		"an unknown flag":            {"postern", []string{"check", "--brew"}, `postern: check: flag provided but not defined: -brew; see "postern check -h"`},
		"a flag without its value":   {"postern", []string{"check", "--config"}, `postern: check: flag needs an argument: -config; see "postern check -h"`},
		"an argument too many":       {"postern", []string{"version", "x"}, `postern: version: unexpected argument "x"; see "postern version -h"`},
		"an argument too few":        {"postern", []string{"notify", "team"}, `postern: notify: TEXT is missing; see "postern notify -h"`},
		"no argument at all":         {"postern", []string{"notify"}, `postern: notify: CHAT is missing; see "postern notify -h"`},
		"nothing to say":             {"postern", []string{"notify", "team", " "}, `postern: notify: TEXT is empty; see "postern notify -h"`},
		"an unknown chat":            {"postern", []string{"notify", "nobody", "x", "--config", good}, `postern: unknown chat "nobody"`},
		"no address":                 {"postern", []string{"run", "--listen", "x"}, `postern: run: invalid value "x" for flag -listen: want host:port, such as 127.0.0.1:8080; see "postern run -h"`},
		"of the receiver":            {"receiver", []string{"--brew"}, `receiver: flag provided but not defined: -brew; see "receiver -h"`},
		"of the worker":              {"worker", []string{"brew"}, `worker: unexpected argument "brew"; see "worker -h"`},
		"print and live":             {"postern", []string{"check", "--live", "--print"}, `postern: check: one of --print and --live; see "postern check -h"`},
		"print and JSON":             {"postern", []string{"check", "--json", "--print"}, `postern: check: one of --print and --json; see "postern check -h"`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(said{2, "", c.want + "\n"}, call(t, c.program, c.args), cmp.AllowUnexported(said{})); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestHelpIsAskedForAndExits0(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		program string
		args    []string
		want    string
	}{
		"of all":              {"postern", []string{"help"}, "usage: postern COMMAND"},
		"of all, as a flag":   {"postern", []string{"--help"}, "  notify CHAT TEXT     send one message"},
		"of one":              {"postern", []string{"help", "notify"}, "usage: postern notify [FLAGS] CHAT TEXT\n"},
		"of one, as a flag":   {"postern", []string{"check", "-h"}, "  --print              print the config"},
		"behind other flags":  {"postern", []string{"run", "--listen", "127.0.0.1:0", "--help"}, "  --listen ADDRESS"},
		"of a program":        {"receiver", []string{"-h"}, "usage: receiver [FLAGS] [health]\n"},
		"of a program, asked": {"worker", []string{"help"}, "  --config FILE        config FILE; default: $POSTERN_CONFIG, else postern.yaml where it exists\n"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := call(t, c.program, c.args)
			if got.code != 0 || got.errors != "" || !strings.Contains(got.out, c.want) {
				t.Errorf("got %+v, want exit 0 and %q", got, c.want)
			}
		})
	}
}

func TestTheConfigIsTheFlagsElseTheEnvironmentsElseTheFolders(t *testing.T) {
	good, bad := write(t, goodConfig), write(t, badConfig)
	t.Chdir(t.TempDir())
	if got := postern(t, "check"); got.code != 2 || !strings.Contains(got.errors, `write one with "postern init"`) {
		t.Errorf("without any: got %+v", got)
	}
	if err := os.WriteFile("postern.yaml", []byte(goodConfig), 0o600); err != nil {
		t.Fatal(err)
	}
	cases := map[string]struct {
		args []string
		env  string
		code int
		want string
	}{
		"the folder's":               {[]string{"check"}, "", 0, "postern.yaml is good: 1 endpoints, 1 chats\n"},
		"an empty variable":          {[]string{"check"}, "POSTERN_CONFIG=", 0, "postern.yaml is good"},
		"the environment's":          {[]string{"check"}, "POSTERN_CONFIG=" + bad, 2, ""},
		"one that is not there":      {[]string{"check"}, "POSTERN_CONFIG=none.yaml", 2, ""},
		"the flag's":                 {[]string{"check", "--config", good}, "POSTERN_CONFIG=" + bad, 0, good + " is good"},
		"the flag before a command":  {[]string{"--config", good, "check"}, "POSTERN_CONFIG=" + bad, 0, good + " is good"},
		"the flag, in one":           {[]string{"-config=" + good, "check"}, "POSTERN_CONFIG=" + bad, 0, good + " is good"},
		"a flag between arguments":   {[]string{"notify", "team", "--config", good, "Hi"}, "POSTERN_CONFIG=" + bad, 0, "sent to team (console-team)"},
		"what looks like a flag, --": {[]string{"notify", "--config", good, "--", "team", "-5"}, "", 0, "-5"},
	}
	for name, c := range cases {
		if got := call(t, "postern", c.args, c.env); got.code != c.code || !strings.Contains(got.out, c.want) {
			t.Errorf("%s: got %+v, want exit %d and %q", name, got, c.code, c.want)
		}
	}
}

// TestCheckTellsEveryFaultAtOnce: faults of reading and of building, in the
// order of the file, and none that only follows from another.
func TestCheckTellsEveryFaultAtOnce(t *testing.T) {
	t.Parallel()
	path := filepath.Join("testdata", "mixed.yaml")
	got := postern(t, "check", "--config", path)
	if got.code != 2 || got.out != "" {
		t.Errorf("got exit %d, output %q, want 2 and none", got.code, got.out)
	}
	if strings.Contains(got.errors, "hunter2") {
		t.Error("a fault shows a secret")
	}
	text := strings.ReplaceAll(got.errors, path, "mixed.yaml")
	golden := filepath.Join("testdata", "mixed.golden")
	if *update {
		if err := os.WriteFile(golden, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), text); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestEveryStartTellsTheSameFaults(t *testing.T) {
	t.Parallel()
	path := write(t, badConfig)
	for _, line := range [][]string{
		{"postern", "run"}, {"postern", "receiver"}, {"postern", "worker"}, {"receiver"}, {"worker"}, {"postern", "notify", "team", "x"},
	} {
		got := call(t, line[0], append(line[1:], "--config", path))
		want := line[0] + ": " + path + ":1:9: locale: want en, ja or zh, got \"fr\"\n" +
			line[0] + ": " + path + ":2:15: chats.team: unknown account \"nowhere\", there is none\n"
		if got.code != 2 || got.errors != want {
			t.Errorf("%v: got %+v, want exit 2 and %q", line, got, want)
		}
	}
}

func TestAStoreThatCannotBeUsedIsAFaultOfTheConfig(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		line []string
		url  string
		want string
	}{
		"embedded, for the receiver":  {[]string{"receiver"}, "embedded:./d", ":1:14: redis.url: an embedded store belongs to one process"},
		"embedded, for the worker":    {[]string{"postern", "worker"}, "embedded:memory", ":1:14: redis.url: an embedded store belongs to one process"},
		"embedded, without a folder":  {[]string{"postern", "run"}, "embedded:", ":1:14: redis.url: embedded: needs a folder"},
		"an address of no form":       {[]string{"postern", "check"}, "redis://:hunter2@h:bad/0", ":1:14: redis.url: a host is not of the form host or host:port"},
		"a sentinel without a master": {[]string{"worker"}, "redis+sentinel://a,b", ":1:14: redis.url: redis+sentinel:// needs the master's name"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := write(t, "redis: {url: '"+c.url+"'}\nlocale: fr\n")
			got := call(t, c.line[0], append(c.line[1:], "--config", path))
			if got.code != 2 || !strings.Contains(got.errors, path+c.want) || !strings.Contains(got.errors, ":2:9: locale") {
				t.Errorf("got %+v, want exit 2 and %q beside the fault of locale", got, c.want)
			}
			if strings.Contains(got.errors, "hunter2") {
				t.Errorf("got %q, which shows a secret", got.errors)
			}
		})
	}
}

func TestCheckPrintsWithoutSecrets(t *testing.T) {
	t.Parallel()
	got := postern(t, "check", "--print", "--config", write(t, goodConfig))
	if got.code != 0 || !strings.Contains(got.out, "source: github") || strings.Contains(got.out+got.errors, "hunter2") {
		t.Errorf("got %+v, want the config without its secrets", got)
	}
}

func TestCheckSaysWarnings(t *testing.T) {
	t.Parallel()
	path := write(t, "plugins: {a.b: {webhooks: {/x: {verify: none}}}}")
	got := postern(t, "check", "--config", path)
	if want := "warning: " + path + ":1:41: plugins.a.b.webhooks./x.verify: nothing is verified, anybody may call this endpoint\n"; got.code != 0 || got.errors != want {
		t.Errorf("got %+v, want exit 0 and %q", got, want)
	}
}

func TestCheckInJSON(t *testing.T) {
	t.Parallel()
	type checked struct {
		Good             bool
		Endpoints, Chats int
		Warnings, Faults []string
	}
	read := func(text string) (code int, c checked) {
		got := postern(t, "check", "--json", "--config", write(t, text))
		if err := json.Unmarshal([]byte(got.out), &c); err != nil || got.errors != "" {
			t.Fatalf("got %+v, %v, want JSON alone", got, err)
		}
		return got.code, c
	}
	if code, c := read(goodConfig); code != 0 || !c.Good || c.Endpoints != 1 || c.Chats != 1 || c.Faults == nil {
		t.Errorf("a good config: got exit %d, %+v", code, c)
	}
	if code, c := read(badConfig); code != 2 || c.Good || len(c.Faults) != 2 || !strings.Contains(c.Faults[1], ":2:15: chats.team: ") {
		t.Errorf("a bad config: got exit %d, %+v", code, c)
	}
}
