package embedded_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redis/go-redis/v9"

	"postern/internal/embedded"
	"postern/internal/redisconn"
)

// start starts a store for the length of the test.
func start(t *testing.T, spec embedded.Spec) *embedded.Store {
	t.Helper()
	store, err := embedded.Start(context.WithoutCancel(t.Context()), spec, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatalf("Start: %v", err)
	}
	t.Cleanup(func() { _ = store.Close() })
	return store
}

// open opens a client of the store.
func open(t *testing.T, store *embedded.Store) redis.UniversalClient {
	t.Helper()
	client, err := redisconn.Open(t.Context(), store.URL().Reveal())
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// awaitTrue asks until the answer is yes.
func awaitTrue(t *testing.T, what string, ask func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for until := time.Now().Add(15 * time.Second); !ask(); <-tick.C {
		if time.Now().After(until) {
			t.Fatalf("waited in vain until %s", what)
		}
	}
}

func TestParse(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		url  string
		want embedded.Spec
		ours bool
		err  string
	}{
		"memory":          {"embedded:memory", embedded.Spec{}, true, ""},
		"a folder":        {"embedded:./postern-data", embedded.Spec{Dir: "./postern-data"}, true, ""},
		"an odd folder":   {"embedded:./memory", embedded.Spec{Dir: "./memory"}, true, ""},
		"nothing":         {"embedded:", embedded.Spec{}, true, "needs a folder"},
		"another's URL":   {"redis://127.0.0.1", embedded.Spec{}, false, ""},
		"no URL whatever": {"", embedded.Spec{}, false, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, ours, err := embedded.Parse(test.url)
			if got != test.want || ours != test.ours {
				t.Errorf("Parse = %+v, %v; want %+v, %v", got, ours, test.want, test.ours)
			}
			if (err != nil) != (test.err != "") || (err != nil && !strings.Contains(err.Error(), test.err)) {
				t.Errorf("Parse = %v, want an error with %q", err, test.err)
			}
		})
	}
}

func TestStartOnAnEndedContext(t *testing.T) {
	t.Parallel()
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := embedded.Start(ended, embedded.Spec{}, slog.New(slog.DiscardHandler)); err == nil {
		t.Error("Start on an ended context succeeded")
	}
}

func TestSupervisionGivesUpOnTheDying(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		restarts, err := embedded.SuperviseTheDying(t.Context(), time.Millisecond)
		if err == nil || !strings.Contains(err.Error(), "disk full") {
			t.Errorf("supervision = %v, want an error that says why", err)
		}
		if took := time.Since(began); restarts != 8 || took < 10*time.Second || took > time.Minute {
			t.Errorf("%d restarts in %v, want 8 with growing pauses", restarts, took)
		}
	})
}

func TestSupervisionForgetsOldDeaths(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		day, cancel := context.WithTimeout(t.Context(), 24*time.Hour)
		defer cancel()
		restarts, err := embedded.SuperviseTheDying(day, time.Hour)
		if restarts < 20 || err != nil {
			t.Errorf("%d restarts, %v; want one each hour and no giving up", restarts, err)
		}
	})
}
