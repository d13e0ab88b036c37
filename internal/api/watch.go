package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"sync"
	"time"

	"postern/internal/job"
)

// How a job is watched.
const (
	lookEvery  = 200 * time.Millisecond
	mostOfOne  = 64   // streams of one caller
	mostOfAll  = 1024 // streams of all callers
	versionHex = 16
)

// view is a job as it was when it was last looked at.
type view struct {
	json     []byte
	version  string // of what is shown: the same for every receiver
	finished bool
}

// watches shares looking at jobs among all streams: however many watch one job,
// the store is asked about it once in a while. Safe for concurrent use.
type watches struct {
	jobs Jobs

	mu      sync.Mutex
	all     int
	callers map[string]int
	watched map[job.ID]*watched
}

// watched is one job that somebody watches.
type watched struct {
	streams int // guarded by watches.mu

	mu   sync.Mutex
	at   time.Time // of the last look
	view view
	err  error
}

func newWatches(jobs Jobs) *watches {
	return &watches{jobs: jobs, callers: map[string]int{}, watched: map[job.ID]*watched{}}
}

// enter lets a caller watch a job, until it leaves; false: there are too many
// streams already.
func (w *watches) enter(caller string, id job.ID) (*watched, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.all >= mostOfAll || w.callers[caller] >= mostOfOne {
		return nil, false
	}
	w.all++
	w.callers[caller]++
	at := w.watched[id]
	if at == nil {
		at = &watched{}
		w.watched[id] = at
	}
	at.streams++
	return at, true
}

func (w *watches) leave(caller string, id job.ID) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.all--
	if w.callers[caller]--; w.callers[caller] == 0 {
		delete(w.callers, caller)
	}
	if at := w.watched[id]; at != nil {
		if at.streams--; at.streams == 0 {
			delete(w.watched, id)
		}
	}
}

// look gives the job as it stands, not older than lookEvery. Whoever comes
// first asks the store, the others wait for what it says.
func (w *watches) look(ctx context.Context, at *watched, id job.ID) (view, error) {
	at.mu.Lock()
	defer at.mu.Unlock()
	if !at.at.IsZero() && time.Since(at.at) < lookEvery/2 {
		return at.view, at.err
	}
	// Its answer is for all who wait, so it does not end with this caller.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeTimeout)
	defer cancel()
	found, err := w.jobs.Job(ctx, id)
	at.at, at.err = time.Now(), err
	if err == nil {
		at.view, at.err = viewOf(found)
	}
	return at.view, at.err
}

var errUnshown = errors.New("the job cannot be shown")

func viewOf(found *job.Job) (view, error) {
	text, err := json.Marshal(complete(found))
	if err != nil {
		return view{}, errUnshown
	}
	sum := sha256.Sum256(text)
	return view{json: text, version: hex.EncodeToString(sum[:])[:versionHex], finished: found.Finished()}, nil
}
