package app_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"postern/pkg/postern"
)

// TestMain makes the real programs commands of the scripts: this binary, run
// under another name, is that program.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"postern":  func() { postern.Main() },
		"receiver": func() { postern.Receiver() },
		"worker":   func() { postern.Worker() },
	})
}

// TestScripts runs testdata/script: each starts the programs as processes of
// their own, posts what a real sender would and awaits what arrives at a fake
// platform. The commands are told in commands_test.go.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", "script"), Setup: setup, Cmds: commands(), RequireUniqueNames: true,
		Condition: condition,
	})
}

// setup gives a script its house, and the variables that its configs name.
func setup(env *testscript.Env) error {
	h := newHouse(env.T().(testing.TB), env.WorkDir)
	env.Values[houseKey{}] = h
	repo, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		return err
	}
	env.Setenv("PLATFORM", h.platform.URL)
	env.Setenv("REPO", repo)
	env.Setenv("GORACE", "atexit_sleep_ms=10") // programs end many times here
	if _, ok := os.LookupEnv("HTTP_PROXY"); ok {
		env.Setenv("NO_PROXY", "127.0.0.1")
	}
	for name, value := range goEnv() {
		env.Setenv(name, value)
	}
	for _, v := range env.Vars {
		h.env = append(h.env, nameOf(v))
	}
	return nil
}
