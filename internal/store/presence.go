package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/redis/go-redis/v9"

	"postern/internal/job"
)

// Every worker that is at work has a key that expires, and its name in a list.
const (
	workerPrefix = "postern:{workers}:w:"
	workersKey   = "postern:{workers}:names"
)

// Appear tells that a worker is at work; unless it tells so again, it is gone
// after lasting.
func (s *Store) Appear(ctx context.Context, w job.Presence, lasting time.Duration) error {
	doc, err := json.Marshal(w)
	if err != nil {
		return fmt.Errorf("encode presence: %w", err)
	}
	_, err = s.redis.Pipelined(ctx, func(p redis.Pipeliner) error {
		p.Set(ctx, workerPrefix+w.Name, doc, lasting)
		p.SAdd(ctx, workersKey, w.Name)
		return nil
	})
	return unavailable("tell of worker", err)
}

// Leave tells that a worker is not at work any more.
func (s *Store) Leave(ctx context.Context, name string) error {
	_, err := s.redis.Pipelined(ctx, func(p redis.Pipeliner) error {
		p.Del(ctx, workerPrefix+name)
		p.SRem(ctx, workersKey, name)
		return nil
	})
	return unavailable("take worker away", err)
}

// Present gives the workers that are at work, by name.
func (s *Store) Present(ctx context.Context) ([]job.Presence, error) {
	names, err := s.redis.SMembers(ctx, workersKey).Result()
	if err != nil || len(names) == 0 {
		return nil, unavailable("list workers", err)
	}
	slices.Sort(names)
	keys := make([]string, len(names))
	for i, name := range names {
		keys[i] = workerPrefix + name
	}
	docs, err := s.redis.MGet(ctx, keys...).Result()
	if err != nil {
		return nil, unavailable("look at workers", err)
	}
	var present []job.Presence
	var gone []any
	for i, doc := range docs {
		text, ok := doc.(string)
		if !ok {
			gone = append(gone, names[i])
			continue
		}
		var w job.Presence
		if err := json.Unmarshal([]byte(text), &w); err == nil {
			present = append(present, w)
		}
	}
	if len(gone) > 0 { // one that is back by now says so with its next beat
		err = s.redis.SRem(ctx, workersKey, gone...).Err()
	}
	return present, unavailable("forget workers", err)
}
