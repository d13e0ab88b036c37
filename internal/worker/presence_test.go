package worker_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"postern/internal/job"
	"postern/internal/worker"
)

// beats remembers what was told of a worker.
type beats struct {
	mu    sync.Mutex
	fails bool
	told  []job.Presence
	left  string
}

func (b *beats) Appear(_ context.Context, w job.Presence, lasting time.Duration) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.fails {
		return errors.New("away")
	}
	if lasting > 12*time.Second {
		return errors.New("a worker that died would be shown for too long")
	}
	b.told = append(b.told, w)
	return nil
}

func (b *beats) Leave(_ context.Context, name string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.left = name
	return nil
}

func (b *beats) last(t *testing.T) job.Presence {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.told) == 0 {
		t.Fatal("nothing was told")
	}
	return b.told[len(b.told)-1]
}

func TestAWorkerTellsWhatItHasInHand(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := &beats{}
		p := worker.NewPresence(job.Presence{Name: "host-1", Concurrency: 4}, b, slog.New(slog.DiscardHandler))
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			p.Run(ctx)
		}()
		synctest.Wait()
		if got := b.last(t); got.Name != "host-1" || got.Concurrency != 4 || got.Jobs != 0 || got.LastSeen.IsZero() {
			t.Errorf("at first: got %+v", got)
		}
		id, err := job.NewID(0)
		if err != nil {
			t.Fatal(err)
		}
		goOn := make(chan struct{})
		var working sync.WaitGroup
		working.Go(func() { _ = p.Job(func(context.Context, job.ID, int) error { <-goOn; return nil })(t.Context(), id, 1) })
		working.Go(func() {
			_ = p.Turn(func(context.Context, string, string, string) error { <-goOn; return nil })(t.Context(), "slack", "slack-a", "1")
		})
		_ = p.Job(func(context.Context, job.ID, int) error { return errors.New("handed back") })(t.Context(), id, 1)
		for range 3 {
			p.Sent("slack")
		}
		time.Sleep(4 * time.Second)
		synctest.Wait()
		if got := b.last(t); got.Jobs != 1 || got.Turns != 1 || !cmp.Equal(got.Rates, map[string]int64{"chats-slack": 3}) {
			t.Errorf("while it works: got %+v, want a job, a turn, 3 messages", got)
		}
		close(goOn)
		working.Wait()
		time.Sleep(40 * time.Second)
		p.Sent("slack")
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if got := b.last(t); got.Jobs != 0 || got.Turns != 0 || !cmp.Equal(got.Rates, map[string]int64{"chats-slack": 4, "events-0": 1}) {
			t.Errorf("afterwards: got %+v, want nothing in hand, 4 messages and a job in the last minute", got)
		}
		time.Sleep(15 * time.Second)
		synctest.Wait()
		if got := b.last(t); !cmp.Equal(got.Rates, map[string]int64{"chats-slack": 1}) {
			t.Errorf("a minute later: got %v, want the last message alone", got.Rates)
		}
		stop()
		<-ended
		if b.left != "host-1" {
			t.Errorf("it left as %q, want host-1", b.left)
		}
	})
}

func TestAWorkerThatIsNotHeardGoesOnTelling(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := &beats{fails: true}
		p := worker.NewPresence(job.Presence{Name: "host-1"}, b, slog.New(slog.DiscardHandler))
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			p.Run(ctx)
		}()
		time.Sleep(time.Minute)
		b.mu.Lock()
		b.fails = false
		b.mu.Unlock()
		time.Sleep(5 * time.Second)
		synctest.Wait()
		if got := b.last(t); time.Since(got.LastSeen.Time) > 5*time.Second {
			t.Errorf("last seen %v", got.LastSeen)
		}
		stop()
		<-ended
	})
}
