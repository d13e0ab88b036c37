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

	"github.com/redis/go-redis/v9"

	"postern/internal/job"
)

// Load reads a job: job.ErrUnknown where there is none.
func (s *Store) Load(ctx context.Context, id job.ID) (*job.Record, error) {
	fields, err := s.redis.HGetAll(ctx, recordKeys(id)[0]).Result()
	if err != nil {
		return nil, unavailable("load job", err)
	}
	if len(fields) == 0 {
		return nil, job.ErrUnknown
	}
	return recordFrom(id, fields)
}

func recordFrom(id job.ID, f map[string]string) (*job.Record, error) {
	r := &job.Record{ID: id, State: job.State(f["state"]), FinishedAt: fromMillis(f["finished_at"]), Version: f["v"]}
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
	stored, err := s.redis.Get(ctx, recordKeys(id)[1]).Bytes()
	if errors.Is(err, redis.Nil) {
		return nil, job.ErrUnknown
	}
	if err != nil {
		return nil, unavailable("load body", err)
	}
	return unpack(stored)
}

// Job reads a job as the API shows it.
func (s *Store) Job(ctx context.Context, id job.ID) (*job.Job, error) {
	r, err := s.Load(ctx, id)
	if err != nil {
		return nil, err
	}
	return r.Job(), nil
}
