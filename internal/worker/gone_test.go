package worker_test

import (
	"context"
	"runtime"
	"strings"
	"testing"
	"time"

	"postern/internal/job"
	"postern/pkg/plugin"
	"postern/pkg/retry"
)

// A goroutine that ends itself must not take a worker's place with it.
func TestAHandlerThatEndsItsGoroutineIsAFailedAttempt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.start("w", strings.Replace(handled, "max: 60ms", "max: 60ms, attempts: 2", 1), nil, plugged(func(context.Context, plugin.Job) (any, error) {
		runtime.Goexit()
		return nil, nil
	}))
	j := w.finished(w.call(`{}`))
	if j.State != job.Dead || len(j.Attempts) != 2 || j.Error == nil || !strings.Contains(*j.Error, "goroutine") {
		t.Errorf("got %s", shown(j))
	}
}

// Work that kills whoever does it must end.
func TestAJobWhoseWorkersKeepDyingIsGivenUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.accept(intake("/one", "hello"))
	for range 10 {
		_, err := w.store.Change(t.Context(), id, func(r *job.Record) error {
			r.Begin("dead", time.Now().Add(-time.Minute), time.Second)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.queue.AddJob(t.Context(), id, 1); err != nil {
		t.Fatal(err)
	}
	w.start("w", with(""), nil)
	j := w.finished(id)
	if j.State != job.Dead || j.Error == nil || !strings.Contains(*j.Error, "the worker died 10 times") {
		t.Errorf("got %s", shown(j))
	}
}

// What was refused, or is unknown, is not sent again by a later attempt of the
// same run.
func TestALaterAttemptReopensNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.room.script(retry.Never(errPlatform))
	w.start("w", handled, nil, plugged(func(ctx context.Context, j plugin.Job) (any, error) {
		if j.Attempt() > 1 {
			return nil, nil
		}
		if err := j.Send(ctx, "team", "once", say("hello")); err != nil {
			return nil, err
		}
		w.when(job.ID(j.ID()), 5*time.Second, "refused", func(j *job.Job) bool { return j.Notifications[0].State == job.NoteDead })
		return nil, errPlatform
	}))
	j := w.finished(w.call(`{}`))
	if asked := w.room.asked("team"); len(asked) != 1 || j.Notifications[0].State != job.NoteDead || len(j.Attempts) != 2 {
		t.Errorf("asked %d times: %s", len(asked), shown(j))
	}
}

// A caller's chat that this worker does not know is left to one that does.
func TestACallersChatUnknownHereLosesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tell := plugged(func(ctx context.Context, j plugin.Job) (any, error) {
		return nil, j.Send(ctx, "team", "once", say("hello"))
	})
	w.start("old", strings.Replace(handled, "team: room-team, ", "", 1), nil, tell)
	in := intake("/do", `{}`)
	in.Plugin, in.Chats = "acme.go", []string{"team"}
	id := w.accept(in)
	if err := w.queue.AddJob(t.Context(), id, 1); err != nil {
		t.Fatal(err)
	}
	w.when(id, 10*time.Second, "left to others", func(j *job.Job) bool {
		return len(j.Attempts) > 0 && j.Attempts[0].Outcome == job.UnknownHere
	})
	w.start("new", handled, nil, tell)
	if j := w.finished(id); j.Delivery != job.Delivered {
		t.Errorf("got %s", shown(j))
	}
}
