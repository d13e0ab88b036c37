package queue_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/hibiken/asynq"

	"postern/internal/job"
	"postern/internal/queue"
	"postern/internal/redistest"
)

// stands gives one queue as States shows it.
func (r *rig) stands(name string) job.QueueState {
	r.t.Helper()
	all, err := r.States(r.t.Context(), options())
	if err != nil {
		r.t.Fatal(err)
	}
	i := slices.IndexFunc(all, func(s job.QueueState) bool { return s.Queue == name })
	if i < 0 {
		r.t.Fatalf("%s is not among %v", name, all)
	}
	return all[i]
}

// become waits for a queue to be as it should.
func (r *rig) become(name string, is func(job.QueueState) bool) job.QueueState {
	r.t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(15 * time.Second)
	for {
		s := r.stands(name)
		if is(s) {
			return s
		}
		select {
		case <-tick.C:
		case <-deadline:
			r.t.Fatalf("%s stays at %+v", name, s)
		}
	}
}

// clusterIsUp waits for a cluster that was just made.
func (r *rig) clusterIsUp() {
	r.t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for until := time.Now().Add(15 * time.Second); ; <-tick.C {
		err := r.client.Set(r.t.Context(), "up", 1, 0).Err()
		if err == nil {
			return
		}
		if time.Now().After(until) {
			r.t.Fatal(err)
		}
	}
}

func (r *rig) addJobs(n int) []job.ID {
	r.t.Helper()
	ids := make([]job.ID, n)
	for i := range ids {
		id, err := job.NewID(0)
		if err == nil {
			err = r.AddJob(r.t.Context(), id, 1)
		}
		if err != nil {
			r.t.Fatal(err)
		}
		ids[i] = id
	}
	return ids
}

func TestStatesShowWhatLiesInQueues(t *testing.T) {
	t.Parallel()
	redistest.Both(t, func(t *testing.T, url string) {
		r := newRig(t, url)
		r.addJobs(3)
		later := job.Ticket{Box: job.Box{Lane: "slack", Chat: "slack-a"}, Number: "1", Due: time.Now().Add(time.Hour)}
		if err := r.AddTurn(t.Context(), later); err != nil {
			t.Fatal(err)
		}
		all, err := r.States(t.Context(), queue.Options{Shards: 11, Lanes: []string{"telegram"}})
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, s := range all {
			names = append(names, s.Queue)
		}
		want := []string{"events-0", "events-1", "events-2", "events-3", "events-4", "events-5", "events-6", "events-7", "events-8", "events-9", "events-10", "chats-slack", "chats-telegram"}
		if !slices.Equal(names, want) {
			t.Errorf("got queues %v, want %v", names, want)
		}
		aged := r.become("events-0", func(s job.QueueState) bool { return s.LatencyMS >= 20 })
		if aged.Depth != 3 || aged.Active != 0 || aged.Kind != "events" || aged.LatencyMS > 10_000 {
			t.Errorf("got %+v, want 3 jobs that wait for a while", aged)
		}
		if s := r.stands("chats-slack"); s.Depth != 0 || s.Scheduled != 1 || s.Kind != "chats" || s.LatencyMS != 0 {
			t.Errorf("got %+v, want one turn scheduled", s)
		}
		r.serve(options(), queue.Handlers{})
		// its numbers are not read in one step
		r.become("events-0", func(s job.QueueState) bool { return s.Processed == 3 && s.Depth == 0 && s.Active == 0 })
	})
}

// A paused queue keeps its tasks, and what the reconciler does meanwhile adds
// none: on resuming each runs once.
func TestAPausedQueueKeepsItsTasks(t *testing.T) {
	t.Parallel()
	redistest.Both(t, func(t *testing.T, url string) {
		r := newRig(t, url)
		ran := make(chan job.ID, 100)
		r.serve(options(), queue.Handlers{Job: func(_ context.Context, id job.ID, _ int) error { ran <- id; return nil }})
		for range 2 { // twice is once
			if err := r.Pause(t.Context(), options(), "events-0"); err != nil {
				t.Fatal(err)
			}
		}
		if info, err := asynq.NewInspectorFromRedisClient(r.client).GetQueueInfo("events-0"); err == nil && !info.Paused {
			t.Error("asynq itself does not say that the queue is paused")
		}
		ids := r.addJobs(5)
		ticket := job.Ticket{Box: job.Box{Lane: "slack", Chat: "slack-a"}, Number: "1"}
		if err := r.Pause(t.Context(), options(), "chats-slack"); err != nil {
			t.Fatal(err)
		}
		if err := r.AddTurn(t.Context(), ticket); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			for _, id := range ids {
				if err := r.EnsureJob(t.Context(), id, 1, true); err != nil {
					t.Fatal(err)
				}
			}
			if runnable, err := r.EnsureTurn(t.Context(), ticket); err != nil || !runnable {
				t.Fatalf("the turn of a paused queue: got %v, %v, want that it will run", runnable, err)
			}
			if _, err := r.Sweep(t.Context(), options()); err != nil {
				t.Fatal(err)
			}
		}
		if s := r.stands("events-0"); s.Depth != 5 || !s.Paused {
			t.Errorf("got %+v, want paused and 5 jobs that wait", s)
		}
		if s := r.stands("chats-slack"); s.Depth != 1 || !s.Paused {
			t.Errorf("got %+v, want paused and one turn that waits", s)
		}
		select {
		case id := <-ran:
			t.Errorf("job %s ran in a paused queue", id)
		default:
		}
		began := time.Now()
		if err := r.Resume(t.Context(), options(), "events-0"); err != nil {
			t.Fatal(err)
		}
		for range ids {
			<-ran
		}
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("the resumed queue took %v", took)
		}
		s := r.become("events-0", func(s job.QueueState) bool { return s.Processed == 5 })
		if s.Depth+s.Active+s.Scheduled != 0 || s.Paused || len(ran) != 0 {
			t.Errorf("got %+v and %d runs too many, want each job run once", s, len(ran))
		}
	})
}

func TestUnknownQueuesAreNotPaused(t *testing.T) {
	t.Parallel()
	r := newRig(t, redistest.Memory(t))
	for _, name := range []string{"events-1", "chats-telegram", "", "events-0}:pending"} {
		if err := r.Pause(t.Context(), options(), name); !errors.Is(err, job.ErrNoSuch) {
			t.Errorf("pause %q: got %v, want ErrNoSuch", name, err)
		}
		if err := r.Resume(t.Context(), options(), name); !errors.Is(err, job.ErrNoSuch) {
			t.Errorf("resume %q: got %v, want ErrNoSuch", name, err)
		}
	}
}

func TestStatesOfACluster(t *testing.T) {
	t.Parallel()
	r := newRig(t, redistest.Cluster(t).URL())
	r.clusterIsUp()
	r.addJobs(1)
	if err := r.Pause(t.Context(), options(), "events-0"); err != nil {
		t.Fatal(err)
	}
	if s := r.stands("events-0"); s.Depth != 1 || !s.Paused {
		t.Errorf("got %+v, want paused and one job that waits", s)
	}
}
