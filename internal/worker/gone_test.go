package worker_test

import (
	"context"
	"runtime"
	"strings"
	"testing"
	"time"

	"postern/internal/job"
	"postern/pkg/plugin"
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
