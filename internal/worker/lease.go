package worker

import (
	"context"
	"time"

	"postern/internal/job"
)

// askEvery is for how long a job that was canceled goes on at most.
const askEvery = time.Second

// keepLease tells the store that this worker is alive for as long as the
// attempt lasts. The context it gives ends when the job was canceled, or another
// worker took over.
func (w *Worker) keepLease(ctx context.Context, id job.ID, attempt int) (context.Context, func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		every := min(w.JobLease/3, askEvery)
		tick := time.NewTicker(every)
		defer tick.Stop()
		for renewed := time.Now(); ; {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			due := time.Since(renewed) > w.JobLease/3-every
			held, err := w.beat(ctx, id, attempt, due)
			switch {
			case err != nil && ctx.Err() == nil:
				w.Log.WarnContext(ctx, "lease not renewed", "job_id", id, "error", err)
			case err == nil && !held:
				cancel()
			case due:
				renewed = time.Now()
			}
		}
	}()
	return ctx, func() {
		cancel()
		<-done
	}
}

// beat asks whether the attempt still holds its job, and where it is due renews
// its lease.
func (w *Worker) beat(ctx context.Context, id job.ID, attempt int, due bool) (held bool, err error) {
	_, err = w.Records.Change(ctx, id, func(r *job.Record) error {
		if held = r.Holds(attempt); !held || !due {
			return job.ErrLeave
		}
		r.Doc.LeaseUntil = job.AtPtr(time.Now().Add(w.JobLease))
		return nil
	})
	return held, ignoreUnknown(err)
}
