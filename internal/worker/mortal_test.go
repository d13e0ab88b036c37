package worker_test

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"postern/internal/job"
	"postern/internal/queue"
	"postern/internal/store"
	"postern/internal/worker"
	"postern/pkg/plugin"
)

// mortal is the store and the engine of a worker that dies: from some call on,
// nothing it says reaches anybody.
type mortal struct {
	*store.Store
	tasks engine
	left  atomic.Int32 // calls until it is dead
	calls atomic.Int32
}

var errKilled = errors.New("killed")

func (m *mortal) dead() error {
	m.calls.Add(1)
	if m.left.Add(-1) < 0 {
		return errKilled
	}
	return nil
}

func (m *mortal) Body(ctx context.Context, id job.ID) ([]byte, error) {
	if err := m.dead(); err != nil {
		return nil, err
	}
	return m.Store.Body(ctx, id)
}

func (m *mortal) Content(ctx context.Context, nid string) (job.Content, error) {
	if err := m.dead(); err != nil {
		return job.Content{}, err
	}
	return m.Store.Content(ctx, nid)
}

func (m *mortal) Change(ctx context.Context, id job.ID, change func(*job.Record) error) (*job.Record, error) {
	if err := m.dead(); err != nil {
		return nil, err
	}
	return m.Store.Change(ctx, id, change)
}

func (m *mortal) ChangeNote(ctx context.Context, nid string, change func(*job.Note) error) (*job.Note, error) {
	if err := m.dead(); err != nil {
		return nil, err
	}
	return m.Store.ChangeNote(ctx, nid, change)
}

func (m *mortal) MakeNotes(ctx context.Context, id job.ID, notes []*job.Note, contents []job.Content) error {
	for i := range notes { // it may die between two of them
		if err := m.dead(); err != nil {
			return err
		}
		if err := m.Store.MakeNotes(ctx, id, notes[i:i+1], contents[i:i+1]); err != nil {
			return err
		}
	}
	return nil
}

func (m *mortal) Put(ctx context.Context, b job.Box, item string) (job.Hand, error) {
	if err := m.dead(); err != nil {
		return job.Hand{}, err
	}
	return m.Store.Put(ctx, b, item)
}

func (m *mortal) StartTurn(ctx context.Context, b job.Box, ticket, token string, lease time.Duration) (job.Hand, error) {
	if err := m.dead(); err != nil {
		return job.Hand{}, err
	}
	return m.Store.StartTurn(ctx, b, ticket, token, lease)
}

func (m *mortal) StepTurn(ctx context.Context, b job.Box, token string, lease time.Duration, r job.Report) (job.Hand, error) {
	if err := m.dead(); err != nil {
		return job.Hand{}, err
	}
	return m.Store.StepTurn(ctx, b, token, lease, r)
}

// RenewTurn never renews: a worker that stands still does not either.
func (m *mortal) RenewTurn(context.Context, job.Box, string, time.Duration) (bool, error) {
	return true, nil
}

func (m *mortal) AddTurn(ctx context.Context, t job.Ticket) error {
	if err := m.dead(); err != nil {
		return err
	}
	return m.tasks.AddTurn(ctx, t)
}

func (m *mortal) Later(d time.Duration) error { return queue.Later(d) }

// dying makes a worker that dies at its call number n, from 0.
func (w *world) dying(n int, text string, lose func(job.Ticket) bool, plugins ...plugin.Plugin) (*worker.Worker, *mortal) {
	w.t.Helper()
	m := &mortal{Store: w.store, tasks: engine{Queue: w.queue, lose: lose}}
	m.left.Store(int32(n))
	die := func(made *worker.Worker, _ *queue.Options) {
		made.Records, made.Mailboxes, made.Tasks = m, m, m
		made.JobLease, made.TurnLease = 300*time.Millisecond, 300*time.Millisecond
	}
	made, _, _ := w.make("dead", text, nil, []tune{die}, plugins...)
	return made, m
}
