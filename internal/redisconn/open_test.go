package redisconn_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"postern/internal/redisconn"
	"postern/internal/redistest"
)

// open opens url for the length of the test.
func open(t *testing.T, url string) redis.UniversalClient {
	t.Helper()
	client, err := redisconn.Open(t.Context(), url)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

func TestOpenReaches(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	locked := redistest.Start(t, "--requirepass", "hunter/2")
	urls := map[string]string{
		"a port":         server.URL(),
		"a socket":       "unix://" + server.Socket(),
		"a database":     "redis://" + server.Addr() + "/3",
		"with password":  "redis://:hunter%2F2@" + locked.Addr(),
		"the memory one": redistest.Memory(t),
		"a cluster":      redistest.Cluster(t).URL(),
	}
	for name, url := range urls {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := open(t, url)
			awaitTrue(t, func() bool { return client.Set(t.Context(), name, "v", time.Minute).Err() == nil })
			if got, err := client.Get(t.Context(), name).Result(); got != "v" || err != nil {
				t.Errorf("get = %q, %v; want v, nil", got, err)
			}
		})
	}
}

func TestOpenFollowsTheSentinels(t *testing.T) {
	t.Parallel()
	master := redistest.Start(t)
	client := open(t, redistest.Sentinel(t, master, "main").URL()+"/2")
	if err := client.Set(t.Context(), "k", "v", 0).Err(); err != nil {
		t.Fatalf("set: %v", err)
	}
	if n, err := open(t, "redis://"+master.Addr()+"/2").Exists(t.Context(), "k").Result(); n != 1 || err != nil {
		t.Errorf("exists on the master = %d, %v; want 1, nil", n, err)
	}
}

func TestOpenDoesNotDial(t *testing.T) {
	t.Parallel()
	client := open(t, "redis://127.0.0.1:1")
	if err := client.Ping(t.Context()).Err(); !redisconn.Unavailable(err) {
		t.Errorf("ping = %v, want an error that is Unavailable", err)
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	if _, err := redisconn.Open(t.Context(), "redis://h:x"); err == nil {
		t.Error("Open of a bad URL succeeded")
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := redisconn.Open(ended, "redis://h"); !errors.Is(err, context.Canceled) {
		t.Errorf("Open = %v, want context.Canceled", err)
	}
}

func TestCommandsKeepTheirDeadline(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	client := open(t, server.URL())
	server.Pause()
	defer server.Resume()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	began := time.Now()
	err := client.Ping(ctx).Err()
	if took := time.Since(began); took > time.Second {
		t.Errorf("ping took %v with 50 ms to do it in", took)
	}
	if !redisconn.Unavailable(err) {
		t.Errorf("ping = %v, want an error that is Unavailable", err)
	}
}

// awaitTrue asks until the answer is yes.
func awaitTrue(t *testing.T, ask func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for until := time.Now().Add(10 * time.Second); !ask(); <-tick.C {
		if time.Now().After(until) {
			t.Fatal("waited in vain")
		}
	}
}
