package store

import (
	"context"
	"errors"
	"math"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"

	"postern/internal/job"
)

// Cancel stops what has not been sent of a job, and gives the notifications it
// ended, as they were: job.ErrUnknown, job.ErrFinished. A message on its way
// ends as its platform says. Once the job is marked nothing of it is begun; the
// rest is tidied here, and where this is cut short by turns and reconciler.
func (s *Store) Cancel(ctx context.Context, id job.ID) ([]*job.Note, error) {
	by := uuid.NewString()
	_, err := s.Change(ctx, id, func(r *job.Record) error {
		if r.Stopped == by { // our own word: its reply was lost
			return job.ErrLeave
		}
		return r.Cancel(by, time.Now())
	})
	if err != nil {
		return nil, err
	}
	r, err := s.Load(ctx, id) // from now on no notification is added
	if err != nil {
		return nil, ignoreUnknown(err)
	}
	var ended []*job.Note
	for _, n := range r.Notes {
		if n.State.Final() || n.State == job.NoteSending {
			continue
		}
		ours, err := s.cancelNote(ctx, n)
		if err != nil {
			return ended, ignoreUnknown(err)
		}
		if ours {
			ended = append(ended, n)
		}
	}
	return ended, nil
}

// cancelNote takes a notification of a stopped job out of its mailbox and ends
// it; false where somebody else did. One that a retry has opened since, and put
// there again, is put back: its turn is asked for when the box is looked after.
func (s *Store) cancelNote(ctx context.Context, n *job.Note) (ours bool, err error) {
	if err := s.drop(ctx, boxOf(n), n.Item()); err != nil {
		return false, err
	}
	now, err := s.ChangeNote(ctx, n.ID, func(n *job.Note) error {
		if ours = n.Cancel(); !ours {
			return job.ErrLeave
		}
		return nil
	})
	if err != nil || now.Stopped || now.State.Final() {
		return ours, err
	}
	_, err = s.Put(ctx, boxOf(now), now.Item())
	return false, err
}

// boxOf names the mailbox that a notification lies in, for what asks for no turn.
func boxOf(n *job.Note) job.Box { return job.Box{Lane: n.Lane, Chat: n.ChatKey, Turns: 1} }

func ignoreUnknown(err error) error {
	if errors.Is(err, job.ErrUnknown) {
		return nil
	}
	return err
}

// Delete forgets a finished job: job.ErrUnknown, job.ErrNotFinished.
func (s *Store) Delete(ctx context.Context, id job.ID) error {
	for range maxTries {
		r, err := s.Load(ctx, id)
		if err != nil {
			return err
		}
		if r.FinishedAt.IsZero() {
			return job.ErrNotFinished
		}
		keys, args := removal(r, math.MaxInt64)
		n, err := s.scripts.remove.Run(ctx, s.redis, keys, args...).Int()
		if err != nil {
			return unavailable("forget job", err)
		}
		if n != 0 { // it was there a moment ago: forgotten, by us or another
			return nil
		}
	}
	return errChanged
}

// removal makes a call of remove.lua.
func removal(r *job.Record, endsBefore int64) (keys []string, args []any) {
	keys = append(recordKeys(r.ID), duplicateKeys(r.ID.Shard(), r.Kept.Duplicates)...)
	args = []any{string(r.ID), r.Version, strconv.FormatInt(endsBefore, 10), deliveryPrefix(r.Kept.Event.DeliveryID)}
	for _, name := range allNamesOf(r) {
		args = append(args, name)
	}
	return keys, args
}

// Expire forgets jobs of a shard whose end has come, at most limit, and gives
// how many it saw: fewer than limit means that there are no more.
func (s *Store) Expire(ctx context.Context, shard uint8, now time.Time, limit int) (int, error) {
	due, err := s.redis.ZRangeArgs(ctx, redis.ZRangeArgs{
		Key: shardPrefix(shard) + "ends", ByScore: true, Start: "-inf", Stop: millis(now), Count: int64(limit),
	}).Result()
	if err != nil || len(due) == 0 {
		return 0, unavailable("list jobs that end", err)
	}
	ids := make([]job.ID, len(due))
	for i, id := range due {
		ids[i] = long(id)
	}
	fields, err := s.fieldsOf(ctx, ids)
	if err != nil {
		return 0, err
	}
	var records []*job.Record
	var gone []job.ID
	for i, f := range fields {
		if r, err := recordFrom(ids[i], f); err == nil {
			records = append(records, r)
		} else { // gone by itself, or not to be understood: it must not stand in the way of the rest
			gone = append(gone, ids[i])
		}
	}
	_, err = s.each(ctx, s.scripts.remove, len(records), func(i int) ([]string, []any) { return removal(records[i], now.UnixMilli()) })
	if err != nil {
		return 0, unavailable("forget jobs", err)
	}
	return len(ids), s.disown(ctx, gone, nil)
}

// disown takes jobs without a record out of all lists of their shards. Their
// delivery ids are known no more, but for those named.
func (s *Store) disown(ctx context.Context, ids []job.ID, deliveryIDs []string) error {
	for _, id := range ids {
		p := shardPrefix(id.Shard())
		names, err := s.names(ctx, []uint8{id.Shard()}, span{"", "\xff"})
		if err != nil {
			return err
		}
		_, err = s.redis.Pipelined(ctx, func(pipe redis.Pipeliner) error {
			for _, name := range names {
				pipe.ZRem(ctx, p+"i:"+name, short(id))
			}
			for _, d := range deliveryIDs {
				pipe.ZRem(ctx, p+"i:delivery", deliveryPrefix(d)+short(id))
			}
			pipe.ZRem(ctx, p+"ends", short(id))
			pipe.Del(ctx, recordKeys(id)[:3]...)
			return nil
		})
		if err != nil {
			return unavailable("forget job", err)
		}
	}
	return nil
}
