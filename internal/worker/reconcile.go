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
)

// Ledger is what the reconciler reads and mends in the store.
type Ledger interface {
	Load(ctx context.Context, id job.ID) (*job.Record, error)
	ChangeNote(ctx context.Context, notification string, change func(*job.Note) error) (*job.Note, error)
	DueJobs(ctx context.Context, shard uint8, now time.Time, limit int) ([]job.ID, error)
	LookAgain(ctx context.Context, id job.ID, at time.Time) error
	Forget(ctx context.Context, id job.ID) error
	// Shards are those that hold jobs, of old settings too.
	Shards(ctx context.Context) ([]uint8, error)
	// Expire forgets jobs whose end has come, at most limit; fewer than limit
	// means that no more are due.
	Expire(ctx context.Context, shard uint8, now time.Time, limit int) (int, error)
	DueBoxes(ctx context.Context, lane string, limit int) ([]string, error)
	CheckBox(ctx context.Context, b job.Box, unrunnable string) (job.Hand, error)
	Put(ctx context.Context, b job.Box, item string) (job.Hand, error)
	// Lead makes the caller the only one who does a kind of work for a while.
	Lead(ctx context.Context, kind, worker string, d time.Duration) (bool, error)
}

// Engine is what the reconciler asks of the queue.
type Engine interface {
	// EnsureJob makes sure that a run has a task that will be run.
	EnsureJob(ctx context.Context, id job.ID, run int, abandoned bool) error
	// EnsureTurn does so for a ticket; false: it cannot, make another ticket.
	EnsureTurn(ctx context.Context, t job.Ticket) (bool, error)
	AddTurn(ctx context.Context, t job.Ticket) error
	// Sweep mends what the engine itself left behind, and counts it.
	Sweep(ctx context.Context) (int, error)
}

// Reconciler finishes what a crash left between two steps: jobs stored and not
// queued, jobs and turns of dead workers, notifications not in their mailbox.
// Any number of workers may run one; they take turns.
type Reconciler struct {
	Name      string
	Shards    []uint8
	Directory *routing.Directory
	Retry     config.Retry
	Ledger    Ledger
	Engine    Engine
	Log       *slog.Logger
}

const (
	lookEvery  = time.Second
	sweepEvery = 15 * time.Second
	batch      = 200
	lookRarely = 5 * time.Minute
)

// Run looks once a second until ctx ends.
func (r *Reconciler) Run(ctx context.Context) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := r.look(ctx); err != nil && ctx.Err() == nil {
			r.Log.WarnContext(ctx, "reconciling stopped short", "error", err)
		}
	}
}

// look does one round of what this worker has the lead of.
func (r *Reconciler) look(ctx context.Context) error {
	var errs []error
	for _, shard := range r.Shards {
		errs = append(errs, r.led(ctx, fmt.Sprintf("jobs-%d", shard), lookEvery*9/10, func() error { return r.jobs(ctx, shard) }))
	}
	for _, lane := range r.Directory.Lanes() {
		errs = append(errs, r.led(ctx, "boxes-"+lane, lookEvery*9/10, func() error { return r.boxes(ctx, lane) }))
	}
	errs = append(errs, r.led(ctx, "ends", lookEvery*9/10, func() error { return r.ends(ctx) }))
	errs = append(errs, r.led(ctx, "sweep", sweepEvery, func() error {
		n, err := r.Engine.Sweep(ctx)
		if n > 0 {
			r.Log.WarnContext(ctx, "tasks recovered", "tasks", n)
		}
		return err
	}))
	return errors.Join(errs...)
}

func (r *Reconciler) led(ctx context.Context, kind string, d time.Duration, do func() error) error {
	mine, err := r.Ledger.Lead(ctx, kind, r.Name, d)
	if err != nil || !mine {
		return err
	}
	return do()
}

// mostBatches bounds how many jobs of a shard are forgotten in one round.
const mostBatches = 50

// ends forgets the jobs whose retention is over.
func (r *Reconciler) ends(ctx context.Context) error {
	shards, err := r.Ledger.Shards(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for _, shard := range shards {
		for range mostBatches {
			n, err := r.Ledger.Expire(ctx, shard, time.Now(), batch)
			if err != nil {
				errs = append(errs, fmt.Errorf("forget jobs of shard %d: %w", shard, err))
			}
			if err != nil || n < batch {
				break
			}
		}
	}
	return errors.Join(errs...)
}

func (r *Reconciler) jobs(ctx context.Context, shard uint8) error {
	ids, err := r.Ledger.DueJobs(ctx, shard, time.Now(), batch)
	if err != nil {
		return err
	}
	var errs []error
	for _, id := range ids {
		if err := r.job(ctx, id); err != nil {
			// One that cannot be handled must not stand in the way of the rest.
			errs = append(errs, fmt.Errorf("reconcile job %s: %w", id, err), r.Ledger.LookAgain(ctx, id, time.Now().Add(lookRarely)))
		}
		if ctx.Err() != nil {
			break
		}
	}
	return errors.Join(errs...)
}

// job looks at one unfinished job.
func (r *Reconciler) job(ctx context.Context, id job.ID) error {
	rec, err := r.Ledger.Load(ctx, id)
	if errors.Is(err, job.ErrUnknown) {
		return r.Ledger.Forget(ctx, id)
	}
	if err != nil {
		return err
	}
	now := time.Now()
	if !rec.State.Final() {
		lease := rec.Doc.LeaseUntil
		if rec.State == job.Running && lease != nil && lease.After(now) {
			return r.Ledger.LookAgain(ctx, id, lease.Time)
		}
		if err := r.Engine.EnsureJob(ctx, id, rec.Run, rec.State == job.Running); err != nil {
			return err
		}
	} else {
		for _, n := range rec.Notes {
			if err := r.note(ctx, n, now); err != nil {
				return err
			}
		}
	}
	return r.Ledger.LookAgain(ctx, id, now.Add(lookAgain(rec, now)))
}

// lookAgain looks at old jobs ever more rarely: a long queue is no fault.
func lookAgain(rec *job.Record, now time.Time) time.Duration {
	if rec.State.Final() {
		return lookRarely
	}
	return min(max(now.Sub(time.UnixMilli(rec.Kept.AcceptedAt))/2, 5*time.Second), lookRarely)
}

// note puts an open notification into its mailbox, where it usually lies
// already.
func (r *Reconciler) note(ctx context.Context, n *job.Note, now time.Time) error {
	if n.Stopped && n.State != job.NoteSending {
		return r.cancel(ctx, n)
	}
	if n.State.Final() {
		return nil
	}
	c, ok := r.Directory.ByKey(n.ChatKey)
	if !ok {
		why := exhausted(r.Retry, 0, n.Since.Time, now)
		if why == "" {
			return nil // another worker may know it
		}
		_, err := r.Ledger.ChangeNote(ctx, n.ID, func(n *job.Note) error {
			if n.State.Final() {
				return job.ErrLeave
			}
			n.Finish(job.NoteDead, why+": no worker knows the chat "+n.ChatKey)
			return nil
		})
		return err
	}
	hand, err := r.Ledger.Put(ctx, BoxOf(c), n.Item())
	if err != nil || hand.Ticket == nil {
		return err
	}
	return r.Engine.AddTurn(ctx, *hand.Ticket)
}

// cancel ends a notification that a canceled job left waiting.
func (r *Reconciler) cancel(ctx context.Context, n *job.Note) error {
	if n.State.Final() {
		return nil
	}
	_, err := r.Ledger.ChangeNote(ctx, n.ID, func(n *job.Note) error {
		if !n.Cancel() {
			return job.ErrLeave
		}
		return nil
	})
	return err
}

func (r *Reconciler) boxes(ctx context.Context, lane string) error {
	keys, err := r.Ledger.DueBoxes(ctx, lane, batch)
	if err != nil {
		return err
	}
	var errs []error
	for _, key := range keys {
		c, ok := r.Directory.ByKey(key)
		box := job.Box{Lane: lane, Chat: key, Turns: 1}
		if ok {
			box = BoxOf(c)
		}
		if err := r.box(ctx, box); err != nil {
			errs = append(errs, fmt.Errorf("check mailbox of %s: %w", key, err))
		}
		if ctx.Err() != nil {
			break
		}
	}
	return errors.Join(errs...)
}

func (r *Reconciler) box(ctx context.Context, b job.Box) error {
	hand, err := r.Ledger.CheckBox(ctx, b, "")
	if err != nil {
		return err
	}
	if hand.Kind == job.HandOverdue {
		runnable, err := r.Engine.EnsureTurn(ctx, *hand.Ticket)
		if err != nil || runnable {
			return err
		}
		if hand, err = r.Ledger.CheckBox(ctx, b, hand.Ticket.Number); err != nil {
			return err
		}
	}
	if hand.Ticket == nil {
		return nil
	}
	return r.Engine.AddTurn(ctx, *hand.Ticket)
}
