package live_test

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
	"postern/internal/live"
)

// tallies is a store that fails while it is told to.
type tallies struct {
	mu     sync.Mutex
	fails  bool
	writes int
	all    map[job.EndpointID]job.Tally
}

func (s *tallies) AddTallies(_ context.Context, more map[job.EndpointID]job.Tally) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fails {
		return errors.New("away")
	}
	s.writes++
	for id, t := range more {
		sum := s.all[id]
		sum.Accepted, sum.Refused, sum.Last = sum.Accepted+t.Accepted, sum.Refused+t.Refused, t.Last
		s.all[id] = sum
	}
	return nil
}

func TestWhatComesToEndpointsIsWrittenOnceASecond(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, log := &tallies{all: map[job.EndpointID]job.Tally{}}, &transcript{}
		c := live.NewCounter(s, slog.New(slog.NewTextHandler(log, nil)))
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			c.Run(ctx)
		}()
		event := func(id string) job.LastEvent {
			return job.LastEvent{At: job.At(time.Now()), JobID: job.ID(id), Type: "push"}
		}
		first := event("first")
		for range 1000 {
			c.Accepted(github(), first)
		}
		time.Sleep(1500 * time.Millisecond)
		synctest.Wait()
		if s.writes != 1 || s.all[github()].Accepted != 1000 {
			t.Errorf("got %d writes of %+v, want 1 of 1000 events", s.writes, s.all)
		}
		s.mu.Lock()
		s.fails = true
		s.mu.Unlock()
		last := event("last")
		c.Accepted(github(), last)
		c.Accepted(github(), first) // of a slower request: it is not the last
		c.Refused(github())
		time.Sleep(5 * time.Second)
		synctest.Wait()
		if n := log.count("last events not written down"); n != 1 {
			t.Errorf("a failure is told %d times, want once", n)
		}
		s.mu.Lock()
		s.fails = false
		s.mu.Unlock()
		cancel() // what is left is written
		<-ended
		want := map[job.EndpointID]job.Tally{github(): {Accepted: 1002, Refused: 1, Last: &last}}
		if diff := cmp.Diff(want, s.all); diff != "" {
			t.Errorf("tallies (-want +got):\n%s", diff)
		}
	})
}
