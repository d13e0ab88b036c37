package store

import (
	"context"
	"time"

	"github.com/redis/go-redis/v9"

	"postern/internal/job"
)

// each runs a script many times, all on their way at once. An error of one is
// the error of all.
func (s *Store) each(ctx context.Context, script *redis.Script, times int, call func(int) ([]string, []any)) ([]*redis.Cmd, error) {
	commands := make([]*redis.Cmd, times)
	_, _ = s.redis.Pipelined(ctx, func(p redis.Pipeliner) error { // each command has its own error
		for i := range times {
			keys, args := call(i)
			commands[i] = script.EvalSha(ctx, p, keys, args...)
		}
		return nil
	})
	for i, c := range commands {
		if redis.HasErrorPrefix(c.Err(), "NOSCRIPT") {
			keys, args := call(i)
			commands[i] = script.Run(ctx, s.redis, keys, args...)
		}
		if err := commands[i].Err(); err != nil {
			return nil, err
		}
	}
	return commands, nil
}

// loadAll reads many jobs, and says which have no record any more. Those whose
// end has come are in neither.
func (s *Store) loadAll(ctx context.Context, ids []job.ID) (records []*job.Record, gone []job.ID, err error) {
	fields, err := s.fieldsOf(ctx, ids)
	if err != nil {
		return nil, nil, err
	}
	now := time.Now()
	for i, f := range fields {
		switch {
		case len(f) == 0:
			gone = append(gone, ids[i])
		case !ended(f["ends"], now):
			r, err := recordFrom(ids[i], f)
			if err != nil {
				return nil, nil, err
			}
			records = append(records, r)
		}
	}
	return records, gone, nil
}

func (s *Store) fieldsOf(ctx context.Context, ids []job.ID) ([]map[string]string, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	commands, err := s.redis.Pipelined(ctx, func(p redis.Pipeliner) error {
		for _, id := range ids {
			p.HGetAll(ctx, recordKeys(id)[0])
		}
		return nil
	})
	if err != nil {
		return nil, unavailable("load jobs", err)
	}
	fields := make([]map[string]string, len(ids))
	for i, c := range commands {
		if c, ok := c.(*redis.MapStringStringCmd); ok {
			fields[i] = c.Val()
		}
	}
	return fields, nil
}
