package store

import (
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"postern/internal/job"
)

// List gives the jobs that a query means, newest first unless it says
// otherwise: job.ErrCursor. One page costs the same however many there are.
func (s *Store) List(ctx context.Context, q job.Query) (job.Page, error) {
	ids, next, err := s.IDs(ctx, q)
	if err != nil {
		return job.Page{}, err
	}
	records, gone, err := s.loadAll(ctx, ids)
	if err != nil {
		return job.Page{}, err
	}
	page := job.Page{Jobs: make([]*job.Job, 0, len(records)), Next: next}
	for _, r := range records {
		if j := r.Job(); q.Match(j) { // it may have moved on since the index was read
			page.Jobs = append(page.Jobs, j)
		}
	}
	return page, s.disown(ctx, gone, q.DeliveryIDs)
}

// IDs is List without reading the jobs: some may have expired since, or
// changed.
func (s *Store) IDs(ctx context.Context, q job.Query) ([]job.ID, string, error) {
	r, err := rangeOf(q)
	if err != nil {
		return nil, "", err
	}
	shards, err := s.Shards(ctx)
	if err != nil {
		return nil, "", err
	}
	filters, err := s.filters(ctx, shards, q)
	if err != nil {
		return nil, "", err
	}
	found, err := s.find(ctx, shards, filters, r)
	if err != nil {
		return nil, "", err
	}
	ids, next := r.merge(found)
	return ids, next, nil
}

// lookAt bounds how many jobs one call looks at in all shards together, where
// several filters are to hold, and leastAt in each.
const (
	lookAt  = 2500
	leastAt = 250
)

// idRange is a part of all ids, bounds as ZRANGEBYLEX takes them.
type idRange struct {
	from, to string
	oldest   bool
	limit    int
}

func rangeOf(q job.Query) (idRange, error) {
	r := idRange{from: "[", to: "(" + strings.Repeat("\xff", 17), oldest: q.OldestFirst, limit: min(max(q.Limit, 1), job.MaxLimit)}
	if !q.Since.IsZero() {
		r.from = "[" + moment(q.Since)
	}
	if !q.Until.IsZero() {
		r.to = "(" + moment(q.Until)
	}
	if q.Cursor == "" {
		return r, nil
	}
	id, err := job.ParseCursor(q.Cursor)
	if err != nil {
		return r, err
	}
	at := short(id)
	if q.OldestFirst && at >= r.from[1:] {
		r.from = "(" + at
	}
	if !q.OldestFirst && at < r.to[1:] {
		r.to = "(" + at
	}
	return r, nil
}

// moment is the smallest id of a millisecond: the first not before t.
func moment(t time.Time) string {
	ms := t.UnixMilli()
	if t.After(time.UnixMilli(ms)) {
		ms++
	}
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], uint64(max(ms, 0)))
	return string(b[2:])
}

// set is one ordered set of the index: the ids behind a prefix in a key.
type set struct{ key, prefix string }

// filters gives, per filter of the query, the sets of which a job must be in
// one; keys without their shard's prefix.
func (s *Store) filters(ctx context.Context, shards []uint8, q job.Query) ([][]set, error) {
	var filters [][]set
	if len(q.States)+len(q.Deliveries) > 0 {
		filters = append(filters, setsOf(standings(q.States, q.Deliveries)))
	}
	if len(q.Plugins)+len(q.Endpoints) > 0 {
		names, err := s.hooks(ctx, shards, q.Plugins, q.Endpoints)
		if err != nil {
			return nil, err
		}
		filters = append(filters, setsOf(names))
	}
	if len(q.Events) > 0 {
		names, err := s.events(ctx, shards, q.Events)
		if err != nil {
			return nil, err
		}
		filters = append(filters, setsOf(names))
	}
	if len(q.Chats) > 0 {
		names := make([]string, len(q.Chats))
		for i, chat := range q.Chats {
			names[i] = chatName + chat
		}
		filters = append(filters, setsOf(names))
	}
	if len(q.DeliveryIDs) > 0 {
		var sets []set
		for _, id := range q.DeliveryIDs {
			if id != "" {
				sets = append(sets, set{key: "i:delivery", prefix: deliveryPrefix(id)})
			}
		}
		filters = append(filters, sets)
	}
	if len(filters) == 0 {
		filters = append(filters, setsOf(standings(nil, nil)))
	}
	return filters, nil
}

func setsOf(names []string) []set {
	slices.Sort(names)
	names = slices.Compact(names)
	sets := make([]set, len(names))
	for i, name := range names {
		sets[i].key = "i:" + name
	}
	return sets
}

// hooks gives the names of endpoints that are meant.
func (s *Store) hooks(ctx context.Context, shards []uint8, plugins, endpoints []string) ([]string, error) {
	all, err := s.names(ctx, shards, span{hookName, hookName + "\xff"})
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(name string) bool {
		plugin, endpoint, _ := strings.Cut(strings.TrimPrefix(name, hookName), "/")
		return len(plugins) > 0 && !slices.Contains(plugins, plugin) || len(endpoints) > 0 && !slices.Contains(endpoints, "/"+endpoint)
	}), nil
}

// events gives the names of events that are meant: "a.b" is a type, or the
// action b of the type a.
func (s *Store) events(ctx context.Context, shards []uint8, events []string) ([]string, error) {
	var spans []span
	var names []string
	for _, event := range events {
		spans = append(spans, span{eventName + word(event) + "\x00", eventName + word(event) + "\x01"})
		for i := range event {
			if event[i] == '.' && i+1 < len(event) {
				names = append(names, nameOfEvent(event[:i], event[i+1:]))
			}
		}
	}
	found, err := s.names(ctx, shards, spans...)
	return append(names, found...), err
}

// span is the names from one up to, and without, another.
type span struct{ from, to string }

func (s *Store) names(ctx context.Context, shards []uint8, spans ...span) ([]string, error) {
	commands, err := s.redis.Pipelined(ctx, func(p redis.Pipeliner) error {
		for _, shard := range shards {
			for _, n := range spans {
				p.ZRangeArgs(ctx, redis.ZRangeArgs{Key: shardPrefix(shard) + "i:names", ByLex: true, Start: "[" + n.from, Stop: "(" + n.to})
			}
		}
		return nil
	})
	if err != nil {
		return nil, unavailable("list names", err)
	}
	var names []string
	for _, c := range commands {
		if c, ok := c.(*redis.StringSliceCmd); ok {
			names = append(names, c.Val()...)
		}
	}
	return names, nil
}

// found is what a shard answered: ids in order, and how far it looked, empty
// where it saw all.
type found struct {
	ids  []string
	upTo string
}

// find asks all shards at once.
func (s *Store) find(ctx context.Context, shards []uint8, filters [][]set, r idRange) ([]found, error) {
	order := "newest"
	if r.oldest {
		order = "oldest"
	}
	args := []any{r.from, r.to, order, r.limit + 1, max(lookAt/len(shards), leastAt)}
	for _, sets := range filters {
		args = append(args, len(sets))
		for _, one := range sets {
			args = append(args, one.prefix)
		}
	}
	commands, err := s.each(ctx, s.scripts.list, len(shards), func(i int) ([]string, []any) {
		var keys []string
		for _, sets := range filters {
			for _, one := range sets {
				keys = append(keys, shardPrefix(shards[i])+one.key)
			}
		}
		return keys, args
	})
	if err != nil {
		return nil, unavailable("list jobs", err)
	}
	all := make([]found, len(commands))
	for i, c := range commands {
		answer, err := c.StringSlice()
		if err != nil || len(answer) == 0 {
			return nil, fmt.Errorf("list jobs: answer of %d is not understood: %w", len(answer), err)
		}
		all[i] = found{ids: answer[1:], upTo: answer[0]}
	}
	return all, nil
}

// merge makes one page of what the shards answered. Behind the nearest place
// where a shard stopped looking, nothing is certain.
func (r idRange) merge(all []found) (ids []job.ID, next string) {
	order := func(a, b string) int {
		if r.oldest {
			return strings.Compare(a, b)
		}
		return strings.Compare(b, a)
	}
	var merged []string
	edge := ""
	for _, f := range all {
		merged = append(merged, f.ids...)
		if f.upTo != "" && (edge == "" || order(f.upTo, edge) < 0) {
			edge = f.upTo
		}
	}
	slices.SortFunc(merged, order)
	if edge != "" {
		merged = slices.DeleteFunc(merged, func(id string) bool { return order(id, edge) > 0 })
	}
	if len(merged) > r.limit {
		merged = merged[:r.limit]
		edge = merged[r.limit-1]
	}
	for _, id := range merged {
		ids = append(ids, long(id))
	}
	if edge != "" {
		next = long(edge).Cursor()
	}
	return ids, next
}
