package store

import (
	"context"
	"errors"

	"postern/internal/job"
)

// List gives the jobs that a query means, newest first unless it says
// otherwise: job.ErrCursor.
func (s *Store) List(context.Context, job.Query) (job.Page, error) {
	return job.Page{}, errors.ErrUnsupported
}

// IDs is List without reading the jobs: some may have expired since, or
// changed.
func (s *Store) IDs(context.Context, job.Query) ([]job.ID, string, error) {
	return nil, "", errors.ErrUnsupported
}

// Request reads what was received, with its body: job.ErrUnknown.
func (s *Store) Request(context.Context, job.ID) (job.Request, error) {
	return job.Request{}, errors.ErrUnsupported
}

// Cancel stops what has not been sent of a job, and gives the notifications it
// stopped: job.ErrUnknown, job.ErrFinished.
func (s *Store) Cancel(context.Context, job.ID) ([]*job.Note, error) {
	return nil, errors.ErrUnsupported
}

// Delete forgets a finished job: job.ErrUnknown, job.ErrNotFinished.
func (s *Store) Delete(context.Context, job.ID) error { return errors.ErrUnsupported }

// Replay stores the same request as a new job, accepted now: job.ErrUnknown.
func (s *Store) Replay(context.Context, job.ID) (Added, error) {
	return Added{}, errors.ErrUnsupported
}
