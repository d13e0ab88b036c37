package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"postern/internal/job"
)

// Load reads a job: job.ErrUnknown where there is none.
func (s *Store) Load(ctx context.Context, id job.ID) (*job.Record, error) {
	fields, err := s.redis.HGetAll(ctx, recordKeys(id)[0]).Result()
	if err != nil {
		return nil, unavailable("load job", err)
	}
	if len(fields) == 0 || ended(fields["ends"], time.Now()) {
		return nil, job.ErrUnknown
	}
	return recordFrom(id, fields)
}

// ended reports whether the end of a record has come, even where nobody has
// forgotten it yet.
func ended(ends string, now time.Time) bool {
	at := fromMillis(ends)
	return !at.IsZero() && !at.After(now)
}

func recordFrom(id job.ID, f map[string]string) (*job.Record, error) {
	r := &job.Record{ID: id, State: job.State(f["state"]), FinishedAt: fromMillis(f["finished_at"]), Stopped: f["stop"], Version: f["v"]}
	var err error
	if r.Run, err = strconv.Atoi(f["run"]); err != nil {
		return nil, fmt.Errorf("load job: run %q is no number", f["run"])
	}
	if err := json.Unmarshal([]byte(f["intake"]), &r.Kept); err != nil {
		return nil, fmt.Errorf("load job: decode intake: %w", err)
	}
	if err := json.Unmarshal([]byte(f["doc"]), &r.Doc); err != nil {
		return nil, fmt.Errorf("load job: decode document: %w", err)
	}
	for _, k := range slices.Sorted(maps.Keys(f)) {
		nid, ok := strings.CutPrefix(k, "n:")
		if !ok {
			continue
		}
		n, err := noteFrom(f[k], f["nv:"+nid])
		if err != nil {
			return nil, err
		}
		n.Stopped = r.Stopped != ""
		r.Notes = append(r.Notes, n)
	}
	slices.SortStableFunc(r.Notes, func(a, b *job.Note) int { return a.Order - b.Order })
	return r, nil
}

func noteFrom(doc, version string) (*job.Note, error) {
	n := &job.Note{Version: version}
	if err := json.Unmarshal([]byte(doc), n); err != nil {
		return nil, fmt.Errorf("decode notification: %w", err)
	}
	return n, nil
}

// Body reads a job's request body.
func (s *Store) Body(ctx context.Context, id job.ID) ([]byte, error) {
	stored, err := s.packed(ctx, id)
	if err != nil {
		return nil, err
	}
	return unpack(stored)
}

// packed is Body as it is stored.
func (s *Store) packed(ctx context.Context, id job.ID) ([]byte, error) {
	stored, err := s.redis.Get(ctx, recordKeys(id)[1]).Bytes()
	if errors.Is(err, redis.Nil) {
		return nil, job.ErrUnknown
	}
	return stored, unavailable("load body", err)
}

// Request reads what was received, with its body: job.ErrUnknown.
func (s *Store) Request(ctx context.Context, id job.ID) (job.Request, error) {
	r, err := s.Load(ctx, id)
	if err != nil {
		return job.Request{}, err
	}
	request := r.Kept.Request
	request.Body, err = s.Body(ctx, id)
	return request, err
}

// Job reads a job as the API shows it.
func (s *Store) Job(ctx context.Context, id job.ID) (*job.Job, error) {
	r, err := s.Load(ctx, id)
	if err != nil {
		return nil, err
	}
	return r.Job(), nil
}
