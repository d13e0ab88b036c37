package worker

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"postern/internal/job"
)

// Presences are where it stands who is at work. Safe for concurrent use.
type Presences interface {
	// Appear tells that a worker is at work; unless it tells so again, it is
	// gone after lasting.
	Appear(ctx context.Context, w job.Presence, lasting time.Duration) error
	// Leave tells that it is not.
	Leave(ctx context.Context, name string) error
}

// A worker that died is gone after lasting; one that Redis did not hear twice is
// not.
const (
	beatEvery = 3 * time.Second
	lasting   = 10 * time.Second
)

// Presence tells that a worker is at work, and what it has in hand. It is safe
// for concurrent use.
type Presence struct {
	who   job.Presence
	store Presences
	log   *slog.Logger

	jobs, turns atomic.Int64
	mu          sync.Mutex
	done        map[string]*minute
}

// NewPresence makes a Presence; who is what does not change of it.
func NewPresence(who job.Presence, store Presences, log *slog.Logger) *Presence {
	return &Presence{who: who, store: store, log: log, done: map[string]*minute{}}
}

// Job counts a handler's jobs, those in hand and those it has worked on.
func (p *Presence) Job(work func(context.Context, job.ID, int) error) func(context.Context, job.ID, int) error {
	return func(ctx context.Context, id job.ID, run int) error {
		p.jobs.Add(1)
		defer p.jobs.Add(-1)
		err := work(ctx, id, run)
		if err == nil {
			p.did(fmt.Sprintf("events-%d", id.Shard()))
		}
		return err
	}
}

// Turn counts a handler's turns in hand.
func (p *Presence) Turn(work func(ctx context.Context, lane, chat, ticket string) error) func(ctx context.Context, lane, chat, ticket string) error {
	return func(ctx context.Context, lane, chat, ticket string) error {
		p.turns.Add(1)
		defer p.turns.Add(-1)
		return work(ctx, lane, chat, ticket)
	}
}

// Sent counts a message that a platform took.
func (p *Presence) Sent(lane string) { p.did("chats-" + lane) }

func (p *Presence) did(queue string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	m := p.done[queue]
	if m == nil {
		m = &minute{}
		p.done[queue] = m
	}
	m.add(time.Now())
}

// now is the whole of it.
func (p *Presence) now() job.Presence {
	w, at := p.who, time.Now()
	w.LastSeen, w.Jobs, w.Turns, w.Rates = job.At(at), p.jobs.Load(), p.turns.Load(), map[string]int64{}
	p.mu.Lock()
	defer p.mu.Unlock()
	for queue, m := range p.done {
		if n := m.sum(at); n > 0 {
			w.Rates[queue] = n
		}
	}
	maps.DeleteFunc(p.done, func(queue string, _ *minute) bool { return w.Rates[queue] == 0 })
	return w
}

// Run tells it until ctx ends, and then that the worker leaves. A failure is
// told once, and so is its end.
func (p *Presence) Run(ctx context.Context) {
	tick := time.NewTicker(beatEvery)
	defer tick.Stop()
	failing := false
	for {
		failing = p.beat(ctx, failing)
		select {
		case <-ctx.Done():
			p.leave(ctx)
			return
		case <-tick.C:
		}
	}
}

func (p *Presence) beat(ctx context.Context, failing bool) bool {
	ctx, cancel := context.WithTimeout(ctx, beatEvery)
	defer cancel()
	err := p.store.Appear(ctx, p.now(), lasting)
	switch {
	case err != nil && !failing:
		p.log.WarnContext(ctx, "worker's presence not told", "error", err)
	case err == nil && failing:
		p.log.InfoContext(ctx, "worker's presence told again")
	}
	return err != nil
}

// leave is not needed: where Redis does not hear of it, the presence ends.
func (p *Presence) leave(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), beatEvery)
	defer cancel()
	if err := p.store.Leave(ctx, p.who.Name); err != nil {
		p.log.InfoContext(ctx, "worker's leave not told", "error", err)
	}
}

// A minute counts what was done in the last one, by spans of a few seconds.
const (
	span  = 5 * time.Second
	spans = int64(time.Minute / span)
)

type minute struct {
	last   int64 // the span of the last entry, since 1970
	counts [spans]int64
}

func (m *minute) add(now time.Time) {
	m.turnTo(now)
	m.counts[m.last%spans]++
}

func (m *minute) sum(now time.Time) (n int64) {
	m.turnTo(now)
	for _, c := range m.counts {
		n += c
	}
	return n
}

// turnTo empties the spans that began since the last entry.
func (m *minute) turnTo(now time.Time) {
	at := now.UnixNano() / int64(span)
	for n := max(m.last+1, at-spans+1); n <= at; n++ {
		m.counts[n%spans] = 0
	}
	m.last = max(m.last, at)
}
