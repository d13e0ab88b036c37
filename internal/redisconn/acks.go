package redisconn

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// ackTimeout bounds an acknowledgement that runs apart from its caller.
const ackTimeout = 3 * time.Second

// DetachedAcks is a hook for the queue engine (asynq v0.25 and v0.26), which
// repeats a failed acknowledgement on a context it has cancelled itself: it
// would never reach Redis, and the task would run a second time. The hook
// carries such a script out on a context of its own. It does not touch one
// whose lease is over: by then the task may be another worker's.
func DetachedAcks() redis.Hook { return detachedAcks{} }

type detachedAcks struct{}

// DialHook changes nothing.
func (detachedAcks) DialHook(next redis.DialHook) redis.DialHook { return next }

// ProcessPipelineHook changes nothing: the engine acknowledges one by one.
func (detachedAcks) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}

// ProcessHook gives a cancelled acknowledgement a context that lives.
func (detachedAcks) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		if !errors.Is(ctx.Err(), context.Canceled) || !touchesLease(cmd) {
			return next(ctx, cmd)
		}
		until := time.Now().Add(ackTimeout)
		if lease, ok := ctx.Deadline(); ok && lease.Before(until) {
			until = lease
		}
		apart, cancel := context.WithDeadline(context.WithoutCancel(ctx), until)
		defer cancel()
		return next(apart, cmd)
	}
}

// touchesLease reports whether cmd is a script on one of the engine's leases.
func touchesLease(cmd redis.Cmder) bool {
	args := cmd.Args()
	if name := cmd.Name(); (name != "evalsha" && name != "eval") || len(args) < 3 {
		return false
	}
	count, ok := args[2].(int)
	if !ok || count < 0 || count > len(args)-3 {
		return false
	}
	for _, arg := range args[3 : 3+count] {
		key, ok := arg.(string)
		if ok && strings.HasPrefix(key, "asynq:{") && strings.HasSuffix(key, "}:lease") {
			return true
		}
	}
	return false
}
