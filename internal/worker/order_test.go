package worker_test

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"postern/internal/job"
	"postern/pkg/chat"
)

// numbered posts n messages, one after the other accepted, all at once queued.
func (w *world) numbered(n int) (ids []job.ID, want []string) {
	w.t.Helper()
	for i := range n {
		ids = append(ids, w.accept(intake("/one", fmt.Sprintf("%02d", i))))
		want = append(want, fmt.Sprintf("%02d", i))
	}
	for _, id := range slices.Backward(ids) { // the engine's order is not ours
		if err := w.queue.AddJob(w.t.Context(), id, 1); err != nil {
			w.t.Fatal(err)
		}
	}
	return ids, want
}

func TestStrictKeepsTheOrderThroughFailures(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.room.answer = func(_ context.Context, n int, d chat.Delivery) error {
		if d.Message.Title == "03" && n < 8 || d.Message.Title == "07" && n < 3 {
			return errPlatform
		}
		return nil
	}
	w.start("w1", with("ordering: strict"), nil)
	w.start("w2", with("ordering: strict"), nil)
	ids, want := w.numbered(20)
	for _, id := range ids {
		w.finished(id)
	}
	if got := w.room.said("team"); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestSoftLetsOthersPassAfterThreeAttempts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.room.answer = func(_ context.Context, n int, d chat.Delivery) error {
		if d.Message.Title == "a" && n < 6 {
			return errPlatform
		}
		return nil
	}
	// Long waits: what may pass has the time to.
	w.start("w1", with("retry: {first: 400ms, factor: 1, max: 400ms}"), nil)
	w.finished(w.post("/one", "a\nb\nc\nd"))
	got := w.room.asked("team")
	if !slices.Equal(got[:4], []string{"a", "a", "a", "b"}) {
		t.Errorf("got %q, want three attempts at the first, then the others", got)
	}
	if last := w.room.said("team"); last[len(last)-1] != "a" {
		t.Errorf("got %q, want the others before the one that failed", last)
	}
}

func TestUnorderedSendsSeveralAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var now atomic.Int32
	together := make(chan struct{})
	w.room.answer = func(ctx context.Context, _ int, _ chat.Delivery) error {
		if now.Add(1) == 4 {
			close(together)
		}
		select {
		case <-together:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	w.start("w1", with("ordering: none"), nil)
	ids, want := w.numbered(8)
	receive(t, together, 10*time.Second, "four sends at once")
	for _, id := range ids {
		w.finished(id)
	}
	got := w.room.said("team")
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want each once", got)
	}
}

func TestAnOrderedChatSendsOneAtATime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var now, most atomic.Int32
	w.room.answer = func(context.Context, int, chat.Delivery) error {
		if n := now.Add(1); n > most.Load() {
			most.Store(n)
		}
		<-time.After(5 * time.Millisecond)
		now.Add(-1)
		return nil
	}
	w.start("w1", with(""), nil)
	w.start("w2", with(""), nil)
	ids, _ := w.numbered(30)
	for _, id := range ids {
		w.finished(id)
	}
	if most.Load() != 1 || len(w.room.log()) != 30 {
		t.Errorf("got %d at once and %d calls, want 1 and 30", most.Load(), len(w.room.log()))
	}
}

func TestStrictWaitsForAnEarlierEventStillExpanding(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		ordering string
		held     bool
	}{
		"strict": {"ordering: strict", true},
		"soft":   {"ordering: soft", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.start("w1", with(c.ordering), nil)
			earlier := w.accept(intake("/one", "earlier")) // not queued yet: a slow expansion
			began := time.Now()
			later := w.post("/one", "later")
			if c.held {
				w.when(later, 5*time.Second, "expanded", func(j *job.Job) bool { return j.State == job.Succeeded })
				<-time.After(500 * time.Millisecond)
			} else {
				w.finished(later)
			}
			if n := len(w.room.log()); (n == 0) != c.held {
				t.Errorf("got %d messages %v after the second was accepted", n, time.Since(began))
			}
			if err := w.queue.AddJob(t.Context(), earlier, 1); err != nil {
				t.Fatal(err)
			}
			w.finished(earlier)
			w.finished(later)
			if got := w.room.said("team"); c.held && !slices.Equal(got, []string{"earlier", "later"}) {
				t.Errorf("got %q, want them as they were accepted", got)
			}
		})
	}
}

func TestStrictWaitsTwoSecondsAtMost(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.start("w1", with("ordering: strict"), nil)
	w.accept(intake("/one", "never expanded"))
	j := w.finished(w.post("/one", "later"))
	if waited := w.room.log()[0].at.Sub(j.AcceptedAt.Time); waited < 1900*time.Millisecond || waited > 3500*time.Millisecond {
		t.Errorf("it waited %v, want 2 s", waited)
	}
}

// Another receiver may just be storing an event that was accepted before.
func TestStrictGivesReceiversAMoment(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.start("w1", with("ordering: strict"), nil)
	id := w.post("/one", "hello")
	w.finished(id)
	if waited := w.room.log()[0].at.Sub(id.Time()); waited < 100*time.Millisecond || waited > time.Second {
		t.Errorf("it waited %v, want a tenth of a second and a little", waited)
	}
}

func TestALimitPacesAChat(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.start("w1", with("limits: {rate: 10/s}"), nil)
	w.start("w2", with("limits: {rate: 10/s}"), nil)
	ids, want := w.numbered(11)
	for _, id := range ids {
		w.finished(id)
	}
	calls := w.room.log()
	if took := calls[10].at.Sub(calls[0].at); took < 950*time.Millisecond || took > 3*time.Second {
		t.Errorf("11 messages at 10/s took %v, want 1 s", took)
	}
	if got := w.room.said("team"); len(got) != len(want) {
		t.Errorf("got %d messages, want %d", len(got), len(want))
	}
}
