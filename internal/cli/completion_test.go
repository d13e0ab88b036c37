package cli_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"postern/internal/servertest"

	"github.com/rogpeppe/go-internal/testscript"

	"postern/internal/cli"
)

// TestMain makes the program a command that shells can run.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"postern": func() {
			p := &cli.Program{Name: "postern", Args: os.Args[1:], Env: os.LookupEnv, Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr}
			os.Exit(p.Main(context.Background()))
		},
	})
}

// lines are what is typed, each word its own, the last to be completed; and what
// it may become.
func lines() map[string][]string {
	return map[string][]string{
		"pos":                               nil,
		"postern jo":                        {"jobs"},
		"postern jobs re":                   {"replay", "retry"},
		"postern help web":                  {"webhooks"},
		"postern jobs list --del":           {"--delivery", "--delivery-id"},
		"postern jobs list --state re":      {"retrying"},
		"postern jobs --delivery p":         {"partial", "pending"},
		"postern jobs retry --yes --state ": {"canceled", "dead", "queued", "retrying", "running", "succeeded"},
		"postern send gith":                 {"github"},
		"postern send github pull_":         {"pull_request.closed", "pull_request.opened"},
		"postern send --count 2 github pus": {"push"},
		"postern completion ":               {"bash", "fish", "zsh"},
		"postern chats ":                    {"list", "pause", "resume"},
		"postern receiver --li":             {"--listen"},
		"postern nothing --":                nil,
	}
}

// shell runs a script in a shell; where there is none it skips, or fails with
// POSTERN_TEST_FULL=1.
func shell(t *testing.T, name, script string, args ...string) []string {
	t.Helper()
	path := servertest.Find(t, name)
	flags := map[string][]string{"bash": {"--norc", "--noprofile"}, "zsh": {"-f"}, "fish": {"--no-config"}}[name]
	cmd := exec.CommandContext(t.Context(), path, append(append(flags, "-c", script), args...)...)
	cmd.Dir = t.TempDir()
	cmd.Env = append(os.Environ(), "HOME="+cmd.Dir)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return strings.Fields(string(out))
}

func check(t *testing.T, complete func(t *testing.T, words []string) []string) {
	t.Helper()
	for line, want := range lines() {
		if line == "pos" {
			continue // the shell's own
		}
		t.Run(line, func(t *testing.T) {
			t.Parallel()
			got := complete(t, strings.Split(line, " "))
			slices.Sort(got)
			if !slices.Equal(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

// TestBashCompletes runs the function in a bash, as bash would.
func TestBashCompletes(t *testing.T) {
	t.Parallel()
	check(t, func(t *testing.T, words []string) []string {
		return shell(t, "bash", `source <(postern completion bash)
			COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _postern; printf '%s\n' "${COMPREPLY[@]}"`, append([]string{"bash"}, words...)...)
	})
	// Bash takes a flag and its value apart at "=".
	for _, last := range [][]string{{"=", "de"}, {"="}} {
		words := append([]string{"bash", "postern", "jobs", "list", "--state"}, last...)
		got := shell(t, "bash", `source <(postern completion bash)
			COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _postern; printf '%s\n' "${COMPREPLY[@]}"`, words...)
		if !slices.Contains(got, "dead") {
			t.Errorf("%v: got %v, want dead among them", last, got)
		}
	}
	if got := shell(t, "bash", `source <(postern completion bash); complete -p postern`); !slices.Contains(got, "_postern") {
		t.Errorf("got %v, want it registered", got)
	}
}

// TestZshCompletes runs the function in a zsh, with what takes its words in the
// place of zsh's own, which works in an edited line only.
func TestZshCompletes(t *testing.T) {
	t.Parallel()
	check(t, func(t *testing.T, words []string) []string {
		return shell(t, "zsh", `compdef() { :; }; _files() { :; }; compadd() { print -l -- "${(@P)2}"; }
			source <(postern completion zsh); words=("$@"); CURRENT=$#; _postern`, append([]string{"zsh"}, words...)...)
	})
}

func TestFishCompletes(t *testing.T) {
	t.Parallel()
	check(t, func(t *testing.T, words []string) []string {
		return shell(t, "fish", `postern completion fish | source; complete -C "$argv[1]"`, strings.Join(words, " "))
	})
}

func TestAMistakeOfCompletion(t *testing.T) {
	t.Parallel()
	if got := postern(t, "completion", "bush"); got.code != 2 || !strings.Contains(got.errors, `unknown shell "bush", did you mean bash or fish or zsh?`) {
		t.Errorf("got %+v, want exit 2 and the nearest", got)
	}
	if got := postern(t, "completion"); got.code != 2 {
		t.Errorf("got %+v, want exit 2", got)
	}
}

// TestCompletionIsThePrograms: a third party's program has another name.
func TestCompletionIsThePrograms(t *testing.T) {
	t.Parallel()
	for _, shell := range []string{"bash", "zsh", "fish"} {
		got := call(t, "acme", []string{"completion", shell})
		if got.code != 0 || strings.Contains(got.out, "PROGRAM") || strings.Contains(got.out, "postern") || !strings.Contains(got.out, "acme completion "+shell) {
			t.Errorf("%s: got %+v, want acme's", shell, got)
		}
	}
}

// TestCompletionReadsNothing: it works where the config is broken.
func TestCompletionReadsNothing(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile(filepath.Join(".", "postern.yaml"), []byte("broken: ["), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"check --pri", "run --lis", "jobs list --sta"} {
		words := append([]string{"completion", "words", "--"}, strings.Fields(line)...)
		if got := postern(t, words...); got.code != 0 || !strings.HasPrefix(got.out, "--") || got.errors != "" {
			t.Errorf("%s: got %+v, want the flag", line, got)
		}
	}
}
