package worker_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"postern/internal/job"
	"postern/internal/queue"
	"postern/internal/worker"
	"postern/pkg/chat"
	"postern/pkg/plugin"
)

func shutdown(d time.Duration) tune {
	return func(_ *worker.Worker, o *queue.Options) { o.ShutdownTimeout = d }
}

func TestATurnEndsAfterTheMessageInHand(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	began, goOn := make(chan struct{}, 20), make(chan struct{})
	w.room.answer = func(context.Context, int, chat.Delivery) error {
		began <- struct{}{}
		<-goOn
		return nil
	}
	p := w.start("w1", with(""), nil)
	ids, want := w.numbered(10)
	for _, id := range ids {
		w.when(id, 5*time.Second, "expanded", func(j *job.Job) bool { return j.State == job.Succeeded })
	}
	receive(t, began, 5*time.Second, "call")
	stopped := make(chan struct{})
	go func() { p.stop(); close(stopped) }()
	<-time.After(200 * time.Millisecond) // the drain has begun
	close(goOn)
	receive(t, stopped, 2*time.Second, "end of the drain")
	if n := len(w.room.log()); n != 1 {
		t.Errorf("%d messages were begun, want the one in hand", n)
	}
	w.start("w2", with(""), nil)
	for _, id := range ids {
		w.finished(id)
	}
	got := w.room.said("team") // the first may be any: they were queued the wrong way round
	slices.Sort(got[1:])
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want each once", got)
	}
}

func TestAnInterruptedSendCostsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	began := make(chan struct{}, 1)
	w.room.answer = func(ctx context.Context, n int, _ chat.Delivery) error {
		if n > 1 {
			return nil
		}
		began <- struct{}{}
		<-ctx.Done()
		return ctx.Err()
	}
	once := with("retry: {attempts: 1}")
	p := w.start("w1", once, []tune{shutdown(time.Second)})
	id := w.post("/one", "hello")
	receive(t, began, 5*time.Second, "call")
	p.stop()
	j := w.job(id)
	if n := j.Notifications[0]; n.State != job.NoteRetrying || !slices.Equal(outcomes(n.Attempts), []job.Outcome{job.Interrupted}) {
		t.Errorf("got %s after %v, want retrying, interrupted", n.State, outcomes(n.Attempts))
	}
	w.start("w2", once, nil)
	if n := w.when(id, 6*time.Second, "finished", (*job.Job).Finished).Notifications[0]; n.State != job.NoteSent || len(n.Attempts) != 2 {
		t.Errorf("got %s after %v, want sent at the second attempt of one", n.State, outcomes(n.Attempts))
	}
}

func TestAnInterruptedHandlerCostsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	began := make(chan struct{}, 1)
	once := "retry: {attempts: 1}\naccounts: {room: {}}\nplugins: {acme.go: {}}\n"
	handler := plugged(func(ctx context.Context, j plugin.Job) (any, error) {
		if j.Attempt() > 1 {
			return "done", nil
		}
		began <- struct{}{}
		<-ctx.Done()
		return nil, fmt.Errorf("stopped halfway: %w", ctx.Err())
	})
	p := w.start("w1", once, []tune{shutdown(time.Second)}, handler)
	id := w.call("")
	receive(t, began, 5*time.Second, "handler")
	p.stop()
	if j := w.job(id); j.State != job.Queued || !slices.Equal(outcomes(j.Attempts), []job.Outcome{job.Interrupted}) {
		t.Errorf("got %s after %v, want queued, interrupted", j.State, outcomes(j.Attempts))
	}
	w.start("w2", once, nil, handler)
	if j := w.when(id, 6*time.Second, "finished", (*job.Job).Finished); string(j.Result) != `"done"` || len(j.Attempts) != 2 {
		t.Errorf("got %s, want it done at the second attempt of one", shown(j))
	}
}

func TestARollingRestartLosesAndRepeatsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.room.answer = func(context.Context, int, chat.Delivery) error {
		<-time.After(3 * time.Millisecond)
		return nil
	}
	p := w.start("w1", with("ordering: none"), nil)
	var ids []job.ID
	var want []string
	for n := range 120 {
		if n%40 == 39 {
			next := w.start(fmt.Sprint("w", n), with("ordering: none"), nil)
			go p.stop()
			p = next
		}
		want = append(want, fmt.Sprintf("%03d", n))
		ids = append(ids, w.post("/two", want[n]))
	}
	for _, id := range ids {
		w.finished(id)
	}
	for _, channel := range []string{"team", "dev"} {
		got := w.room.asked(channel)
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s: got %d messages, want each of %d once", channel, len(got), len(want))
		}
	}
}
