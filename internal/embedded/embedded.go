// Package embedded starts a store of our own where no Redis is given: a child
// redis-server whose append-only file lies in a data folder, or an in-memory
// stand-in that outlives nothing. It opens no client, and it never falls back
// from one to the other: that is its caller's decision.
package embedded

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"

	"postern/pkg/secret"
)

var (
	// ErrNoServer says that no server program is installed.
	ErrNoServer = errors.New("neither redis-server nor valkey-server is installed: install the Debian package redis-server (or valkey-server), point redis.url at a running Redis, or ask for memory with embedded:memory")
	// ErrInUse says that another process uses the data folder.
	ErrInUse = errors.New("another process uses this data folder")
)

// Spec says which store is wanted.
type Spec struct {
	Dir      string // the data folder; empty: in memory
	MaxKeys  int    // in memory: how many keys make it Full; 0 stands for 100,000
	MaxBytes uint64 // in memory: how large a heap makes it Full; 0 stands for 512 MiB
}

// Parse reads embedded:memory or embedded:<folder>. It reports false for any
// other URL, which is not this package's business.
func Parse(url string) (Spec, bool, error) {
	where, ours := strings.CutPrefix(url, "embedded:")
	switch {
	case !ours:
		return Spec{}, false, nil
	case where == "":
		return Spec{}, true, errors.New("embedded: needs a folder, as in embedded:./postern-data, or embedded:memory")
	case where == "memory":
		return Spec{}, true, nil
	default:
		return Spec{Dir: where}, true, nil
	}
}

// Store is a running store. It is safe for concurrent use.
type Store struct {
	url     string
	durable bool
	full    func() bool
	stop    context.CancelFunc
	done    chan struct{}
	once    sync.Once
	err     error // written before done is closed
}

// Start starts a store and waits until it answers, also while it loads a
// large file. It runs until ctx ends or Close is called, so ctx must outlast
// the draining of its users. A child that dies is started anew with back-off.
func Start(ctx context.Context, spec Spec, log *slog.Logger) (*Store, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("starting the embedded store: %w", err)
	}
	if spec.Dir == "" {
		return startMemory(ctx, spec)
	}
	return startServer(ctx, spec.Dir, log)
}

// URL is where redisconn.Open finds the store. The one of a store in memory
// holds a password, since any user of the machine can reach its port.
func (s *Store) URL() secret.Text { return secret.New(s.url) }

// Durable reports whether what is stored outlives the process.
func (s *Store) Durable() bool { return s.durable }

// Full reports whether a store in memory has reached its bound, so that
// nothing more should be accepted. It lags by a second. A store with a data
// folder is never full here.
func (s *Store) Full() bool { return s.full() }

// Done is closed once the store is gone, after Close or because it could not
// be kept alive.
func (s *Store) Done() <-chan struct{} { return s.done }

// Err says why the store is gone. It is nil after Close, and until Done.
func (s *Store) Err() error {
	select {
	case <-s.done:
		return s.err
	default:
		return nil
	}
}

// Close stops the store, waits until all it holds is on disk, and gives Err.
func (s *Store) Close() error {
	s.stop()
	<-s.done
	return s.err
}

// end records how the store ended.
func (s *Store) end(err error) {
	s.once.Do(func() {
		s.err = err
		close(s.done)
	})
}
