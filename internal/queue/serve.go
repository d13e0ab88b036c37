package queue

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"

	"postern/internal/job"
)

// Handlers do the work. Both may be called concurrently; their contexts end
// when the drain's time is over. An error is Later or is logged and tried
// again after a second: what became of the work stands in the record.
type Handlers struct {
	Job  func(ctx context.Context, id job.ID, run int) error
	Turn func(ctx context.Context, lane, chat, ticket string) error
}

// Options say which lanes a worker serves.
type Options struct {
	Shards          int           // of events; shards of old, larger settings are found and served too
	Lanes           []string      // chat platforms
	Jobs            int           // jobs worked on at once, all shards together
	Turns           int           // turns at once, per lane
	ShutdownTimeout time.Duration // how long running tasks may go on after the end
}

// checkInterval is asynq's own pause after an empty dequeue; the wake-up hook
// does the waiting.
const checkInterval = 2 * time.Millisecond

type later struct{ after time.Duration }

func (l later) Error() string { return "later: " + l.after.String() }

// Later hands a task back to the queue, to be run again no sooner than d (give
// or take a second), at no cost.
func Later(d time.Duration) error { return later{after: d} }

// Serve works on the lanes until ctx ends, then drains: no new task is begun,
// running ones have ShutdownTimeout, the rest goes back to the queue. serving
// is closed once the servers run. client is for the servers alone; it gets a
// hook.
func (q *Queue) Serve(ctx context.Context, client redis.UniversalClient, o Options, h Handlers, serving func()) error {
	queues, err := q.queues(ctx, o)
	if err != nil {
		return err
	}
	w := newWakes(q.waker.wake)
	client.AddHook(w)
	stopListening := w.listen(ctx, client, queues)
	defer stopListening()

	working, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	jobs := make(chan struct{}, max(o.Jobs, 1))
	servers := make([]*asynq.Server, 0, len(queues))
	for _, queue := range queues {
		concurrency := o.Turns
		if strings.HasPrefix(queue, "events-") {
			concurrency = o.Jobs
		}
		server := asynq.NewServerFromRedisClient(client, q.settings(queue, max(concurrency, 1), o.ShutdownTimeout))
		if err := server.Start(q.mux(working, h, jobs, func() { w.giveWay(queue) })); err != nil {
			stop(servers, w)
			return fmt.Errorf("serve %s: %w", queue, err)
		}
		servers = append(servers, server)
	}
	serving()
	<-ctx.Done()
	// Sends that are cut at the very end must still be recorded: their context
	// ends a little before asynq hands their tasks back.
	timer := time.AfterFunc(max(o.ShutdownTimeout-time.Second, o.ShutdownTimeout/2), cut)
	defer timer.Stop()
	stop(servers, w)
	return nil
}

func stop(servers []*asynq.Server, w *wakes) {
	close(w.stop)
	var all sync.WaitGroup
	for _, s := range servers {
		all.Go(s.Shutdown)
	}
	all.Wait()
}

// queues lists what to serve: the configured shards and those of old, larger
// settings that asynq still knows.
func (q *Queue) queues(ctx context.Context, o Options) ([]string, error) {
	var queues []string
	for shard := range o.Shards {
		queues = append(queues, "events-"+strconv.Itoa(shard))
	}
	known, err := q.redis.SMembers(ctx, "asynq:queues").Result()
	if err != nil {
		return nil, unavailable("list queues", err)
	}
	for _, name := range known {
		if strings.HasPrefix(name, "events-") && !slices.Contains(queues, name) {
			queues = append(queues, name)
		}
	}
	for _, lane := range o.Lanes {
		queues = append(queues, chatQueue(lane))
	}
	return queues, nil
}

func (q *Queue) settings(queue string, concurrency int, timeout time.Duration) asynq.Config {
	return asynq.Config{
		Concurrency:              concurrency,
		Queues:                   map[string]int{queue: 1},
		TaskCheckInterval:        checkInterval,
		DelayedTaskCheckInterval: 250 * time.Millisecond,
		ShutdownTimeout:          timeout,
		IsFailure:                func(error) bool { return false },
		RetryDelayFunc:           retryDelay,
		Logger:                   asynqLog{q.log},
		LogLevel:                 asynq.WarnLevel,
	}
}

func retryDelay(_ int, err error, _ *asynq.Task) time.Duration {
	var l later
	switch {
	case errors.As(err, &l):
		return l.after
	case errors.Is(err, asynq.ErrLeaseExpired): // a dead worker's task: nothing failed
		return 0
	default:
		return time.Second
	}
}

// mux bounds jobs over all shards together. The handlers' contexts end with
// working; asynq's own do not, for it would not wait for a handler any longer.
func (q *Queue) mux(working context.Context, h Handlers, jobs chan struct{}, handedBack func()) asynq.Handler {
	return asynq.HandlerFunc(func(ctx context.Context, t *asynq.Task) (err error) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		defer context.AfterFunc(working, cancel)()
		defer func() {
			if p := recover(); p != nil {
				q.log.ErrorContext(ctx, "task panicked", "task", t.Type(), "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
				err = Later(time.Second)
			}
		}()
		err = q.handle(ctx, h, jobs, t)
		var l later
		switch {
		case err == nil:
			return nil
		case errors.As(err, &l):
			handedBack()
			return err
		}
		q.log.WarnContext(ctx, "task not finished", "task", t.Type(), "error", err)
		return Later(time.Second) // asynq stores error texts: ours stay with us
	})
}

func (q *Queue) handle(ctx context.Context, h Handlers, jobs chan struct{}, t *asynq.Task) error {
	switch t.Type() {
	case taskJob:
		id, run, err := parseJob(t.Payload())
		if err != nil {
			q.log.ErrorContext(ctx, "task not understood", "error", err)
			return nil
		}
		select {
		case jobs <- struct{}{}:
			defer func() { <-jobs }()
		case <-ctx.Done():
			return Later(0)
		}
		return h.Job(ctx, id, run)
	case taskTurn:
		var p turnPayload
		if err := json.Unmarshal(t.Payload(), &p); err != nil {
			q.log.ErrorContext(ctx, "task not understood", "error", err)
			return nil
		}
		return h.Turn(ctx, p.Lane, p.Chat, p.Ticket)
	default:
		q.log.ErrorContext(ctx, "task of an unknown type", "task", t.Type())
		return nil
	}
}

// asynqLog puts asynq's own lines under one message.
type asynqLog struct{ log *slog.Logger }

func (l asynqLog) line(level slog.Level, args []any) {
	l.log.Log(context.Background(), level, "asynq", "message", fmt.Sprint(args...))
}
func (l asynqLog) Debug(args ...any) { l.line(slog.LevelDebug, args) }
func (l asynqLog) Info(args ...any)  { l.line(slog.LevelDebug, args) }
func (l asynqLog) Warn(args ...any)  { l.line(slog.LevelWarn, args) }
func (l asynqLog) Error(args ...any) { l.line(slog.LevelError, args) }

// Fatal is called where asynq would end the program: it does not.
func (l asynqLog) Fatal(args ...any) { l.line(slog.LevelError, args) }
