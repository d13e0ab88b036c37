package queue

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// nap is how long an empty dequeue waits for a wake-up: what a lost one costs.
const nap = 500 * time.Millisecond

const wakeChannel = "postern:wake:"

// waker tells the workers of a queue that a task is there. Wake-ups of the same
// queue that come close together are one. Losing one costs a nap.
type waker struct {
	redis redis.UniversalClient
	log   *slog.Logger
	stop  chan struct{}
	done  chan struct{}
	due   chan struct{}

	mu      sync.Mutex
	pending map[string]bool
}

func newWaker(client redis.UniversalClient, log *slog.Logger) *waker {
	w := &waker{
		redis: client, log: log, pending: map[string]bool{},
		stop: make(chan struct{}), done: make(chan struct{}), due: make(chan struct{}, 1),
	}
	go w.run()
	return w
}

func (w *waker) wake(queue string) {
	w.mu.Lock()
	w.pending[queue] = true
	w.mu.Unlock()
	select {
	case w.due <- struct{}{}:
	default:
	}
}

func (w *waker) run() {
	defer close(w.done)
	for {
		select {
		case <-w.due:
			w.publish()
		case <-w.stop:
			w.publish()
			return
		}
	}
}

func (w *waker) publish() {
	w.mu.Lock()
	queues := w.pending
	w.pending = map[string]bool{}
	w.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	for queue := range queues {
		if err := w.redis.Publish(ctx, wakeChannel+queue, "").Err(); err != nil {
			w.log.DebugContext(ctx, "wake-up lost", "queue", queue, "error", err)
		}
	}
}

func (w *waker) close() {
	close(w.stop)
	<-w.done
}

// wakes receives wake-ups and lets empty dequeues wait for them. It is a hook
// on the client that asynq's servers are given.
type wakes struct {
	stop chan struct{}
	wake func(queue string) // everybody's

	mu     sync.Mutex
	queues map[string]chan struct{}
	shy    map[string]time.Time // until when the others go first
}

func newWakes(wake func(queue string)) *wakes {
	return &wakes{stop: make(chan struct{}), wake: wake, queues: map[string]chan struct{}{}, shy: map[string]time.Time{}}
}

func (w *wakes) of(queue string) chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, ok := w.queues[queue]
	if !ok {
		c = make(chan struct{}, 1)
		w.queues[queue] = c
	}
	return c
}

// A worker that handed a task back may not know its chat: for a while it lets
// the others go first, or it would take the same task again and again.
const (
	shyFor  = 5 * time.Second
	shyness = 30 * time.Millisecond
)

func (w *wakes) giveWay(queue string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.shy[queue] = time.Now().Add(shyFor)
}

// hesitate is how long this worker lets the others go first.
func (w *wakes) hesitate(queue string) time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	if time.Now().Before(w.shy[queue]) {
		return rand.N(shyness) //nolint:gosec // no secret
	}
	return 0
}

func (w *wakes) ring(queue string) {
	select {
	case w.of(queue) <- struct{}{}:
	default:
	}
}

// listen hands on what is published until stop; go-redis subscribes again by
// itself after a lost connection.
func (w *wakes) listen(ctx context.Context, client redis.UniversalClient, queues []string) (stop func()) {
	channels := make([]string, len(queues))
	for i, q := range queues {
		channels[i] = wakeChannel + q
	}
	sub := client.Subscribe(ctx, channels...)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for m := range sub.Channel() {
			w.ring(strings.TrimPrefix(m.Channel, wakeChannel))
		}
	}()
	return func() {
		_ = sub.Close()
		<-done
	}
}

// DialHook implements redis.Hook.
func (w *wakes) DialHook(next redis.DialHook) redis.DialHook { return next }

// ProcessPipelineHook implements redis.Hook.
func (w *wakes) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}

// ProcessHook implements redis.Hook: an empty dequeue waits for the wake-up
// and asks once more; a forwarded delayed task wakes its queue everywhere: who
// forwards must not be the only one to take it, for it may not know the chat.
func (w *wakes) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		err := next(ctx, cmd)
		queue, kind := scriptOn(cmd.Args())
		switch {
		case kind == dequeues && errors.Is(err, redis.Nil):
			if !w.wait(queue) {
				return err
			}
			cmd.SetErr(nil)
			return next(ctx, cmd)
		case kind == forwards && err == nil:
			if c, ok := cmd.(*redis.Cmd); ok {
				if n, err := c.Int64(); err == nil && n > 0 {
					w.wake(queue)
				}
			}
		}
		return err
	}
}

func (w *wakes) wait(queue string) bool {
	timer := time.NewTimer(nap)
	defer timer.Stop()
	select {
	case <-w.of(queue):
		timer.Reset(w.hesitate(queue))
	case <-timer.C:
		return true
	case <-w.stop:
		return false
	}
	select {
	case <-timer.C:
		return true
	case <-w.stop:
		return false
	}
}

type scriptKind int

const (
	other scriptKind = iota
	dequeues
	forwards
)

// scriptOn tells asynq's dequeue (pending, paused, active, lease) and forward
// (scheduled or retry, pending) by their keys.
func scriptOn(args []any) (queue string, kind scriptKind) {
	if len(args) < 5 {
		return "", other
	}
	first, _ := args[3].(string)
	second, _ := args[4].(string)
	switch {
	case strings.HasSuffix(first, "}:pending") && strings.HasSuffix(second, "}:paused"):
		return between(first), dequeues
	case (strings.HasSuffix(first, "}:scheduled") || strings.HasSuffix(first, "}:retry")) && strings.HasSuffix(second, "}:pending"):
		return between(second), forwards
	default:
		return "", other
	}
}

func between(key string) string {
	_, rest, _ := strings.Cut(key, "{")
	queue, _, _ := strings.Cut(rest, "}")
	return queue
}
