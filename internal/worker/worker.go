// Package worker is the other side of the queue: it expands events into
// notifications, runs plugins' handlers, speaks for one chat at a time, and
// looks after what a crash left between two steps. It accepts no HTTP and
// knows neither Redis nor asynq: what it needs is declared here.
package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"postern/internal/config"
	"postern/internal/job"
	"postern/internal/routing"
	"postern/pkg/chat"
)

// Records is the store, as far as a worker needs it. Every method is safe for
// concurrent use and safe to repeat.
type Records interface {
	Load(ctx context.Context, id job.ID) (*job.Record, error)
	Body(ctx context.Context, id job.ID) ([]byte, error)
	Content(ctx context.Context, notification string) (job.Content, error)
	// Change may call change several times; job.ErrLeave from it writes
	// nothing and is no error.
	Change(ctx context.Context, id job.ID, change func(*job.Record) error) (*job.Record, error)
	ChangeNote(ctx context.Context, notification string, change func(*job.Note) error) (*job.Note, error)
	MakeNotes(ctx context.Context, id job.ID, notes []*job.Note, contents []job.Content) error
	OldestExpanding(ctx context.Context, shards []uint8) (job.ID, error)
}

// Mailboxes are the chats' mailboxes. A ticket in an answer is to be enqueued.
type Mailboxes interface {
	Put(ctx context.Context, b job.Box, item string) (job.Hand, error)
	StartTurn(ctx context.Context, b job.Box, ticket, token string, lease time.Duration) (job.Hand, error)
	StepTurn(ctx context.Context, b job.Box, token string, lease time.Duration, r job.Report) (job.Hand, error)
	RenewTurn(ctx context.Context, b job.Box, token string, lease time.Duration) (bool, error)
}

// Governor says when a chat may be spoken to, whichever worker asks.
type Governor interface {
	Ask(ctx context.Context, l job.Line, missed string) (job.Leave, error)
	Move(ctx context.Context, l job.Line, place string) error
	Tell(ctx context.Context, l job.Line, v job.Verdict) error
}

// Files opens what goes with a job's messages.
type Files interface {
	Open(ctx context.Context, id job.ID, a chat.Attachment, most int64) (chat.File, error)
}

// Tasks is the engine.
type Tasks interface {
	AddTurn(ctx context.Context, t job.Ticket) error
	// Later makes the error that hands a task back, to be run again after d.
	Later(d time.Duration) error
}

// Settings are a worker's numbers.
type Settings struct {
	Name        string // of this process, as attempts show it
	Concurrency int    // sends at once
	Retry       config.Retry
	Shards      []uint8
	SendTimeout time.Duration // one call of a platform
	JobLease    time.Duration // how long a silent worker keeps a job
	TurnLease   time.Duration // how long a silent worker keeps a chat
	TurnTime    time.Duration // how long one turn goes on before it hands over
}

// Defaults gives the settings that are the same everywhere.
func Defaults(name string, concurrency int, retry config.Retry, shards int) Settings {
	s := Settings{
		Name: name, Concurrency: max(concurrency, 1), Retry: retry,
		SendTimeout: 30 * time.Second, JobLease: 10 * time.Second, TurnLease: 5 * time.Second, TurnTime: 20 * time.Second,
	}
	for n := range shards {
		s.Shards = append(s.Shards, uint8(n))
	}
	return s
}

// Worker works on jobs and turns.
type Worker struct {
	Settings
	Table     *routing.Table
	Directory *routing.Directory
	Records   Records
	Mailboxes Mailboxes
	Governor  Governor
	Files     Files // nil: attachments are said as links
	Tasks     Tasks
	Sent      func(lane string) // told of each message that a platform took; nil: nobody is
	Log       *slog.Logger

	sends    chan struct{}
	draining <-chan struct{}
}

// New completes a Worker. Once draining is closed, turns end after the message
// in hand.
func New(w Worker, draining <-chan struct{}) *Worker {
	w.sends = make(chan struct{}, w.Concurrency)
	w.draining = draining
	return &w
}

func (w *Worker) stopping() bool {
	select {
	case <-w.draining:
		return true
	default:
		return false
	}
}

// turnsAtOnce is how many turns an unordered chat may have.
const turnsAtOnce = 16

// BoxOf says where a chat's mailbox is and how it is served.
func BoxOf(c routing.Chat) job.Box {
	b := job.Box{Lane: c.Lane, Chat: c.Key.String(), Turns: 1}
	if c.Ordering == routing.Unordered {
		b.Turns = turnsAtOnce
	}
	return b
}

// longestHold is the longest that failures alone keep a chat from being tried.
const longestHold = 2 * time.Minute

// LineOf says how the governor knows a chat.
func LineOf(c routing.Chat) job.Line {
	return job.Line{
		Lane: c.Lane, Chat: c.Key.String(), Account: c.Account, Print: c.Print, Limits: c.Limits,
		Longest: min(longestHold, c.Retry.Max),
	}
}

// post puts a notification into its chat's mailbox and enqueues the turn that
// is due. Doing it twice is doing it once.
func (w *Worker) post(ctx context.Context, c routing.Chat, n *job.Note) error {
	hand, err := w.Mailboxes.Put(ctx, BoxOf(c), n.Item())
	if err != nil {
		return err
	}
	return w.enqueue(ctx, hand)
}

func (w *Worker) enqueue(ctx context.Context, hand job.Hand) error {
	if hand.Ticket == nil {
		return nil
	}
	return w.Tasks.AddTurn(ctx, *hand.Ticket)
}

// pause waits, or ends with ctx.
func pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// isolated runs somebody else's code: a panic in it, or an end of its goroutine
// (runtime.Goexit), is that event's error.
func isolated[T any](do func() (T, error)) (T, error) {
	type end struct {
		value T
		err   error
	}
	ended := make(chan end, 1)
	go func() {
		e := end{err: fmt.Errorf("%w: it ended its goroutine", errPanic)}
		defer func() {
			if p := recover(); p != nil {
				e.err = fmt.Errorf("%w: %v", errPanic, p)
			}
			ended <- e
		}()
		e.value, e.err = do()
	}()
	e := <-ended
	return e.value, e.err
}

var errPanic = errors.New("panic")
