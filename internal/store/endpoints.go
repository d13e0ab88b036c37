package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/redis/go-redis/v9"

	"postern/internal/job"
)

// Of the endpoints: which an operator disabled, and what came to each. They
// never expire. A field's name begins with the endpoint's.
const (
	disabledKey     = "postern:{endpoints}:disabled"
	tallyKey        = "postern:{endpoints}:tally"
	disabledChannel = "postern:endpoints"
)

// Disabled gives the endpoints that an operator disabled, by their one word.
func (s *Store) Disabled(ctx context.Context) (map[string]job.Switched, error) {
	stored, err := s.redis.HGetAll(ctx, disabledKey).Result()
	if err != nil {
		return nil, unavailable("list disabled endpoints", err)
	}
	all := make(map[string]job.Switched, len(stored))
	for endpoint, doc := range stored {
		var by job.Switched
		if err := json.Unmarshal([]byte(doc), &by); err != nil {
			by = job.Switched{} // it is disabled in any case
		}
		all[endpoint] = by
	}
	return all, nil
}

// Disable disables an endpoint and tells every receiver. One that is disabled
// already keeps who did it first.
func (s *Store) Disable(ctx context.Context, id job.EndpointID, by job.Switched) error {
	doc, err := json.Marshal(by)
	if err != nil {
		return fmt.Errorf("encode who disabled an endpoint: %w", err)
	}
	if err := s.redis.HSetNX(ctx, disabledKey, id.String(), doc).Err(); err != nil {
		return unavailable("disable endpoint", err)
	}
	return s.tellEndpoints(ctx)
}

// Enable takes that back.
func (s *Store) Enable(ctx context.Context, id job.EndpointID) error {
	if err := s.redis.HDel(ctx, disabledKey, id.String()).Err(); err != nil {
		return unavailable("enable endpoint", err)
	}
	return s.tellEndpoints(ctx)
}

func (s *Store) tellEndpoints(ctx context.Context) error {
	return unavailable("tell receivers", s.redis.Publish(ctx, disabledChannel, "").Err())
}

// WatchDisabled calls changed whenever Disabled may have changed, and whenever
// it may have without our hearing of it, until ctx ends.
func (s *Store) WatchDisabled(ctx context.Context, changed func()) {
	sub := s.redis.Subscribe(ctx, disabledChannel)
	defer func() { _ = sub.Close() }()
	heard := sub.ChannelWithSubscriptions() // a new subscription follows a lost connection
	for {
		select {
		case <-ctx.Done():
			return
		case _, open := <-heard:
			if !open {
				return
			}
			changed()
		}
	}
}

// The parts of a tally.
const (
	lastField     = "\nlast"
	acceptedField = "\naccepted"
	refusedField  = "\nrefused"
)

// AddTallies adds to what came to endpoints, and puts the last event, where
// there is one, in place of the one before; of two receivers' in the same moment
// either may stay.
func (s *Store) AddTallies(ctx context.Context, more map[job.EndpointID]job.Tally) error {
	_, err := s.redis.Pipelined(ctx, func(p redis.Pipeliner) error {
		for id, t := range more {
			word := id.String()
			if t.Accepted != 0 {
				p.HIncrBy(ctx, tallyKey, word+acceptedField, t.Accepted)
			}
			if t.Refused != 0 {
				p.HIncrBy(ctx, tallyKey, word+refusedField, t.Refused)
			}
			if t.Last == nil {
				continue
			}
			doc, err := json.Marshal(t.Last)
			if err != nil {
				return fmt.Errorf("encode last event: %w", err)
			}
			p.HSet(ctx, tallyKey, word+lastField, doc)
		}
		return nil
	})
	return unavailable("tally endpoints", err)
}

// Tallies gives what came to endpoints, in their order.
func (s *Store) Tallies(ctx context.Context, ids []job.EndpointID) ([]job.Tally, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	fields := make([]string, 0, 3*len(ids))
	for _, id := range ids {
		word := id.String()
		fields = append(fields, word+lastField, word+acceptedField, word+refusedField)
	}
	values, err := s.redis.HMGet(ctx, tallyKey, fields...).Result()
	if err != nil {
		return nil, unavailable("read tallies", err)
	}
	all := make([]job.Tally, len(ids))
	for i := range all {
		all[i] = tallyOf(values[3*i : 3*i+3])
	}
	return all, nil
}

func tallyOf(v []any) (t job.Tally) {
	if doc, ok := v[0].(string); ok {
		var last job.LastEvent
		if json.Unmarshal([]byte(doc), &last) == nil {
			t.Last = &last
		}
	}
	number := func(v any) int64 {
		text, _ := v.(string)
		n, _ := strconv.ParseInt(text, 10, 64)
		return n
	}
	t.Accepted, t.Refused = number(v[1]), number(v[2])
	return t
}
