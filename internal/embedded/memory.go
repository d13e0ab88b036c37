package embedded

import (
	"bufio"
	"context"
	"crypto/rand"
	"fmt"
	"net"
	"runtime/metrics"
	"sync/atomic"
	"time"

	"github.com/alicebob/miniredis/v2"
)

const (
	usualMaxKeys  = 100_000
	usualMaxBytes = 512 << 20
	clockTick     = time.Second
)

// startMemory runs the stand-in on a port of loopback, behind a password.
func startMemory(ctx context.Context, spec Spec) (*Store, error) {
	server := miniredis.NewMiniRedis()
	password := rand.Text()
	server.RequireAuth(password)
	if err := server.Start(); err != nil {
		return nil, fmt.Errorf("starting the store in memory: %w", err)
	}
	gauge, err := newGauge(server, password, spec)
	if err != nil {
		server.Close()
		return nil, err
	}
	ctx, stop := context.WithCancel(ctx)
	s := &Store{
		url:  "redis://:" + password + "@" + server.Addr() + "/0",
		full: gauge.full.Load,
		stop: stop,
		done: make(chan struct{}),
	}
	go func() {
		defer stop()
		turnClock(ctx, server, gauge)
		gauge.close()
		server.Close()
		s.end(nil)
	}()
	return s, nil
}

// turnClock moves the stand-in's expiries, which stand still by themselves.
func turnClock(ctx context.Context, server *miniredis.Miniredis, gauge *gauge) {
	tick := time.NewTicker(clockTick)
	defer tick.Stop()
	last := time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-tick.C:
			server.FastForward(now.Sub(last))
			last = now
			gauge.read()
		}
	}
}

// gauge says when a store in memory is full.
type gauge struct {
	conn     net.Conn
	in       *bufio.Reader
	maxKeys  int
	maxBytes uint64
	full     atomic.Bool
}

func newGauge(server *miniredis.Miniredis, password string, spec Spec) (*gauge, error) {
	conn, err := server.Dial()
	if err != nil {
		return nil, fmt.Errorf("reaching the store in memory: %w", err)
	}
	g := &gauge{conn: conn, in: bufio.NewReader(conn), maxKeys: spec.MaxKeys, maxBytes: spec.MaxBytes}
	if g.maxKeys == 0 {
		g.maxKeys = usualMaxKeys
	}
	if g.maxBytes == 0 {
		g.maxBytes = usualMaxBytes
	}
	if _, err := ask(conn, g.in, "AUTH", password); err != nil {
		g.close()
		return nil, fmt.Errorf("reaching the store in memory: %w", err)
	}
	return g, nil
}

// read looks at the number of keys and the size of the heap. What cannot be
// read counts as full: a bound that is not known is reached.
func (g *gauge) read() {
	var keys int
	answer, err := ask(g.conn, g.in, "DBSIZE")
	if err == nil {
		_, err = fmt.Sscanf(answer, ":%d", &keys)
	}
	g.full.Store(err != nil || keys >= g.maxKeys || heap() >= g.maxBytes)
}

func (g *gauge) close() { _ = g.conn.Close() }

// heap is how many bytes of objects this process holds, garbage included.
func heap() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}
