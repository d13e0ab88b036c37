// Package storetest looks after a store from outside: what stands in its lists
// must follow from its records. It is for tests and changes nothing.
package storetest

import (
	"crypto/sha256"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"

	"postern/internal/job"
	"postern/internal/store"
)

// Audit compares index, counts and ends of every shard with the records, which
// nobody may be changing, and reports what differs.
func Audit(tb testing.TB, client redis.UniversalClient) {
	tb.Helper()
	want, got := map[string]bool{}, map[string]bool{}
	s := store.New(client, 1, store.Retention{})
	keys := client.Scan(tb.Context(), 0, "postern:{events-*", 1000).Iterator()
	for keys.Next(tb.Context()) {
		shard, kind, _ := strings.Cut(keys.Val(), "}:")
		switch {
		case strings.HasPrefix(kind, "j:"):
			r, err := s.Load(tb.Context(), job.ID(kind[2:]))
			if err != nil {
				tb.Errorf("record %s: %v", kind[2:], err)
				continue
			}
			maps.Copy(want, entries(shard, r))
			counts(tb, client, keys.Val(), r)
		case kind == "i:names":
		case strings.HasPrefix(kind, "i:") || kind == "ends":
			for _, member := range client.ZRange(tb.Context(), keys.Val(), 0, -1).Val() {
				got[entry(shard, kind, member)] = true
			}
			named(tb, client, shard, kind)
		case strings.HasPrefix(kind, "b:") || strings.HasPrefix(kind, "c:"):
			if client.Exists(tb.Context(), shard+"}:j:"+kind[2:]).Val() == 0 {
				tb.Errorf("%s is there without its record", kind)
			}
		}
	}
	differ(tb, "missing", want, got)
	differ(tb, "too much", got, want)
}

func entry(shard, kind, member string) string {
	return shard + " " + kind + " " + strconv.Quote(member)
}

// entries is where a job is to stand.
func entries(shard string, r *job.Record) map[string]bool {
	u := uuid.MustParse(string(r.ID))
	short, j := string(u[:]), r.Job()
	found := map[string]bool{
		entry(shard, "i:is:"+string(j.State)+":"+string(j.Delivery), short): true,
		entry(shard, "i:hook:"+j.Plugin+j.Endpoint, short):                  true,
		entry(shard, "i:event:"+j.Event.Type+"\x00"+j.Event.Action, short):  true,
	}
	if j.Event.DeliveryID != "" {
		sum := sha256.Sum256([]byte(j.Event.DeliveryID))
		found[entry(shard, "i:delivery", string(sum[:8])+short)] = true
	}
	for _, n := range j.Notifications {
		if n.ChatKey != "" {
			found[entry(shard, "i:chat:"+n.ChatKey, short)] = true
		}
	}
	if j.FinishedAt != nil {
		found[entry(shard, "ends", short)] = true
	}
	return found
}

// counts checks what the scripts count of a job's notifications.
func counts(tb testing.TB, client redis.UniversalClient, key string, r *job.Record) {
	tb.Helper()
	open, bad, sent := 0, 0, 0
	for _, n := range r.Notes {
		switch {
		case !n.State.Final():
			open++
		case n.State == job.NoteSent:
			sent++
		case !n.State.Delivered():
			bad++
		}
	}
	got := client.HMGet(tb.Context(), key, "open", "bad", "sent").Val()
	want := []any{strconv.Itoa(open), strconv.Itoa(bad), strconv.Itoa(sent)}
	if !slices.Equal(got, want) {
		tb.Errorf("%s counts %v, want %v", r.ID, got, want)
	}
	if r.Finished() != !r.FinishedAt.IsZero() {
		tb.Errorf("%s is finished: %t, at %s", r.ID, r.Finished(), r.FinishedAt)
	}
}

// named checks that a set that is there can be found.
func named(tb testing.TB, client redis.UniversalClient, shard, kind string) {
	tb.Helper()
	name, ok := strings.CutPrefix(kind, "i:")
	if !ok || name == "delivery" {
		return
	}
	if err := client.ZScore(tb.Context(), shard+"}:i:names", name).Err(); err != nil {
		tb.Errorf("%s is not among the names: %v", name, err)
	}
}

func differ(tb testing.TB, what string, a, b map[string]bool) {
	tb.Helper()
	for _, e := range slices.Sorted(maps.Keys(a)) {
		if !b[e] {
			tb.Errorf("%s in the index: %s", what, e)
		}
	}
}
