package store

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"postern/internal/job"
)

func lanePrefix(lane string) string { return "postern:{chats-" + lane + "}:" }

// boxKeys are KEYS[1..6] of the scripts on a mailbox.
func boxKeys(b job.Box) []string {
	p := lanePrefix(b.Lane)
	return []string{p + "m:" + b.Chat, p + "w:" + b.Chat, p + "d:" + b.Chat, p + "t:" + b.Chat, p + "r:" + b.Chat, p + "boxes"}
}

func boxArgs(b job.Box, more ...any) []any {
	return append([]any{b.Chat, max(b.Turns, 1)}, more...)
}

// Put puts an item into a box, once however often it is called. The ticket in
// the answer, if any, is to be enqueued.
func (s *Store) Put(ctx context.Context, b job.Box, item string) (job.Hand, error) {
	return s.hand(ctx, "put into mailbox", s.scripts.put, b, item)
}

// StartTurn begins a turn with a ticket. token is the turn's own, unique; the
// same start asked again goes on where it was.
func (s *Store) StartTurn(ctx context.Context, b job.Box, ticket, token string, lease time.Duration) (job.Hand, error) {
	return s.hand(ctx, "start turn", s.scripts.start, b, ticket, token, lease.Milliseconds())
}

// StepTurn reports what became of the item in hand, and is handed the next.
func (s *Store) StepTurn(ctx context.Context, b job.Box, token string, lease time.Duration, r job.Report) (job.Hand, error) {
	end := ""
	if r.End {
		end = "1"
	}
	return s.hand(ctx, "go on with turn", s.scripts.step, b, token, lease.Milliseconds(), r.Item, string(r.Fate),
		max(r.After.Milliseconds(), 0), end)
}

// RenewTurn prolongs a turn's lease; false where it was taken.
func (s *Store) RenewTurn(ctx context.Context, b job.Box, token string, lease time.Duration) (bool, error) {
	n, err := s.scripts.renew.Run(ctx, s.redis, boxKeys(b), boxArgs(b, token, lease.Milliseconds())...).Int()
	return n == 1, unavailable("renew turn", err)
}

// CheckBox looks after a box; unrunnable is a ticket the engine will not run,
// to be replaced, or empty.
func (s *Store) CheckBox(ctx context.Context, b job.Box, unrunnable string) (job.Hand, error) {
	return s.hand(ctx, "check mailbox", s.scripts.check, b, unrunnable)
}

// WakeBox lets a box be spoken from at once, whatever held it. The ticket in the
// answer, if any, is to be enqueued.
func (s *Store) WakeBox(ctx context.Context, b job.Box) (job.Hand, error) {
	return s.hand(ctx, "wake mailbox", s.scripts.wake, b)
}

// drop takes an item out of a box that is not to be said.
func (s *Store) drop(ctx context.Context, b job.Box, item string) error {
	return unavailable("take out of mailbox", s.scripts.drop.Run(ctx, s.redis, boxKeys(b), boxArgs(b, item)...).Err())
}

// DueBoxes names the chats of a lane whose boxes are to be looked after now, at
// most limit.
func (s *Store) DueBoxes(ctx context.Context, lane string, limit int) ([]string, error) {
	now, err := s.redis.Time(ctx).Result()
	if err != nil {
		return nil, unavailable("read the clock", err)
	}
	chats, err := s.redis.ZRangeArgs(ctx, redis.ZRangeArgs{
		Key: lanePrefix(lane) + "boxes", ByScore: true, Start: "-inf", Stop: millis(now), Count: int64(limit),
	}).Result()
	return chats, unavailable("list mailboxes", err)
}

func (s *Store) hand(ctx context.Context, doing string, script *redis.Script, b job.Box, args ...any) (job.Hand, error) {
	a, err := script.Run(ctx, s.redis, boxKeys(b), boxArgs(b, args...)...).StringSlice()
	if err != nil {
		return job.Hand{}, unavailable(doing, err)
	}
	if len(a) != 5 {
		return job.Hand{}, fmt.Errorf("%s: answer %v is not understood", doing, a)
	}
	h := job.Hand{Kind: job.HandKind(a[0]), Item: a[1]}
	if ms, err := strconv.ParseInt(a[2], 10, 64); err == nil {
		h.Wait = time.Duration(ms) * time.Millisecond
	}
	if a[3] != "" {
		h.Ticket = &job.Ticket{Box: b, Number: a[3], Due: fromMillis(a[4])}
	}
	return h, nil
}
