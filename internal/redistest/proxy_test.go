package redistest_test

import (
	"testing"
	"time"

	"postern/internal/redistest"
)

func TestProxyLosesTheReplyNotTheRequest(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	proxy := redistest.StartProxy(t, s.Addr())
	c := client(t, proxy.URL())
	proxy.DropReplies(2, redistest.Command("incr"))
	for range 2 {
		if n, err := c.Incr(t.Context(), "n").Result(); err == nil {
			t.Errorf("incr = %d, want an error", n)
		}
	}
	if n, err := c.Incr(t.Context(), "n").Result(); n != 3 || err != nil {
		t.Errorf("third incr = %d, %v; want 3, nil", n, err)
	}
	if got := proxy.Dropped(); got != 2 {
		t.Errorf("dropped = %d, want 2", got)
	}
}

func TestProxyLosesWithTheMatchedRequestOnly(t *testing.T) {
	t.Parallel()
	proxy := redistest.StartProxy(t, redistest.Start(t).Addr())
	c := client(t, proxy.URL())
	proxy.DropReplies(1, redistest.Containing("poison"))
	if err := c.Set(t.Context(), "k", "v", 0).Err(); err != nil {
		t.Errorf("set without the word: %v", err)
	}
	if err := c.Set(t.Context(), "k", "poison", 0).Err(); err == nil {
		t.Error("set with the word succeeded")
	}
}

func TestProxyRateRepeatsWithItsSeed(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	run := func() (lost []int) {
		proxy := redistest.StartProxy(t, s.Addr())
		proxy.DropRate(0.5, 7, redistest.Command("ping"))
		c := client(t, proxy.URL())
		for n := range 20 {
			if c.Ping(t.Context()).Err() != nil {
				lost = append(lost, n)
			}
		}
		return lost
	}
	first, second := run(), run()
	if len(first) == 0 || len(first) == 20 {
		t.Errorf("lost %d of 20, want some", len(first))
	}
	if len(first) != len(second) {
		t.Errorf("lost %v, then %v with the same seed", first, second)
	}
}

func TestProxyGoesDownAndUp(t *testing.T) {
	t.Parallel()
	proxy := redistest.StartProxy(t, redistest.Start(t).Addr())
	c := client(t, proxy.URL())
	if err := c.Ping(t.Context()).Err(); err != nil {
		t.Fatalf("ping: %v", err)
	}
	proxy.Down()
	if err := c.Ping(t.Context()).Err(); err == nil {
		t.Error("ping while down succeeded")
	}
	proxy.Up()
	if err := c.Ping(t.Context()).Err(); err != nil {
		t.Errorf("ping after up: %v", err)
	}
}

func TestProxyDelays(t *testing.T) {
	t.Parallel()
	proxy := redistest.StartProxy(t, redistest.Start(t).Addr())
	c := client(t, proxy.URL())
	if err := c.Ping(t.Context()).Err(); err != nil {
		t.Fatalf("ping: %v", err)
	}
	const delay = 50 * time.Millisecond
	proxy.Delay(delay)
	began := time.Now()
	if err := c.Ping(t.Context()).Err(); err != nil {
		t.Fatalf("ping: %v", err)
	}
	if took := time.Since(began); took < delay {
		t.Errorf("delayed ping took %v, want at least %v", took, delay)
	}
}
