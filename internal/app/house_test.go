package app_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"postern/internal/redistest"
	"postern/pkg/chat/chattest"
)

// house is what one script or test has to itself: a fake platform, perhaps a
// Redis, and the programs it started. It ends with the test, and the test
// fails if a program panicked or raced.
type house struct {
	tb       testing.TB
	dir      string
	env      []string // names of variables that programs are given
	platform *chattest.Platform
	redis    *redistest.Server
	running  map[string]*process
}

type houseKey struct{}

func newHouse(tb testing.TB, dir string) *house {
	tb.Helper()
	h := &house{tb: tb, dir: dir, platform: chattest.NewPlatform(tb), running: map[string]*process{}}
	h.platform.Allow("telegram", "1:token")
	tb.Cleanup(h.close)
	return h
}

// newStormHouse is a house of a Go test: a Redis, and a config in its folder.
func newStormHouse(t *testing.T, config string, redisArgs ...string) *house {
	t.Helper()
	h := newHouse(t, t.TempDir())
	h.redis = redistest.Start(t, redisArgs...)
	config = strings.NewReplacer("${REDIS}", h.redis.URL(), "${PLATFORM}", h.platform.URL).Replace(config)
	if err := os.WriteFile(filepath.Join(h.dir, "postern.yaml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	return h
}

// start runs a program as h.running[name], and waits until it answers.
func (h *house) start(name string, env []string, program string, args ...string) error {
	if old, ok := h.running[name]; ok {
		select {
		case <-old.ended:
		default:
			return fmt.Errorf("%s runs already", name)
		}
	}
	p, err := launch(name, h.dir, env, true, program, args...)
	if p != nil {
		h.running[name] = p
	}
	return err
}

// mustStart is start in a Go test.
func (h *house) mustStart(program string, names ...string) {
	h.tb.Helper()
	env := []string{"PATH=" + os.Getenv("PATH"), "GORACE=atexit_sleep_ms=10", "HOME=" + h.dir, "GOCOVERDIR=" + os.Getenv("GOCOVERDIR")}
	var starting sync.WaitGroup
	programs, errs := make([]*process, len(names)), make([]error, len(names))
	for i, name := range names {
		starting.Go(func() { programs[i], errs[i] = launch(name, h.dir, env, true, program) })
	}
	starting.Wait()
	for i, p := range programs {
		if p != nil {
			h.running[p.name] = p
		}
		if errs[i] != nil {
			h.tb.Fatal(errs[i])
		}
	}
}

// find gives a program that was started.
func (h *house) find(name string) (*process, error) {
	p, ok := h.running[name]
	if !ok {
		return nil, fmt.Errorf("no program named %q was started", name)
	}
	return p, nil
}

// close kills what still runs.
func (h *house) close() {
	for _, p := range h.running {
		_ = p.signal(syscall.SIGKILL)
		if _, err := p.exit(patience); err != nil {
			h.tb.Error(err)
		}
		if err := p.faults(); err != nil {
			h.tb.Error(err)
		}
		if h.tb.Failed() {
			h.tb.Logf("%s said:\n%.20000s", p.name, p.stderr)
		}
	}
}

// goEnv gives what the go command needs to find its caches, where there is one.
func goEnv() map[string]string {
	found := map[string]string{}
	out, err := exec.Command("go", "env", "GOCACHE", "GOMODCACHE", "GOROOT").Output()
	lines := strings.Fields(string(out))
	if err != nil || len(lines) != 3 {
		return found
	}
	for i, name := range []string{"GOCACHE", "GOMODCACHE", "GOROOT"} {
		found[name] = lines[i]
	}
	return found
}

// condition adds [redis] to what scripts may ask: a server program is there.
func condition(name string) (bool, error) {
	if name != "redis" {
		return false, fmt.Errorf("unknown condition %q", name)
	}
	for _, program := range []string{"redis-server", "valkey-server"} {
		if _, err := exec.LookPath(program); err == nil {
			return true, nil
		}
	}
	return false, nil
}

func nameOf(variable string) string {
	name, _, _ := strings.Cut(variable, "=")
	return name
}
