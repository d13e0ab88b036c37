package queue_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"

	"postern/internal/job"
	"postern/internal/queue"
	"postern/internal/redisconn"
)

// rig is a queue on a Redis of its own. At the end of the test nothing may
// stand in asynq's archive.
type rig struct {
	*queue.Queue
	t      *testing.T
	url    string
	client redis.UniversalClient
}

func newRig(t *testing.T, url string) *rig {
	t.Helper()
	client := open(t, url)
	q := queue.New(client, quiet())
	t.Cleanup(q.Close)
	r := &rig{Queue: q, t: t, url: url, client: client}
	t.Cleanup(r.keepsNothing)
	return r
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func open(t *testing.T, url string) redis.UniversalClient {
	t.Helper()
	client, err := redisconn.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// keepsNothing checks that asynq keeps no finished task.
func (r *rig) keepsNothing() {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	for _, set := range []string{"archived", "completed"} {
		keys, err := r.client.Keys(ctx, "asynq:{*}:"+set).Result()
		if err != nil || len(keys) > 0 {
			r.t.Errorf("asynq keeps %v (%v), want nothing in its archive", keys, err)
		}
	}
}

func options() queue.Options {
	return queue.Options{Shards: 1, Lanes: []string{"slack"}, Jobs: 8, Turns: 8, ShutdownTimeout: 5 * time.Second}
}

// serve works on the lanes over a client of its own, until the test ends or
// stop is called; stop gives Serve's error.
func (r *rig) serve(o queue.Options, h queue.Handlers) (stop func() error) {
	r.t.Helper()
	return r.serveOn(open(r.t, r.url), o, h)
}

func (r *rig) serveOn(client redis.UniversalClient, o queue.Options, h queue.Handlers) (stop func() error) {
	r.t.Helper()
	if h.Job == nil {
		h.Job = func(context.Context, job.ID, int) error { return nil }
	}
	if h.Turn == nil {
		h.Turn = func(context.Context, string, string, string) error { return nil }
	}
	ctx, cancel := context.WithCancel(context.Background())
	serving, ended := make(chan struct{}), make(chan error, 1)
	go func() { ended <- r.Serve(ctx, client, o, h, func() { close(serving) }) }()
	stop = sync.OnceValue(func() error {
		cancel()
		return <-ended
	})
	r.t.Cleanup(func() { _ = stop() })
	select {
	case <-serving:
	case err := <-ended:
		ended <- err
		r.t.Fatalf("serve: %v", err)
	case <-time.After(10 * time.Second):
		r.t.Fatal("the lanes are not served")
	}
	return stop
}

func (r *rig) addJob(shard uint8) job.ID {
	r.t.Helper()
	id, err := job.NewID(shard)
	if err != nil {
		r.t.Fatal(err)
	}
	if err := r.AddJob(r.t.Context(), id, 1); err != nil {
		r.t.Fatalf("add job: %v", err)
	}
	return id
}

// state gives a task's state and checks that its id stands in exactly the set
// that the state names; "" for no task.
func (r *rig) state(q, id string) string {
	r.t.Helper()
	ctx, p := r.t.Context(), "asynq:{"+q+"}:"
	at := r.client.TxPipeline() // one moment
	state, pending, active := at.HGet(ctx, p+"t:"+id, "state"), at.LRange(ctx, p+"pending", 0, -1), at.LRange(ctx, p+"active", 0, -1)
	if _, err := at.Exec(ctx); err != nil && !errors.Is(err, redis.Nil) {
		r.t.Fatalf("look at task %s: %v", id, err)
	}
	for set, list := range map[string][]string{"pending": pending.Val(), "active": active.Val()} {
		if listed := slices.Contains(list, id); listed != (state.Val() == set) {
			r.t.Errorf("task %s is %q, and in the list %s: %v", id, state.Val(), set, listed)
		}
	}
	return state.Val()
}

// move puts a pending task into another state, as asynq would.
func (r *rig) move(q, id, state string) {
	r.t.Helper()
	ctx, p := r.t.Context(), "asynq:{"+q+"}:"
	if n := r.client.LRem(ctx, p+"pending", 0, id).Val(); n != 1 {
		r.t.Fatalf("task %s is not pending", id)
	}
	hour := redis.Z{Score: float64(time.Now().Add(time.Hour).Unix()), Member: id}
	switch state {
	case "active":
		r.client.LPush(ctx, p+"active", id)
		r.client.ZAdd(ctx, p+"lease", hour)
	default:
		r.client.ZAdd(ctx, p+state, hour)
	}
	r.client.HSet(ctx, p+"t:"+id, "state", state)
}

func (r *rig) info(q, id string) *asynq.TaskInfo {
	r.t.Helper()
	info, err := asynq.NewInspectorFromRedisClient(r.client).GetTaskInfo(q, id)
	if err != nil {
		r.t.Fatalf("look at task %s: %v", id, err)
	}
	return info
}

// eventually waits until what is wanted is so.
func eventually(t *testing.T, want string, so func() bool) {
	t.Helper()
	const within = 5 * time.Second
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for late := time.After(within); !so(); {
		select {
		case <-tick.C:
		case <-late:
			t.Fatalf("within %v: want %s", within, want)
		}
	}
}

// receive takes from c, or fails.
func receive[T any](t *testing.T, c <-chan T, within time.Duration, what string) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(within):
		t.Fatalf("within %v: no %s", within, what)
		panic("not reached")
	}
}

// mute loses every wake-up.
type mute struct{ redis.Hook }

func (mute) DialHook(next redis.DialHook) redis.DialHook { return next }

func (mute) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}

func (mute) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		if strings.EqualFold(cmd.Name(), "publish") {
			return nil
		}
		return next(ctx, cmd)
	}
}
