package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
)

// ipRangesKey holds a field for each provider: its list as it was last read.
// It never expires: an old list is better than none.
const ipRangesKey = "postern:ip-ranges"

// keptRanges is a field of ipRangesKey.
type keptRanges struct {
	At     time.Time `json:"at"`
	Ranges []string  `json:"ranges"`
}

// IPRanges gives a provider's ranges and when they were read; nothing, and the
// zero time, where none are kept.
func (s *Store) IPRanges(ctx context.Context, provider string) ([]string, time.Time, error) {
	stored, err := s.redis.HGet(ctx, ipRangesKey, provider).Bytes()
	if errors.Is(err, redis.Nil) {
		return nil, time.Time{}, nil
	}
	if err != nil {
		return nil, time.Time{}, unavailable("read ip ranges", err)
	}
	var kept keptRanges
	if err := json.Unmarshal(stored, &kept); err != nil {
		return nil, time.Time{}, fmt.Errorf("decode ip ranges: %w", err)
	}
	return kept.Ranges, kept.At, nil
}

// KeepIPRanges puts a provider's ranges in place of the last.
func (s *Store) KeepIPRanges(ctx context.Context, provider string, ranges []string, at time.Time) error {
	doc, err := json.Marshal(keptRanges{At: at.UTC(), Ranges: ranges})
	if err != nil {
		return fmt.Errorf("encode ip ranges: %w", err)
	}
	return unavailable("keep ip ranges", s.redis.HSet(ctx, ipRangesKey, provider, doc).Err())
}
