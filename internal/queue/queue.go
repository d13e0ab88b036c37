// Package queue is the asynq adapter: tasks carry ids and nothing else, lanes
// keep platforms apart, a wake-up saves the polling. It never reads a record
// and never decides whether to try again: what is true stands in the store.
//
// asynq, said once (v0.26.0, read in its source): it polls an empty queue once
// a second; its archive drops silently, so no task ever gets there: MaxRetry is
// huge, IsFailure is never true, retention is 0 and handlers return nil or
// Later; all times are whole seconds and may come one early; a task whose
// worker died comes back after 60 to 120 s, so the reconciler recovers it; a
// conflict on an id of our own making means the task is there.
package queue

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"

	"postern/internal/job"
	"postern/internal/redisconn"
)

const (
	taskJob  = "job"
	taskTurn = "turn"

	// forever keeps asynq from ending a task by itself: our record decides.
	forever    = 1 << 30
	longestRun = 7 * 24 * time.Hour
)

// Queue enqueues tasks. It is safe for concurrent use.
type Queue struct {
	redis  redis.UniversalClient
	client *asynq.Client
	waker  *waker
	log    *slog.Logger
}

// New makes a Queue on an open client, which the caller closes after it.
func New(client redis.UniversalClient, log *slog.Logger) *Queue {
	return &Queue{redis: client, client: asynq.NewClientFromRedisClient(client), waker: newWaker(client, log), log: log}
}

// Close stops the wake-ups.
func (q *Queue) Close() { q.waker.close() }

func eventQueue(shard uint8) string { return "events-" + strconv.Itoa(int(shard)) }

func chatQueue(lane string) string { return "chats-" + lane }

// jobTaskID makes a run's task id: a second run is never swallowed by the
// first one's id.
func jobTaskID(id job.ID, run int) string { return string(id) + ":" + strconv.Itoa(run) }

// AddJob enqueues a run of a job. Adding it twice is adding it once.
func (q *Queue) AddJob(ctx context.Context, id job.ID, run int) error {
	return q.add(ctx, eventQueue(id.Shard()), asynq.NewTask(taskJob, []byte(jobTaskID(id, run))), jobTaskID(id, run), time.Time{})
}

// turnPayload names a turn.
type turnPayload struct {
	Lane   string `json:"lane"`
	Chat   string `json:"chat"`
	Ticket string `json:"ticket"`
}

func turnTaskID(t job.Ticket) string { return t.Box.Chat + ":" + t.Number }

// AddTurn enqueues a turn for when its ticket is due. Adding it twice is adding
// it once.
func (q *Queue) AddTurn(ctx context.Context, t job.Ticket) error {
	payload, err := json.Marshal(turnPayload{Lane: t.Box.Lane, Chat: t.Box.Chat, Ticket: t.Number})
	if err != nil {
		return fmt.Errorf("encode turn: %w", err)
	}
	return q.add(ctx, chatQueue(t.Box.Lane), asynq.NewTask(taskTurn, payload), turnTaskID(t), t.Due)
}

// soon is how near a due time is not worth a delayed task: the turn waits.
const soon = 1100 * time.Millisecond

func (q *Queue) add(ctx context.Context, queue string, task *asynq.Task, id string, due time.Time) error {
	options := []asynq.Option{asynq.Queue(queue), asynq.TaskID(id), asynq.MaxRetry(forever), asynq.Timeout(longestRun)}
	delayed := time.Until(due) > soon
	if delayed {
		options = append(options, asynq.ProcessAt(due))
	}
	_, err := q.client.EnqueueContext(ctx, task, options...)
	switch {
	case errors.Is(err, asynq.ErrTaskIDConflict): // ours, from before or from a try whose reply was lost
	case err != nil && errors.Is(ctx.Err(), context.Canceled): // asynq's error is text and does not tell
		return fmt.Errorf("enqueue: %w", ctx.Err())
	case err != nil:
		return unavailable("enqueue", err)
	}
	if !delayed {
		q.waker.wake(queue)
	}
	return nil
}

// unavailable marks Redis's troubles. asynq formats errors into text, so what
// is no known answer of ours counts as trouble too.
func unavailable(doing string, err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, context.Canceled) && !redisconn.Unavailable(err) {
		return fmt.Errorf("%s: %w", doing, err)
	}
	return fmt.Errorf("%s: %w: %w", doing, job.ErrUnavailable, err)
}

// parseJob reads the payload of a job's task.
func parseJob(payload []byte) (job.ID, int, error) {
	id, run, ok := strings.Cut(string(payload), ":")
	n, err := strconv.Atoi(run)
	if !ok || err != nil {
		return "", 0, fmt.Errorf("task payload %q is not understood", payload)
	}
	parsed, err := job.ParseID(id)
	return parsed, n, err
}
