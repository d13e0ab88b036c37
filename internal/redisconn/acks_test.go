package redisconn_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"postern/internal/redisconn"
	"postern/internal/redistest"
)

const (
	lease  = "asynq:{events-0}:lease"
	active = "asynq:{events-0}:active"
)

// acknowledge is the script of an acknowledgement, in small.
func acknowledge(ctx context.Context, client redis.UniversalClient, keys ...string) error {
	script := redis.NewScript(`return redis.call("LREM", KEYS[1], 0, ARGV[1]) + redis.call("ZREM", KEYS[2], ARGV[1])`)
	return script.Run(ctx, client, keys, "task").Err()
}

// failedAck does what the engine does: it takes a task, acknowledges it on a
// context that it then cancels, and gives the repetition on that context.
func failedAck(t *testing.T, client redis.UniversalClient, proxy *redistest.Proxy, leaseTime time.Duration) (again func() error) {
	t.Helper()
	client.RPush(t.Context(), active, "task")
	client.ZAdd(t.Context(), lease, redis.Z{Member: "task"})
	ctx, cancel := context.WithTimeout(t.Context(), leaseTime)
	defer cancel()
	proxy.Down()
	if err := acknowledge(ctx, client, active, lease); err == nil {
		t.Fatal("the acknowledgement arrived although Redis was away")
	}
	proxy.Up()
	return func() error { return acknowledge(ctx, client, active, lease) }
}

func TestRepeatedAckArrives(t *testing.T) {
	t.Parallel()
	proxy := redistest.StartProxy(t, redistest.Start(t).Addr())
	client := open(t, proxy.URL()) // Open brings the hook
	again := failedAck(t, client, proxy, time.Minute)
	if err := again(); err != nil {
		t.Errorf("repeated acknowledgement: %v", err)
	}
	if n, err := client.LLen(t.Context(), active).Result(); n != 0 || err != nil {
		t.Errorf("active tasks = %d, %v; want 0, nil", n, err)
	}
}

// The engine's fault itself: once it is gone, the hook can go too.
func TestRepeatedAckFailsWithoutTheHook(t *testing.T) {
	t.Parallel()
	proxy := redistest.StartProxy(t, redistest.Start(t).Addr())
	client := redis.NewClient(&redis.Options{Addr: proxy.Addr(), ContextTimeoutEnabled: true})
	defer func() { _ = client.Close() }()
	again := failedAck(t, client, proxy, time.Minute)
	if err := again(); !errors.Is(err, context.Canceled) {
		t.Errorf("repeated acknowledgement = %v, want context.Canceled", err)
	}
	if n, err := client.LLen(t.Context(), active).Result(); n != 1 || err != nil {
		t.Errorf("active tasks = %d, %v; want the one that would run again", n, err)
	}
}

func TestAckWhoseReplyWasLostIsRepeatable(t *testing.T) {
	t.Parallel()
	proxy := redistest.StartProxy(t, redistest.Start(t).Addr())
	client := open(t, proxy.URL()+"?max_retries=1")
	if err := acknowledge(t.Context(), client, active, lease); err != nil { // loads the script
		t.Fatalf("acknowledgement: %v", err)
	}
	client.RPush(t.Context(), active, "task")
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	proxy.DropReplies(10, redistest.Command("evalsha"))
	err := acknowledge(ctx, client, active, lease)
	cancel()
	proxy.DropNone()
	if !redisconn.Unavailable(err) {
		t.Fatalf("acknowledgement = %v, want an error that is Unavailable", err)
	}
	if err := acknowledge(ctx, client, active, lease); err != nil {
		t.Errorf("repeated acknowledgement: %v", err)
	}
}

func TestHookLeavesOtherCancelledCommandsAlone(t *testing.T) {
	t.Parallel()
	client := open(t, redistest.Start(t).URL())
	cancelled, cancel := context.WithTimeout(t.Context(), time.Minute)
	cancel()
	over, cancelOver := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancelOver()
	tests := map[string]error{
		"no script":             client.ZRem(cancelled, lease, "task").Err(),
		"a script of our own":   acknowledge(cancelled, client, "postern:{events-0}:active", "postern:{events-0}:lease"),
		"an ack of a lost turn": acknowledge(over, client, active, lease),
	}
	for name, err := range tests {
		if !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s on a context that ended = %v, want the context's error", name, err)
		}
	}
}
