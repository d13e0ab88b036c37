package store

import (
	"context"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"postern/internal/job"
)

// DueJobs names unfinished jobs of a shard that are to be looked at now, at
// most limit.
func (s *Store) DueJobs(ctx context.Context, shard uint8, now time.Time, limit int) ([]job.ID, error) {
	found, err := s.redis.ZRangeArgs(ctx, redis.ZRangeArgs{
		Key: shardPrefix(shard) + "open", ByScore: true, Start: "-inf", Stop: millis(now), Count: int64(limit),
	}).Result()
	if err != nil {
		return nil, unavailable("list unfinished jobs", err)
	}
	ids := make([]job.ID, len(found))
	for i, id := range found {
		ids[i] = job.ID(id)
	}
	return ids, nil
}

// LookAgain puts the next look at an unfinished job to a time; it does nothing
// for one that is finished.
func (s *Store) LookAgain(ctx context.Context, id job.ID, at time.Time) error {
	return unavailable("schedule a look", s.redis.ZAddXX(ctx, shardPrefix(id.Shard())+"open",
		redis.Z{Score: float64(at.UnixMilli()), Member: string(id)}).Err())
}

// use lists a shard among those that hold jobs, once per process.
func (s *Store) use(ctx context.Context, shard uint8) error {
	if _, known := s.used.Load(shard); known {
		return nil
	}
	if err := s.redis.SAdd(ctx, "postern:shards", int(shard)).Err(); err != nil {
		return unavailable("list shard", err)
	}
	s.used.Store(shard, true)
	return nil
}

// Shards gives the shards that hold jobs: those of the settings, and those of
// old, larger ones.
func (s *Store) Shards(ctx context.Context) ([]uint8, error) {
	used, err := s.redis.SMembers(ctx, "postern:shards").Result()
	if err != nil {
		return nil, unavailable("list shards", err)
	}
	shards := make([]uint8, 0, s.shards)
	for shard := range s.shards {
		shards = append(shards, uint8(shard))
	}
	for _, u := range used {
		if n, err := strconv.ParseUint(u, 10, 8); err == nil && int(n) >= s.shards {
			shards = append(shards, uint8(n))
		}
	}
	return shards, nil
}

// Forget takes a job that has no record any more out of the lists.
func (s *Store) Forget(ctx context.Context, id job.ID) error {
	p := shardPrefix(id.Shard())
	if err := s.redis.ZRem(ctx, p+"open", string(id)).Err(); err != nil {
		return unavailable("forget job", err)
	}
	return unavailable("forget job", s.redis.ZRem(ctx, p+"expanding", string(id)).Err())
}

// OldestExpanding gives the job accepted first among those whose notifications
// are not all made, in the given shards; empty where there is none.
func (s *Store) OldestExpanding(ctx context.Context, shards []uint8) (job.ID, error) {
	commands := make([]*redis.StringSliceCmd, len(shards))
	_, err := s.redis.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i, shard := range shards {
			commands[i] = p.ZRange(ctx, shardPrefix(shard)+"expanding", 0, 0)
		}
		return nil
	})
	if err != nil {
		return "", unavailable("list jobs being expanded", err)
	}
	var oldest job.ID
	for _, c := range commands {
		if first := c.Val(); len(first) > 0 && (oldest == "" || job.ID(first[0]) < oldest) {
			oldest = job.ID(first[0])
		}
	}
	return oldest, nil
}

// Lead makes the caller the only one who does a task of a kind for a while;
// false where another does.
func (s *Store) Lead(ctx context.Context, kind, worker string, d time.Duration) (bool, error) {
	ok, err := s.redis.SetNX(ctx, "postern:lead:"+kind, worker, d).Result()
	return ok, unavailable("take the lead", err)
}
