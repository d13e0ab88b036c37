package queue

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"postern/internal/job"
)

// Kinds of queues.
const (
	kindEvents = "events"
	kindChats  = "chats"
)

// States says how the queues stand: those to be served by these options, and
// all that asynq knows besides. It reads asynq's keys and not its inspector,
// which decodes tasks and fails where it finds the id of one that is gone.
func (q *Queue) States(ctx context.Context, o Options) ([]job.QueueState, error) {
	names, err := q.names(ctx, o)
	if err != nil {
		return nil, err
	}
	views := make([]queueView, len(names))
	commands, _ := q.redis.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i, name := range names {
			views[i] = viewOf(ctx, p, name)
		}
		return nil
	})
	if err := failure(commands); err != nil {
		return nil, unavailable("look at queues", err)
	}
	states := make([]job.QueueState, len(names))
	for i, v := range views {
		states[i] = v.state(names[i])
	}
	return states, q.latencies(ctx, states, views)
}

// failure is the first error that is more than a missing key.
func failure(commands []redis.Cmder) error {
	for _, c := range commands {
		if err := c.Err(); err != nil && !errors.Is(err, redis.Nil) {
			return err
		}
	}
	return nil
}

// names lists all queues, those of events first.
func (q *Queue) names(ctx context.Context, o Options) ([]string, error) {
	names, err := q.queues(ctx, o)
	if err != nil {
		return nil, err
	}
	known, err := q.redis.SMembers(ctx, "asynq:queues").Result()
	if err != nil {
		return nil, unavailable("list queues", err)
	}
	for _, name := range known {
		if strings.HasPrefix(name, "chats-") {
			names = append(names, name)
		}
	}
	slices.SortFunc(names, byKind)
	return slices.Compact(names), nil
}

// byKind sorts events before chats, and shards by their number.
func byKind(a, b string) int {
	if ka, kb := kindOf(a), kindOf(b); ka != kb {
		return strings.Compare(kb, ka)
	}
	if len(a) != len(b) && kindOf(a) == kindEvents {
		return len(a) - len(b)
	}
	return strings.Compare(a, b)
}

func kindOf(queue string) string {
	if strings.HasPrefix(queue, "events-") {
		return kindEvents
	}
	return kindChats
}

// queueView is what is asked of one queue. pending is taken from its end, so the
// last of it is the oldest.
type queueView struct {
	pending, active, scheduled, retry, paused *redis.IntCmd
	processed, oldest                         *redis.StringCmd
}

func viewOf(ctx context.Context, p redis.Pipeliner, queue string) queueView {
	k := queueKey(queue)
	return queueView{
		pending: p.LLen(ctx, k+"pending"), active: p.LLen(ctx, k+"active"),
		scheduled: p.ZCard(ctx, k+"scheduled"), retry: p.ZCard(ctx, k+"retry"), paused: p.Exists(ctx, k+"paused"),
		processed: p.Get(ctx, k+"processed"), oldest: p.LIndex(ctx, k+"pending", -1),
	}
}

func queueKey(queue string) string { return "asynq:{" + queue + "}:" }

func (v queueView) state(queue string) job.QueueState {
	processed, _ := v.processed.Int64() // none yet: 0
	return job.QueueState{
		Queue: queue, Kind: kindOf(queue), Depth: v.pending.Val(), Active: v.active.Val(),
		Scheduled: v.scheduled.Val() + v.retry.Val(), Processed: processed, Paused: v.paused.Val() > 0,
	}
}

// latencies adds how long the oldest task of each queue has been ready.
func (q *Queue) latencies(ctx context.Context, states []job.QueueState, views []queueView) error {
	since := make([]*redis.StringCmd, len(states))
	commands, _ := q.redis.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i, s := range states {
			since[i] = p.HGet(ctx, taskKey(s.Queue, views[i].oldest.Val()), "pending_since")
		}
		return nil
	})
	if err := failure(commands); err != nil {
		return unavailable("look at the oldest tasks", err)
	}
	now := time.Now()
	for i := range states {
		if ns, err := strconv.ParseInt(since[i].Val(), 10, 64); err == nil {
			states[i].LatencyMS = max(now.Sub(time.Unix(0, ns)).Milliseconds(), 0)
		}
	}
	return nil
}

// Pause keeps a queue's tasks from being begun, by any worker, until Resume;
// those under way go on. New ones are added as ever. A queue that States does
// not name is job.ErrNoSuch. Doing it twice is doing it once.
func (q *Queue) Pause(ctx context.Context, o Options, queue string) error {
	if err := q.known(ctx, o, queue); err != nil {
		return err
	}
	// As asynq's inspector does, which calls a second time an error, and knows
	// no context.
	return unavailable("pause queue", q.redis.SetNX(ctx, queueKey(queue)+"paused", time.Now().Unix(), 0).Err())
}

// Resume takes that back.
func (q *Queue) Resume(ctx context.Context, o Options, queue string) error {
	if err := q.known(ctx, o, queue); err != nil {
		return err
	}
	if err := q.redis.Del(ctx, queueKey(queue)+"paused").Err(); err != nil {
		return unavailable("resume queue", err)
	}
	q.waker.wake(queue)
	return nil
}

func (q *Queue) known(ctx context.Context, o Options, queue string) error {
	names, err := q.names(ctx, o)
	if err != nil {
		return err
	}
	if !slices.Contains(names, queue) {
		return fmt.Errorf("queue %q: %w", queue, job.ErrNoSuch)
	}
	return nil
}

// Lanes names the platforms that have a queue: those of these options, and those
// that asynq knows besides.
func (q *Queue) Lanes(ctx context.Context, o Options) ([]string, error) {
	names, err := q.names(ctx, o)
	if err != nil {
		return nil, err
	}
	var lanes []string
	for _, name := range names {
		if lane, ok := strings.CutPrefix(name, "chats-"); ok {
			lanes = append(lanes, lane)
		}
	}
	return lanes, nil
}
