package live

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"postern/internal/job"
)

// Tallies are where it stands what came to endpoints. Safe for concurrent use.
type Tallies interface {
	AddTallies(ctx context.Context, more map[job.EndpointID]job.Tally) error
}

// tellEvery is how often a receiver writes down what came to its endpoints.
const tellEvery = time.Second

// Counter gathers what comes to endpoints and writes it down once a second, so
// that no request waits for it. Make one with NewCounter; it is safe for
// concurrent use.
type Counter struct {
	store Tallies
	log   *slog.Logger
	mu    sync.Mutex
	more  map[job.EndpointID]job.Tally
}

// NewCounter makes a Counter.
func NewCounter(store Tallies, log *slog.Logger) *Counter {
	return &Counter{store: store, log: log, more: map[job.EndpointID]job.Tally{}}
}

// Accepted counts an event that was accepted.
func (c *Counter) Accepted(id job.EndpointID, event job.LastEvent) {
	c.add(id, job.Tally{Last: &event, Accepted: 1})
}

// Refused counts a request that was refused.
func (c *Counter) Refused(id job.EndpointID) { c.add(id, job.Tally{Refused: 1}) }

func (c *Counter) add(id job.EndpointID, t job.Tally) {
	c.mu.Lock()
	defer c.mu.Unlock()
	sum := c.more[id]
	sum.Accepted += t.Accepted
	sum.Refused += t.Refused
	if t.Last != nil && (sum.Last == nil || t.Last.At.After(sum.Last.At.Time)) {
		sum.Last = t.Last
	}
	c.more[id] = sum
}

// Run writes down until ctx ends, and then what is left. What cannot be written
// now is kept for later: there are no more rows than endpoints.
func (c *Counter) Run(ctx context.Context) {
	tick := time.NewTicker(tellEvery)
	defer tick.Stop()
	failing := false
	for {
		select {
		case <-ctx.Done():
			c.write(ctx, failing)
			return
		case <-tick.C:
			failing = c.write(ctx, failing)
		}
	}
}

// write reports whether it failed. It tells only of the first failure.
func (c *Counter) write(ctx context.Context, failing bool) bool {
	c.mu.Lock()
	more := c.more
	c.more = map[job.EndpointID]job.Tally{}
	c.mu.Unlock()
	if len(more) == 0 {
		return failing
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lookFor)
	defer cancel()
	err := c.store.AddTallies(ctx, more)
	if err == nil {
		return false
	}
	if !failing {
		c.log.WarnContext(ctx, "last events not written down", "error", err)
	}
	for id, t := range more {
		c.add(id, t)
	}
	return true
}
