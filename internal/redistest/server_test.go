package redistest_test

import (
	"testing"

	"github.com/redis/go-redis/v9"

	"postern/internal/redistest"
)

// client opens a plain client that tries each command once.
func client(t *testing.T, url string) *redis.Client {
	t.Helper()
	options, err := redis.ParseURL(url)
	if err != nil {
		t.Fatalf("parsing %s: %v", url, err)
	}
	options.MaxRetries = -1
	c := redis.NewClient(options)
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func TestServerForgetsOnRestart(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	if err := client(t, s.URL()).Set(t.Context(), "k", "v", 0).Err(); err != nil {
		t.Fatalf("set: %v", err)
	}
	s.Restart()
	if n, err := client(t, s.URL()).Exists(t.Context(), "k").Result(); n != 0 || err != nil {
		t.Errorf("exists after restart = %d, %v; want 0, nil", n, err)
	}
}

func TestServerArgumentsWin(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t, "--appendonly", "yes", "--appendfsync", "always")
	if err := client(t, s.URL()).Set(t.Context(), "k", "v", 0).Err(); err != nil {
		t.Fatalf("set: %v", err)
	}
	s.Kill()
	if err := client(t, s.URL()).Ping(t.Context()).Err(); err == nil {
		t.Error("ping of a killed server succeeded")
	}
	s.Restart()
	if got, err := client(t, s.URL()).Get(t.Context(), "k").Result(); got != "v" || err != nil {
		t.Errorf("get after kill and restart = %q, %v; want v, nil", got, err)
	}
}

func TestServerPauses(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	c := client(t, s.URL())
	if err := c.Ping(t.Context()).Err(); err != nil {
		t.Fatalf("ping: %v", err)
	}
	s.Pause()
	answered := make(chan error, 1)
	go func() { answered <- c.Ping(t.Context()).Err() }()
	select {
	case err := <-answered:
		t.Fatalf("a paused server answered: %v", err)
	default:
	}
	s.Resume()
	if err := <-answered; err != nil {
		t.Errorf("ping after resume: %v", err)
	}
}

func TestBothRunScripts(t *testing.T) {
	t.Parallel()
	redistest.Both(t, func(t *testing.T, url string) {
		t.Helper()
		got, err := client(t, url).Eval(t.Context(), "return redis.call('INCR', KEYS[1])", []string{"n"}).Int()
		if got != 1 || err != nil {
			t.Errorf("script = %d, %v; want 1, nil", got, err)
		}
	})
}

func TestCommandGivesTheAnswer(t *testing.T) {
	t.Parallel()
	if got := redistest.Start(t).Command("SET", "k", "v"); got != "+OK" {
		t.Errorf("answer = %q, want +OK", got)
	}
}
