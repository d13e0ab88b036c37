package store

import (
	"context"

	"github.com/redis/go-redis/v9"

	"postern/internal/job"
)

// Boxes names the chats of a lane that messages wait for.
func (s *Store) Boxes(ctx context.Context, lane string) ([]string, error) {
	chats, err := s.redis.ZRange(ctx, lanePrefix(lane)+"boxes", 0, -1).Result()
	return chats, unavailable("list mailboxes", err)
}

const (
	boxBatch = 500 // boxes looked at in one go
	// firstDelayed is among how many delayed items the oldest is looked for:
	// they lie by the time they are due.
	firstDelayed = 100
)

// BoxStates says what waits in boxes, in their order.
func (s *Store) BoxStates(ctx context.Context, boxes []job.Box) ([]job.BoxState, error) {
	states := make([]job.BoxState, 0, len(boxes))
	for len(boxes) > 0 {
		n := min(len(boxes), boxBatch)
		some, err := s.boxStates(ctx, boxes[:n])
		if err != nil {
			return nil, err
		}
		states, boxes = append(states, some...), boxes[n:]
	}
	return states, nil
}

// boxView is what is asked of one box.
type boxView struct {
	waiting, delayed     *redis.IntCmd
	first, later, inHand *redis.StringSliceCmd
}

func (s *Store) boxStates(ctx context.Context, boxes []job.Box) ([]job.BoxState, error) {
	views := make([]boxView, len(boxes))
	_, err := s.redis.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i, b := range boxes {
			k := boxKeys(b)
			views[i] = boxView{
				waiting: p.ZCard(ctx, k[1]), delayed: p.ZCard(ctx, k[2]),
				first: p.ZRange(ctx, k[1], 0, 0), later: p.ZRange(ctx, k[2], 0, firstDelayed-1), inHand: p.HKeys(ctx, k[3]),
			}
		}
		return nil
	})
	if err != nil {
		return nil, unavailable("look at mailboxes", err)
	}
	states := make([]job.BoxState, len(boxes))
	for i, v := range views {
		states[i] = v.state()
	}
	return states, nil
}

func (v boxView) state() job.BoxState {
	b := job.BoxState{Waiting: int(v.waiting.Val()+v.delayed.Val()) + len(v.inHand.Val())}
	for _, items := range [][]string{v.first.Val(), v.later.Val(), v.inHand.Val()} {
		for _, item := range items {
			at := job.IDOf(job.NoteOf(item)).Time()
			if b.Oldest.IsZero() || at.Before(b.Oldest) {
				b.Oldest = at
			}
		}
	}
	return b
}
