package queue_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hibiken/asynq"

	"postern/internal/job"
	"postern/internal/queue"
	"postern/internal/redistest"
)

// pickUps measures from enqueueing to the handler, one task at a time.
func (r *rig) pickUps(n int) []time.Duration {
	r.t.Helper()
	began := make(chan time.Time, 1)
	r.serve(options(), queue.Handlers{Job: func(context.Context, job.ID, int) error {
		began <- time.Now()
		return nil
	}})
	took := make([]time.Duration, n)
	for i := range took {
		before := time.Now()
		r.addJob(0)
		took[i] = receive(r.t, began, 5*time.Second, "task").Sub(before)
	}
	slices.Sort(took)
	return took
}

func TestAnIdleLaneIsWokenAtOnce(t *testing.T) {
	t.Parallel()
	redistest.Both(t, func(t *testing.T, url string) {
		took := newRig(t, url).pickUps(40)
		median := took[len(took)/2]
		t.Logf("from enqueueing to the handler: median %v, worst %v", median, took[len(took)-1])
		if median >= 50*time.Millisecond {
			t.Errorf("got a median of %v, want a few milliseconds", median)
		}
	})
}

func TestALostWakeUpCostsHalfASecond(t *testing.T) {
	t.Parallel()
	r := newRig(t, redistest.Start(t).URL())
	r.client.AddHook(mute{})
	took := r.pickUps(8)
	t.Logf("without wake-ups: median %v, worst %v", took[len(took)/2], took[len(took)-1])
	if worst := took[len(took)-1]; worst > 1500*time.Millisecond {
		t.Errorf("got a worst of %v, want about half a second", worst)
	}
	if median := took[len(took)/2]; median < 50*time.Millisecond {
		t.Errorf("got a median of %v without wake-ups: what is it that wakes?", median)
	}
}

func TestAddingTwiceIsAddingOnce(t *testing.T) {
	t.Parallel()
	redistest.Both(t, func(t *testing.T, url string) {
		r := newRig(t, url)
		id := r.addJob(0)
		ticket := job.Ticket{Box: job.Box{Lane: "slack", Chat: "slack-team"}, Number: "7"}
		for range 3 {
			if err := errors.Join(r.AddJob(t.Context(), id, 1), r.AddTurn(t.Context(), ticket)); err != nil {
				t.Errorf("added again: %v", err)
			}
		}
		if err := r.AddJob(t.Context(), id, 2); err != nil {
			t.Errorf("a second run: %v", err)
		}
		got := make(chan string, 10)
		r.serve(options(), queue.Handlers{
			Job: func(_ context.Context, id job.ID, run int) error {
				got <- fmt.Sprintf("%s:%d", id, run)
				return nil
			},
			Turn: func(_ context.Context, lane, chat, ticket string) error {
				got <- lane + " " + chat + " " + ticket
				return nil
			},
		})
		want := []string{string(id) + ":1", string(id) + ":2", "slack slack-team 7"}
		seen := []string{receive(t, got, 5*time.Second, "task"), receive(t, got, 5*time.Second, "task"), receive(t, got, 5*time.Second, "task")}
		slices.Sort(seen)
		if !slices.Equal(seen, want) {
			t.Errorf("got %q, want %q", seen, want)
		}
		eventually(t, "no task left", func() bool {
			return len(r.client.Keys(t.Context(), "asynq:{*}:t:*").Val()) == 0
		})
		if len(got) != 0 {
			t.Errorf("got %q once more", <-got)
		}
	})
}

func TestADelayedTurnComesWhenItIsDue(t *testing.T) {
	t.Parallel()
	r := newRig(t, redistest.Start(t).URL())
	began := make(chan time.Time, 1)
	r.serve(options(), queue.Handlers{Turn: func(context.Context, string, string, string) error {
		began <- time.Now()
		return nil
	}})
	due := time.Now().Add(2500 * time.Millisecond)
	if err := r.AddTurn(t.Context(), job.Ticket{Box: job.Box{Lane: "slack", Chat: "slack-team"}, Number: "1", Due: due}); err != nil {
		t.Fatal(err)
	}
	// asynq's times are whole seconds: up to one early, and never much late.
	if early := due.Sub(receive(t, began, 6*time.Second, "turn")); early > 1100*time.Millisecond || early < -time.Second {
		t.Errorf("the turn came %v before it was due", early)
	}
}

func TestJobsAreBoundedOverAllShards(t *testing.T) {
	t.Parallel()
	r := newRig(t, redistest.Start(t).URL())
	o := options()
	o.Shards, o.Jobs = 4, 2
	for n := range 12 {
		r.addJob(uint8(n % 4))
	}
	var now, most atomic.Int32
	began, goOn := make(chan struct{}, 12), make(chan struct{})
	r.serve(o, queue.Handlers{Job: func(context.Context, job.ID, int) error {
		n := now.Add(1)
		defer now.Add(-1)
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
		}
		began <- struct{}{}
		<-goOn
		return nil
	}})
	for range 2 {
		receive(t, began, 5*time.Second, "job")
	}
	for range 10 {
		goOn <- struct{}{}
		receive(t, began, 5*time.Second, "job")
	}
	close(goOn)
	if got := most.Load(); got != 2 {
		t.Errorf("got %d jobs at once, want 2", got)
	}
}

func TestShardsOfAnOldLargerSettingAreServed(t *testing.T) {
	t.Parallel()
	r := newRig(t, redistest.Start(t).URL())
	old := []job.ID{r.addJob(0), r.addJob(3), r.addJob(200)}
	got := make(chan job.ID, 3)
	r.serve(options(), queue.Handlers{Job: func(_ context.Context, id job.ID, _ int) error { // one shard is configured
		got <- id
		return nil
	}})
	var seen []job.ID
	for range old {
		seen = append(seen, receive(t, got, 5*time.Second, "job of an old shard"))
	}
	slices.Sort(seen)
	if !slices.Equal(seen, old) {
		t.Errorf("got %v, want %v", seen, old)
	}
}

func TestTasksThatNobodyUnderstandsAreDropped(t *testing.T) {
	t.Parallel()
	r := newRig(t, redistest.Start(t).URL())
	strange := asynq.NewClientFromRedisClient(r.client)
	for id, task := range map[string]*asynq.Task{
		"a": asynq.NewTask("job", []byte("no id")),
		"b": asynq.NewTask("job", []byte("no id:1")),
		"c": asynq.NewTask("turn", []byte("{")),
		"d": asynq.NewTask("dance", nil),
	} {
		if _, err := strange.EnqueueContext(t.Context(), task, asynq.Queue("events-0"), asynq.TaskID(id)); err != nil {
			t.Fatal(err)
		}
	}
	r.serve(options(), queue.Handlers{Job: func(_ context.Context, id job.ID, _ int) error {
		t.Errorf("the handler was called for %q", id)
		return nil
	}})
	eventually(t, "no task left", func() bool {
		return len(r.client.Keys(t.Context(), "asynq:{*}:t:*").Val()) == 0
	})
}

func TestDrainFinishesWhatRunsAndBeginsNothing(t *testing.T) {
	t.Parallel()
	redistest.Both(t, func(t *testing.T, url string) {
		r := newRig(t, url)
		o := options()
		o.Jobs = 1
		began, goOn := make(chan job.ID, 2), make(chan struct{})
		stop := r.serve(o, queue.Handlers{Job: func(ctx context.Context, id job.ID, _ int) error {
			began <- id
			<-goOn
			return ctx.Err()
		}})
		first, second := r.addJob(0), r.addJob(0)
		receive(t, began, 5*time.Second, "job")
		stopped := make(chan error)
		go func() { stopped <- stop() }()
		select { // the drain has begun by then, and waits
		case err := <-stopped:
			t.Fatalf("serving ended with %v while a job ran", err)
		case <-time.After(300 * time.Millisecond):
		}
		close(goOn)
		if err := receive(t, stopped, 4*time.Second, "end"); err != nil {
			t.Errorf("serve: %v", err)
		}
		if len(began) != 0 {
			t.Errorf("job %s was begun after the end", <-began)
		}
		if got := r.state("events-0", string(first)+":1"); got != "" {
			t.Errorf("the job that ran is %q, want gone", got)
		}
		if got := r.state("events-0", string(second)+":1"); got != "pending" {
			t.Errorf("the job that waited is %q, want pending", got)
		}
	})
}

func TestATaskThatOutlastsTheDrainGoesBack(t *testing.T) {
	t.Parallel()
	r := newRig(t, redistest.Start(t).URL())
	o := options()
	o.ShutdownTimeout = time.Second
	began, cut, goOn := make(chan struct{}, 1), make(chan time.Time, 1), make(chan struct{})
	stop := r.serve(o, queue.Handlers{Job: func(ctx context.Context, _ job.ID, _ int) error {
		began <- struct{}{}
		<-ctx.Done()
		cut <- time.Now()
		<-goOn // it does not hear
		return nil
	}})
	defer close(goOn)
	id := r.addJob(0)
	receive(t, began, 5*time.Second, "job")
	before := time.Now()
	if err := stop(); err != nil {
		t.Errorf("serve: %v", err)
	}
	ended := time.Now()
	if took := ended.Sub(before); took < o.ShutdownTimeout || took > 4*time.Second {
		t.Errorf("the drain took %v, want %v and a little", took, o.ShutdownTimeout)
	}
	at := receive(t, cut, time.Second, "end of the handler's context")
	if at.Sub(before) < o.ShutdownTimeout/4 || ended.Sub(at) < o.ShutdownTimeout/4 {
		t.Errorf("its context ended %v after the stop and %v before the end, want in between", at.Sub(before), ended.Sub(at))
	}
	if got := r.state("events-0", string(id)+":1"); got != "pending" {
		t.Errorf("the task is %q, want pending: it costs no delay", got)
	}
}

// A handler whose context was cut writes down what it knows: the drain waits
// for that, and the connection stays open meanwhile.
func TestTheDrainWaitsForAHandlerThatWasCut(t *testing.T) {
	t.Parallel()
	r := newRig(t, redistest.Start(t).URL())
	o := options()
	o.ShutdownTimeout = 2 * time.Second
	began := make(chan struct{}, 1)
	var written atomic.Bool
	stop := r.serve(o, queue.Handlers{Job: func(ctx context.Context, _ job.ID, _ int) error {
		began <- struct{}{}
		<-ctx.Done()
		<-time.After(300 * time.Millisecond)
		written.Store(true)
		return queue.Later(0)
	}})
	id := r.addJob(0)
	receive(t, began, 5*time.Second, "job")
	if err := stop(); err != nil {
		t.Errorf("serve: %v", err)
	}
	if !written.Load() {
		t.Error("serving ended before the handler did")
	}
	if got := r.state("events-0", string(id)+":1"); got != "retry" && got != "pending" {
		t.Errorf("the task is %q, want one that will be run", got)
	}
}
