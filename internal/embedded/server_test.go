//go:build unix

package embedded_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"postern/internal/embedded"
	"postern/internal/redisconn"
	"postern/internal/redistest"
)

// pid asks the store for its process id.
func pid(t *testing.T, client redis.UniversalClient) int {
	t.Helper()
	found := regexp.MustCompile(`process_id:(\d+)`).FindStringSubmatch(client.Info(t.Context(), "server").Val())
	if found == nil {
		t.Fatal("the store tells no process id")
	}
	n, err := strconv.Atoi(found[1])
	if err != nil {
		t.Fatalf("process id: %v", err)
	}
	return n
}

func TestServerOutlivesTheProgram(t *testing.T) {
	t.Parallel()
	redistest.Need(t)
	spec := embedded.Spec{Dir: filepath.Join(t.TempDir(), "data folder")}
	store := start(t, spec)
	client := open(t, store)
	if err := client.Set(t.Context(), "k", "v", 0).Err(); err != nil {
		t.Fatalf("set: %v", err)
	}
	facts, err := redisconn.Check(t.Context(), client)
	if err != nil || !facts.Durable || !store.Durable() || len(facts.Warnings) > 0 {
		t.Errorf("Check = %+v, %v; want it durable, without a warning", facts, err)
	}
	if err := store.Close(); err != nil {
		t.Fatalf("Close: %v", err)
	}
	if got, err := open(t, start(t, spec)).Get(t.Context(), "k").Result(); got != "v" || err != nil {
		t.Errorf("get after a new start = %q, %v; want v, nil", got, err)
	}
}

func TestServerFolderIsForOneProcessAndOneUser(t *testing.T) {
	t.Parallel()
	redistest.Need(t)
	spec := embedded.Spec{Dir: t.TempDir()}
	start(t, spec)
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if _, err := embedded.Start(ctx, spec, slog.New(slog.DiscardHandler)); !errors.Is(err, embedded.ErrInUse) {
		t.Errorf("a second Start = %v, want ErrInUse", err)
	}
	info, err := os.Stat(filepath.Join(spec.Dir, "redis"))
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the store's folder: %v, %v; want mode 0700", info.Mode(), err)
	}
}

func TestServerComesBackWhenItDies(t *testing.T) {
	t.Parallel()
	redistest.Need(t)
	store := start(t, embedded.Spec{Dir: t.TempDir()})
	client := open(t, store)
	if err := client.Set(t.Context(), "k", "v", 0).Err(); err != nil {
		t.Fatalf("set: %v", err)
	}
	first := pid(t, client)
	if err := syscall.Kill(first, syscall.SIGKILL); err != nil {
		t.Fatalf("kill: %v", err)
	}
	awaitTrue(t, "the store was back", func() bool { return client.Get(t.Context(), "k").Val() == "v" })
	if second := pid(t, client); second == first {
		t.Errorf("process id = %d before and after", second)
	}
	if err := store.Err(); err != nil {
		t.Errorf("Err = %v, want nil: it lives", err)
	}
}

func TestServerSocketFitsALongFolder(t *testing.T) {
	t.Parallel()
	redistest.Need(t)
	store := start(t, embedded.Spec{Dir: filepath.Join(t.TempDir(), strings.Repeat("long", 30))})
	socket := strings.TrimPrefix(store.URL().Reveal(), "unix://")
	if len(socket) > 107 {
		t.Errorf("socket path of %d bytes: %s", len(socket), socket)
	}
	if err := open(t, store).Ping(t.Context()).Err(); err != nil {
		t.Errorf("ping: %v", err)
	}
	if err := store.Close(); err != nil {
		t.Fatalf("Close: %v", err)
	}
	if _, err := os.Stat(filepath.Dir(socket)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the socket's directory is still there: %v", err)
	}
}

func TestServerEndsWithItsContext(t *testing.T) {
	t.Parallel()
	redistest.Need(t)
	ctx, cancel := context.WithCancel(t.Context())
	store, err := embedded.Start(ctx, embedded.Spec{Dir: t.TempDir()}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatalf("Start: %v", err)
	}
	child := pid(t, open(t, store))
	cancel()
	<-store.Done()
	if err := store.Err(); err != nil {
		t.Errorf("Err = %v, want nil", err)
	}
	if err := syscall.Kill(child, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("the child is still there: %v", err)
	}
}

func TestServerThatCannotStartSaysWhy(t *testing.T) {
	t.Parallel()
	redistest.Need(t)
	dir := t.TempDir()
	broken := filepath.Join(dir, "redis", "appendonlydir")
	if err := os.MkdirAll(filepath.Dir(broken), 0o700); err != nil {
		t.Fatalf("mkdir: %v", err)
	}
	if err := os.WriteFile(broken, []byte("not a folder"), 0o600); err != nil {
		t.Fatalf("write: %v", err)
	}
	_, err := embedded.Start(t.Context(), embedded.Spec{Dir: dir}, slog.New(slog.DiscardHandler))
	if err == nil || !strings.Contains(err.Error(), "appendonlydir") {
		t.Errorf("Start = %v, want the child's own words", err)
	}
}

func TestServerThatIsNotInstalled(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, err := embedded.Start(t.Context(), embedded.Spec{Dir: t.TempDir()}, slog.New(slog.DiscardHandler))
	if !errors.Is(err, embedded.ErrNoServer) || !strings.Contains(err.Error(), "Debian package redis-server") {
		t.Errorf("Start = %v, want ErrNoServer and the package's name", err)
	}
}
