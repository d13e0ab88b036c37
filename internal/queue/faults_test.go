package queue_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"

	"postern/internal/job"
	"postern/internal/queue"
	"postern/internal/redistest"
)

// loseAck runs one task whose acknowledgement meets a Redis that is away, and
// gives how many tasks are active once asynq has had its tries.
func loseAck(t *testing.T, serverOn func(*redistest.Proxy) redis.UniversalClient) (left int64) {
	t.Helper()
	server := redistest.Start(t)
	r := newRig(t, server.URL())
	proxy := redistest.StartProxy(t, server.Addr())
	var ran atomic.Int32
	away := make(chan struct{}, 1)
	r.serveOn(serverOn(proxy), options(), queue.Handlers{Job: func(context.Context, job.ID, int) error {
		ran.Add(1)
		proxy.Down()
		away <- struct{}{}
		return nil
	}})
	r.addJob(0)
	receive(t, away, 5*time.Second, "job")
	<-time.After(3 * time.Second)
	proxy.Up()
	active := func() int64 { return r.client.LLen(t.Context(), "asynq:{events-0}:active").Val() }
	for late := time.After(9 * time.Second); active() > 0; { // asynq tries again every 5 s
		select {
		case <-time.After(100 * time.Millisecond):
			continue
		case <-late:
		}
		break
	}
	if got := ran.Load(); got != 1 {
		t.Errorf("the handler ran %d times, want once", got)
	}
	return active()
}

func TestALostAcknowledgementIsRepeated(t *testing.T) {
	t.Parallel()
	t.Run("with the hook", func(t *testing.T) {
		t.Parallel()
		if n := loseAck(t, func(p *redistest.Proxy) redis.UniversalClient { return open(t, p.URL()) }); n != 0 {
			t.Errorf("got %d tasks still active, which will run again, want none", n)
		}
	})
	// The fault itself: once it is gone, the hook can go too.
	t.Run("without it", func(t *testing.T) {
		t.Parallel()
		plain := func(p *redistest.Proxy) redis.UniversalClient {
			c := redis.NewClient(&redis.Options{Addr: p.Addr(), ContextTimeoutEnabled: true})
			t.Cleanup(func() { _ = c.Close() })
			return c
		}
		if n := loseAck(t, plain); n != 1 {
			t.Errorf("got %d tasks active without the hook, want asynq's fault", n)
		}
	})
}

// kill leaves a task as a worker does that died a minute ago.
func (r *rig) kill(q, id string) {
	r.t.Helper()
	r.move(q, id, "active")
	r.client.ZAdd(r.t.Context(), "asynq:{"+q+"}:lease", redis.Z{Score: float64(time.Now().Add(-time.Minute).Unix()), Member: id})
}

func TestADeadWorkersTaskCostsNothing(t *testing.T) {
	t.Parallel()
	r := newRig(t, redistest.Start(t).URL())
	id := string(r.addJob(0)) + ":1"
	r.kill("events-0", id)
	retried := make(chan int, 1)
	r.serve(options(), queue.Handlers{Job: func(context.Context, job.ID, int) error {
		retried <- r.info("events-0", id).Retried
		return nil
	}})
	if n := receive(t, retried, 5*time.Second, "second run"); n != 0 {
		t.Errorf("got %d retries counted, want none", n)
	}
}

// asynq as it comes counts a crash as a retry, and archives on the last.
func TestADeadWorkersTaskWithoutTheCure(t *testing.T) {
	t.Parallel()
	r := newRig(t, redistest.Start(t).URL())
	if _, err := asynq.NewClientFromRedisClient(r.client).Enqueue(asynq.NewTask("job", nil), asynq.Queue("plain"), asynq.TaskID("t"), asynq.MaxRetry(0)); err != nil {
		t.Fatal(err)
	}
	r.kill("plain", "t")
	server := asynq.NewServerFromRedisClient(open(t, r.url), asynq.Config{Queues: map[string]int{"plain": 1}, LogLevel: asynq.FatalLevel})
	if err := server.Start(asynq.HandlerFunc(func(context.Context, *asynq.Task) error { return nil })); err != nil {
		t.Fatal(err)
	}
	defer server.Shutdown()
	eventually(t, "asynq's fault: the task is archived", func() bool { return r.state("plain", "t") == "archived" })
	r.client.Del(t.Context(), "asynq:{plain}:archived")
}

func TestWaitingManyTimesNeverArchives(t *testing.T) {
	t.Parallel()
	r := newRig(t, redistest.Start(t).URL())
	const times = 8
	var ran atomic.Int32
	done := make(chan struct{})
	r.serve(options(), queue.Handlers{Job: func(context.Context, job.ID, int) error {
		if ran.Add(1) < times {
			return queue.Later(0)
		}
		close(done)
		return nil
	}})
	id := string(r.addJob(0)) + ":1"
	eventually(t, "the task waits", func() bool { return r.state("events-0", id) == "retry" })
	if info := r.info("events-0", id); info.MaxRetry < 1<<20 || info.Retried != 0 {
		t.Errorf("got %d of %d retries, want none of very many", info.Retried, info.MaxRetry)
	}
	receive(t, done, 20*time.Second, "last run")
}

func TestAConflictWithOurselvesIsSuccess(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	proxy := redistest.StartProxy(t, server.Addr())
	r := newRig(t, proxy.URL())
	r.addJob(1) // the script is known from now on
	proxy.DropReplies(1, redistest.Containing("asynq:{events-0}:pending"))
	id := r.addJob(0) // fails the test on an error
	if proxy.Dropped() != 1 {
		t.Error("no reply was lost")
	}
	if n := r.client.LLen(t.Context(), "asynq:{events-0}:pending").Val(); n != 1 {
		t.Errorf("got %d tasks, want one", n)
	}
	proxy.DropReplies(1, redistest.Containing("asynq:{events-0}:pending"))
	_, err := asynq.NewClientFromRedisClient(r.client).Enqueue(asynq.NewTask("job", nil), asynq.Queue("events-0"), asynq.TaskID("plain"))
	if !errors.Is(err, asynq.ErrTaskIDConflict) {
		t.Errorf("asynq alone says %v, want its fault: a conflict with itself", err)
	}
	_ = id
}

func TestSweepMendsWhatAsynqLeaves(t *testing.T) {
	t.Parallel()
	redistest.Both(t, func(t *testing.T, url string) {
		r := newRig(t, url)
		ctx, p := t.Context(), "asynq:{events-0}:"
		leaseless, ghost, bare, alive, waits := string(r.addJob(0))+":1", "ghost:1", "bare:1", string(r.addJob(0))+":1", string(r.addJob(0))+":1"
		r.move("events-0", leaseless, "active")
		r.client.ZRem(ctx, p+"lease", leaseless)
		r.move("events-0", alive, "active")
		r.client.LPush(ctx, p+"active", ghost) // its hash was evicted, then asynq dequeued the id
		r.client.HSet(ctx, p+"t:"+ghost, "state", "active")
		r.client.ZAdd(ctx, p+"lease", redis.Z{Score: float64(time.Now().Add(time.Hour).Unix()), Member: ghost})
		r.client.LPush(ctx, p+"active", bare) // nothing but the id is left
		r.client.Del(ctx, "asynq:queues")
		if n, err := r.Sweep(ctx, options()); n != 3 || err != nil {
			t.Errorf("got %d mended, %v, want 3", n, err)
		}
		for id, want := range map[string]string{leaseless: "pending", alive: "active", waits: "pending", ghost: "", bare: ""} {
			if got := r.state("events-0", id); got != want {
				t.Errorf("task %s is %q, want %q", id, got, want)
			}
		}
		if got := r.client.SMembers(ctx, "asynq:queues").Val(); len(got) != 2 {
			t.Errorf("asynq knows the queues %q, want both again", got)
		}
		if n, err := r.Sweep(ctx, options()); n != 0 || err != nil {
			t.Errorf("a second sweep mended %d, %v, want none", n, err)
		}
		if _, err := asynq.NewInspectorFromRedisClient(r.client).GetQueueInfo("events-0"); err != nil {
			t.Errorf("asynq cannot tell of its queue: %v", err)
		}
	})
}

func TestErrorTextsStayWithUs(t *testing.T) {
	t.Parallel()
	r := newRig(t, redistest.Start(t).URL())
	const secret = "xoxb-0123456789"
	r.serve(options(), queue.Handlers{
		Job:  func(context.Context, job.ID, int) error { return errors.New("post https://chat.example/" + secret) },
		Turn: func(context.Context, string, string, string) error { panic(secret) },
	})
	id := string(r.addJob(0)) + ":1"
	if err := r.AddTurn(t.Context(), job.Ticket{Box: job.Box{Lane: "slack", Chat: "slack-team"}, Number: "1"}); err != nil {
		t.Fatal(err)
	}
	for q, id := range map[string]string{"events-0": id, "chats-slack": "slack-team:1"} {
		eventually(t, "a failed task that waits", func() bool { return r.state(q, id) == "retry" })
		if got := r.info(q, id).LastErr; got != "later: 1s" {
			t.Errorf("%s: asynq stores the error %q, want only that it waits", q, got)
		}
		if stored := r.client.HGet(t.Context(), "asynq:{"+q+"}:t:"+id, "msg").Val(); strings.Contains(stored, secret) {
			t.Errorf("%s: asynq stores the error's text", q)
		}
	}
}

func TestRedisAwayIsUnavailable(t *testing.T) {
	t.Parallel()
	proxy := redistest.StartProxy(t, redistest.Start(t).Addr())
	r := newRig(t, proxy.URL())
	id := r.addJob(0)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if err := r.AddJob(gone, id, 2); err == nil || errors.Is(err, job.ErrUnavailable) {
		t.Errorf("a caller who left: got %v, want an error that does not blame Redis", err)
	}
	proxy.Down()
	defer proxy.Up()
	_, turnErr := r.EnsureTurn(t.Context(), job.Ticket{Box: job.Box{Lane: "slack", Chat: "slack-team"}, Number: "1"})
	_, sweepErr := r.Sweep(t.Context(), options())
	for name, err := range map[string]error{
		"add job":     r.AddJob(t.Context(), id, 2),
		"ensure job":  r.EnsureJob(t.Context(), id, 1, false),
		"ensure turn": turnErr,
		"sweep":       sweepErr,
		"serve": r.Serve(t.Context(), open(t, proxy.URL()), options(), queue.Handlers{}, func() {
			t.Error("lanes are served without Redis")
		}),
	} {
		if !errors.Is(err, job.ErrUnavailable) {
			t.Errorf("%s: got %v, want %v", name, err, job.ErrUnavailable)
		}
	}
}
