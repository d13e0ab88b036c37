package worker_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"postern/internal/job"
	"postern/internal/queue"
	"postern/internal/redistest"
	"postern/internal/store"
	"postern/internal/store/storetest"
	"postern/internal/worker"
	"postern/pkg/chat"
	"postern/pkg/plugin"
	"postern/pkg/retry"
)

// watched is the store of a worker whose every change is compared with the
// table of transitions.
type watched struct {
	*store.Store
	t       *testing.T
	changes *atomic.Int32
}

func (w watched) Change(ctx context.Context, id job.ID, change func(*job.Record) error) (*job.Record, error) {
	return w.Store.Change(ctx, id, func(r *job.Record) error {
		from := r.State
		err := change(r)
		if err == nil && from != r.State && !job.Follows(from, r.State) {
			w.t.Errorf("job %s went from %s to %s", id, from, r.State)
		}
		w.changes.Add(1)
		return err
	})
}

func (w watched) ChangeNote(ctx context.Context, nid string, change func(*job.Note) error) (*job.Note, error) {
	return w.Store.ChangeNote(ctx, nid, func(n *job.Note) error {
		from := n.State
		err := change(n)
		if err == nil && from != n.State && !job.NoteFollows(from, n.State) {
			w.t.Errorf("notification %s went from %s to %s", nid, from, n.State)
		}
		w.changes.Add(1)
		return err
	})
}

// mischief is what people do to jobs while workers are at them.
type mischief struct {
	*world
	mu      sync.Mutex
	jobs    []job.ID
	lines   map[job.ID]int // how many notifications each must come to
	counted map[string]int
}

// accept posts a job of one of two kinds.
func (m *mischief) accept(dice *rand.Rand) {
	var id job.ID
	lines := 4
	if dice.IntN(3) == 0 {
		id, lines = m.call(""), 2
	} else {
		id = m.post("/two", "a\nb")
	}
	m.add(id, lines)
}

func (m *mischief) add(id job.ID, lines int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.jobs, m.lines[id] = append(m.jobs, id), lines
}

// recent picks one of the last jobs.
func (m *mischief) recent(dice *rand.Rand) (job.ID, int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	k := len(m.jobs)
	id := m.jobs[k-1-dice.IntN(min(k, 12))]
	return id, m.lines[id]
}

// act does one thing to one job; what is not possible now is left.
func (m *mischief) act(dice *rand.Rand) {
	id, lines := m.recent(dice)
	var err error
	what := []string{"retry", "retry", "replay", "cancel", "cancel"}[dice.IntN(5)]
	switch what {
	case "retry":
		var run int
		if run, err = m.store.Retry(context.Background(), id); err == nil {
			err = m.queue.AddJob(context.Background(), id, run)
		}
	case "replay":
		var added store.Added
		if added, err = m.store.Replay(context.Background(), id); err == nil {
			m.add(added.ID, lines)
			err = m.queue.AddJob(context.Background(), added.ID, added.Run)
		}
	case "cancel":
		_, err = m.store.Cancel(context.Background(), id)
	}
	if err == nil {
		m.mu.Lock()
		m.counted[what]++
		m.mu.Unlock()
	} else if !errors.Is(err, job.ErrNotRetryable) && !errors.Is(err, job.ErrFinished) {
		m.t.Errorf("%s of %s: %v", what, id, err)
	}
}

// Retry, replay and cancel race against running workers, more than 1,000 times
// with POSTERN_TEST_FULL=1. Once everything that failed or was canceled has been
// retried on a platform that works, each message was taken exactly once.
func TestRetryReplayAndCancelAgainstRunningWorkers(t *testing.T) {
	t.Parallel()
	times, actors := 240, 6
	if redistest.Full() {
		times = 1800 // of which a part finds nothing to do
	}
	w := newWorld(t)
	m := &mischief{world: w, lines: map[job.ID]int{}, counted: map[string]int{}}
	var calm atomic.Bool
	w.room.answer = func(context.Context, int, chat.Delivery) error {
		<-time.After(rand.N(3 * time.Millisecond))
		switch n := rand.IntN(20); {
		case calm.Load() || n > 2:
			return nil
		case n == 0:
			return retry.Never(errPlatform)
		default:
			return errPlatform
		}
	}
	handler := plugged(func(ctx context.Context, j plugin.Job) (any, error) {
		if err := j.Send(ctx, "team", "first", say("first")); err != nil {
			return nil, err
		}
		select {
		case <-time.After(rand.N(20 * time.Millisecond)):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		if !calm.Load() && rand.IntN(3) == 0 {
			return nil, errPlatform
		}
		return nil, j.Send(ctx, "dev", "second", say("second"))
	})
	var changes atomic.Int32
	watch := func(made *worker.Worker, _ *queue.Options) { made.Records = watched{w.store, t, &changes} }
	config := with("ordering: none") + "  acme.go: {}\n"
	w.start("w1", config, []tune{watch}, handler)
	w.start("w2", config, []tune{watch}, handler)
	began := time.Now()
	m.accept(rand.New(rand.NewPCG(0, 0)))
	var all sync.WaitGroup
	for n := range actors {
		all.Go(func() {
			dice := rand.New(rand.NewPCG(1, uint64(n)))
			for k := range times / actors {
				if k%3 == 0 {
					m.accept(dice)
				}
				<-time.After(time.Duration(dice.IntN(12)) * time.Millisecond)
				m.act(dice)
			}
		})
	}
	all.Wait()
	calm.Store(true)
	m.settle()
	t.Logf("%d jobs, %v, %d changes watched, in %s", len(m.jobs), m.counted, changes.Load(), time.Since(began).Round(time.Millisecond))
	m.balance()
	storetest.Audit(t, w.client)
}

// settle retries what failed until nothing has.
func (m *mischief) settle() {
	m.t.Helper()
	for again := true; again; {
		again = false
		for _, id := range m.jobs {
			if m.finished(id).Retryable() {
				m.retry(id)
				again = true
			}
		}
	}
}

// balance compares what the records say with what the platform took.
func (m *mischief) balance() {
	m.t.Helper()
	taken := map[string]int{}
	for _, c := range m.room.log() {
		if c.taken {
			taken[c.ID]++
		}
	}
	for _, id := range m.jobs {
		j := m.job(id)
		if j.State != job.Succeeded || j.Delivery != job.Delivered || len(j.Notifications) != m.lines[id] {
			m.t.Errorf("got %s, %s, %d notifications, want %d delivered: %s", j.State, j.Delivery, len(j.Notifications), m.lines[id], shown(j))
		}
		for _, n := range j.Notifications {
			if taken[n.ID] != 1 {
				m.t.Errorf("%s was taken %d times", n.ID, taken[n.ID])
			}
			delete(taken, n.ID)
		}
		if n := len(j.Attempts); j.Attempts[n-1].FinishedAt == nil {
			m.t.Errorf("an attempt is open: %s", shown(j))
		}
	}
	if len(taken) > 0 {
		m.t.Errorf("%d messages of no notification were taken", len(taken))
	}
}
