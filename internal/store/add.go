package store

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"

	"postern/internal/job"
)

// Added is what Add did.
type Added struct {
	job.Receipt
	// Enqueue: the run waits for a task. Also true for a duplicate whose first
	// run is still queued: its enqueueing may have been lost.
	Enqueue bool
}

// Add stores a verified request as a job, or finds the job it repeats. The
// look for duplicates and the writing are one step. A repeated request whose
// job failed runs that job again, under its id.
func (s *Store) Add(ctx context.Context, in job.Intake) (Added, error) {
	shard := s.shardFor(in.ShardKey)
	id, err := job.NewID(shard)
	if err != nil {
		return Added{}, err
	}
	return s.add(ctx, id, job.Kept{
		Plugin: in.Plugin, Endpoint: in.Endpoint, Name: in.Name, TaskID: in.TaskID, Event: in.Event,
		Request: in.Request, Size: len(in.Request.Body), AcceptedAt: id.Time().UnixMilli(), Chats: in.Chats,
		Duplicates: digestsOf(in.DuplicateKeys),
	}, pack(in.Request.Body), in.Window)
}

// add stores a job; body as pack makes it.
func (s *Store) add(ctx context.Context, id job.ID, kept job.Kept, body []byte, window time.Duration) (Added, error) {
	intake, err := json.Marshal(kept)
	if err != nil {
		return Added{}, fmt.Errorf("encode intake: %w", err)
	}
	if err := s.use(ctx, id.Shard()); err != nil {
		return Added{}, err
	}
	now := time.Now()
	keys := append(recordKeys(id), duplicateKeys(id.Shard(), kept.Duplicates)...)
	args := []any{
		string(id), millis(now), intake, "{}", body, window.Milliseconds(), millis(now.Add(checkAfter)),
		deliveryPrefix(kept.Event.DeliveryID),
	}
	for _, name := range namesOf(kept) {
		args = append(args, name)
	}
	answer, err := s.scripts.add.Run(ctx, s.redis, keys, args...).Slice()
	if err != nil {
		return Added{}, unavailable("store job", err)
	}
	return addedFrom(answer)
}

// Replay stores the same request as a new job, accepted now: job.ErrUnknown
// where its body is gone. It is no duplicate of anything, nor is anything of it.
func (s *Store) Replay(ctx context.Context, id job.ID) (Added, error) {
	r, err := s.Load(ctx, id)
	if err != nil {
		return Added{}, err
	}
	body, err := s.packed(ctx, id)
	if err != nil {
		return Added{}, err
	}
	again, err := job.NewID(id.Shard())
	if err != nil {
		return Added{}, err
	}
	kept := r.Kept
	kept.ReplayOf, kept.AcceptedAt, kept.Duplicates = &id, again.Time().UnixMilli(), nil
	return s.add(ctx, again, kept, body, 0)
}

func addedFrom(answer []any) (Added, error) {
	if len(answer) < 3 {
		return Added{}, fmt.Errorf("store job: answer %v is not understood", answer)
	}
	kind, id, run := fmt.Sprint(answer[0]), job.ID(fmt.Sprint(answer[1])), answer[2]
	n, ok := run.(int64)
	if !ok {
		return Added{}, fmt.Errorf("store job: run %v is no number", run)
	}
	added := Added{Receipt: job.Receipt{ID: id, Run: int(n)}, Enqueue: true}
	if kind == "duplicate" {
		added.Duplicate = true
		added.Enqueue = len(answer) > 3 && fmt.Sprint(answer[3]) == string(job.Queued)
	}
	return added, nil
}

// shardFor gives requests that may be duplicates of each other one shard.
func (s *Store) shardFor(key string) uint8 {
	if key == "" {
		return uint8(rand.N(s.shards)) //nolint:gosec // spreads load; at most 255
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(key))
	return uint8(h.Sum32() % uint32(s.shards)) //nolint:gosec // shards are 1 to 256
}

// Retry opens a failed or canceled job for one more run and gives the run to
// enqueue: job.ErrUnknown, job.ErrNotRetryable.
func (s *Store) Retry(ctx context.Context, id job.ID) (int, error) {
	now := time.Now()
	run, err := s.scripts.retry.Run(ctx, s.redis, recordKeys(id), string(id), millis(now), millis(now.Add(checkAfter)),
		uuid.NewString()).Int()
	switch {
	case err != nil:
		return 0, unavailable("retry job", err)
	case run < 0:
		return 0, job.ErrUnknown
	case run == 0:
		return 0, job.ErrNotRetryable
	default:
		return run, nil
	}
}
