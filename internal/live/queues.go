package live

import (
	"context"

	"postern/internal/job"
)

// Engine is the queues of the engine. Safe for concurrent use.
type Engine interface {
	// States says how every queue stands, but for its rate.
	States(ctx context.Context) ([]job.QueueState, error)
	// Pause keeps a queue's tasks from being begun until Resume; one that
	// nobody knows is job.ErrNoSuch, for both.
	Pause(ctx context.Context, queue string) error
	Resume(ctx context.Context, queue string) error
}

// Workers are those that are at work. Safe for concurrent use.
type Workers interface {
	Present(ctx context.Context) ([]job.Presence, error)
}

// Queues shows queues, pauses and resumes them. It is safe for concurrent use.
type Queues struct {
	Engine  Engine
	Workers Workers
}

// Queues gives every queue; its rate is what the workers say they did.
func (q *Queues) Queues(ctx context.Context) ([]job.QueueState, error) {
	states, err := q.Engine.States(ctx)
	if err != nil {
		return nil, err
	}
	present, err := q.Workers.Present(ctx)
	if err != nil {
		return nil, err
	}
	for i := range states {
		for _, w := range present {
			states[i].Rate += w.Rates[states[i].Queue]
		}
	}
	return states, nil
}

// Pause keeps a queue's tasks from being begun until Resume: job.ErrNoSuch. It
// gives how the queue stands.
func (q *Queues) Pause(ctx context.Context, queue string) (job.QueueState, error) {
	return q.change(ctx, queue, q.Engine.Pause)
}

// Resume takes that back.
func (q *Queues) Resume(ctx context.Context, queue string) (job.QueueState, error) {
	return q.change(ctx, queue, q.Engine.Resume)
}

func (q *Queues) change(ctx context.Context, queue string, do func(context.Context, string) error) (job.QueueState, error) {
	if err := do(ctx, queue); err != nil {
		return job.QueueState{}, err
	}
	states, err := q.Queues(ctx)
	if err != nil {
		return job.QueueState{}, err
	}
	for _, s := range states {
		if s.Queue == queue {
			return s, nil
		}
	}
	return job.QueueState{}, job.ErrNoSuch
}
