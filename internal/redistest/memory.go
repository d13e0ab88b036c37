package redistest

import (
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
)

// Memory gives the URL of an in-memory stand-in for Redis, the one that
// embedded:memory runs on, so that a test can be run on both. Its expiries
// move with the clock, second by second.
func Memory(tb testing.TB) string {
	tb.Helper()
	server := miniredis.RunT(tb)
	stop := make(chan struct{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
				server.FastForward(time.Second)
			}
		}
	}()
	tb.Cleanup(func() { close(stop); <-done })
	return "redis://" + server.Addr() + "/0"
}

// Both runs a test on a real server and on the in-memory stand-in, as the
// subtests redis and memory, each with a URL of its own.
func Both(t *testing.T, run func(t *testing.T, url string)) {
	t.Helper()
	t.Run("redis", func(t *testing.T) {
		t.Parallel()
		run(t, Start(t).URL())
	})
	t.Run("memory", func(t *testing.T) {
		t.Parallel()
		run(t, Memory(t))
	})
}
