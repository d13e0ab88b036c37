package queue

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"

	"postern/internal/job"
)

//go:embed lua/recover.lua
var recoverLua string

// EnsureJob makes sure that a run has a task that will be run: it adds one
// where there is none, and recovers one whose worker is dead. abandoned says
// that the caller knows the worker to be dead.
func (q *Queue) EnsureJob(ctx context.Context, id job.ID, run int, abandoned bool) error {
	if _, err := q.ensure(ctx, eventQueue(id.Shard()), jobTaskID(id, run), abandoned); err != nil {
		return err
	}
	return q.AddJob(ctx, id, run)
}

// EnsureTurn makes sure of a ticket's task; false where asynq holds it as
// active or ended, so that it will not run: the ticket must be replaced.
func (q *Queue) EnsureTurn(ctx context.Context, t job.Ticket) (bool, error) {
	runnable, err := q.ensure(ctx, chatQueue(t.Box.Lane), turnTaskID(t), false)
	if err != nil || !runnable {
		return runnable, err
	}
	return true, q.AddTurn(ctx, t)
}

// ensure clears the way for adding a task: true where it waits in its queue, or
// may be added.
func (q *Queue) ensure(ctx context.Context, queue, id string, abandoned bool) (bool, error) {
	state, err := q.redis.HGet(ctx, taskKey(queue, id), "state").Result()
	switch {
	case errors.Is(err, redis.Nil):
		return true, nil
	case err != nil:
		return false, unavailable("look at task", err)
	}
	switch state {
	case "pending", "scheduled", "retry":
		q.waker.wake(queue)
		return true, nil
	case "active":
		if !abandoned {
			if abandoned, err = q.silent(ctx, queue, id); err != nil || !abandoned {
				return false, err
			}
		}
		n, err := q.recover(ctx, queue, id)
		if n > 0 {
			q.waker.wake(queue)
		}
		return n != 0, err
	default: // archived or completed: asynq will never run it again
		err := asynq.NewInspectorFromRedisClient(q.redis).DeleteTask(queue, id)
		if err != nil && !errors.Is(err, asynq.ErrTaskNotFound) && !errors.Is(err, asynq.ErrQueueNotFound) {
			return false, unavailable("delete task", err)
		}
		return true, nil
	}
}

// A lease of asynq's, prolonged every 5 s by a living worker: one that has not
// been for so long belongs to a dead one.
const (
	lease   = 30 * time.Second
	silence = 12 * time.Second
)

// silent reports whether the worker of an active task has stopped beating.
func (q *Queue) silent(ctx context.Context, queue, id string) (bool, error) {
	until, err := q.redis.ZScore(ctx, "asynq:{"+queue+"}:lease", id).Result()
	if errors.Is(err, redis.Nil) {
		return true, nil // active without a lease: nobody's
	}
	return time.Until(time.Unix(int64(until), 0)) < lease-silence, unavailable("look at lease", err)
}

func taskKey(queue, id string) string { return fmt.Sprintf("asynq:{%s}:t:%s", queue, id) }

func (q *Queue) recover(ctx context.Context, queue, id string) (int, error) {
	p := "asynq:{" + queue + "}:"
	n, err := redis.NewScript(recoverLua).Run(ctx, q.redis, []string{p + "active", p + "lease", p + "pending", taskKey(queue, id)},
		id, strconv.FormatInt(time.Now().UnixNano(), 10)).Int()
	return n, unavailable("recover task", err)
}

// sweepBatch bounds one sweep of one queue.
const sweepBatch = 1000

// Sweep mends what asynq leaves behind in the given queues: tasks active
// without a lease, which nobody would ever run again, ids whose task is gone,
// and queues asynq has forgotten (after a fail-over to an empty replica). It
// gives the number of tasks mended.
func (q *Queue) Sweep(ctx context.Context, o Options) (int, error) {
	queues, err := q.queues(ctx, o)
	if err != nil {
		return 0, err
	}
	mended := 0
	for _, queue := range queues {
		n, err := q.sweep(ctx, queue)
		if err != nil {
			return mended, err
		}
		mended += n
	}
	return mended, nil
}

func (q *Queue) sweep(ctx context.Context, queue string) (int, error) {
	if err := q.redis.SAdd(ctx, "asynq:queues", queue).Err(); err != nil {
		return 0, unavailable("register queue", err)
	}
	p := "asynq:{" + queue + "}:"
	active, err := q.redis.LRange(ctx, p+"active", 0, sweepBatch-1).Result()
	if err != nil {
		return 0, unavailable("list active tasks", err)
	}
	mended := 0
	for _, id := range active {
		_, err := q.redis.ZScore(ctx, p+"lease", id).Result()
		switch {
		case err == nil:
			exists, err := q.redis.HExists(ctx, taskKey(queue, id), "msg").Result()
			if err != nil {
				return mended, unavailable("look at task", err)
			}
			if exists {
				continue
			}
		case !errors.Is(err, redis.Nil):
			return mended, unavailable("look at lease", err)
		}
		n, err := q.recover(ctx, queue, id)
		if err != nil {
			return mended, err
		}
		if n != 0 {
			mended++
		}
	}
	return mended, nil
}
