// Package store is the record of every job and the mailboxes of the chats, in
// Redis. It is the truth about what was accepted and what became of it; it
// enqueues nothing, sends nothing and decides nothing about retries.
//
// A job's keys lie in one slot, postern:{events-N}:, where N is the shard in
// its id; a mailbox's in postern:{chats-TYPE}:, what is told of refused requests
// in postern:{rejections}:, of endpoints in postern:{endpoints}:, of workers in
// postern:{workers}:. What must be atomic is one script. Documents are written
// whole, with a version: who finds it changed reads again. All methods are safe for concurrent use and safe to repeat.
package store

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"postern/internal/job"
	"postern/internal/redisconn"
)

// Retention is how long a finished job is kept.
type Retention struct {
	Succeeded time.Duration
	Failed    time.Duration // failed and canceled ones
}

// Store reads and writes records and mailboxes.
type Store struct {
	redis     redis.UniversalClient
	retention Retention
	shards    int
	scripts   scripts
	used      *sync.Map // shards that are known to be listed as used
}

// New makes a Store on an open client. shards is how many shards new jobs are
// spread over, 1 to 256.
func New(client redis.UniversalClient, shards int, keep Retention) *Store {
	return &Store{redis: client, retention: keep, shards: min(max(shards, 1), 256), scripts: loadScripts(), used: new(sync.Map)}
}

// checkAfter is how long after it was stored a job is first looked at by the
// reconciler.
const checkAfter = 10 * time.Second

// shardPrefix begins every key of a shard.
func shardPrefix(shard uint8) string { return "postern:{events-" + strconv.Itoa(int(shard)) + "}:" }

// recordKeys are KEYS[1..6] of the scripts on a record.
func recordKeys(id job.ID) []string {
	p := shardPrefix(id.Shard())
	return []string{p + "j:" + string(id), p + "b:" + string(id), p + "c:" + string(id), p + "expanding", p + "open", p + "ends"}
}

// duplicateKeys are KEYS[7..] of the scripts that make and forget a record.
func duplicateKeys(shard uint8, digests []string) []string {
	keys := make([]string, len(digests))
	for i, digest := range digests {
		keys[i] = shardPrefix(shard) + "d:" + digest
	}
	return keys
}

func digestsOf(keys []string) []string {
	digests := make([]string, len(keys))
	for i, key := range keys {
		sum := sha256.Sum256([]byte(key))
		digests[i] = base64.RawURLEncoding.EncodeToString(sum[:16])
	}
	return digests
}

func millis(t time.Time) string { return strconv.FormatInt(t.UnixMilli(), 10) }

func fromMillis(s string) time.Time {
	ms, err := strconv.ParseInt(s, 10, 64)
	if err != nil || ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms)
}

func (s *Store) keep() (succeeded, failed int64) {
	return max(s.retention.Succeeded.Milliseconds(), 1), max(s.retention.Failed.Milliseconds(), 1)
}

// Ping reports whether Redis answers.
func (s *Store) Ping(ctx context.Context) error {
	return unavailable("ping", s.redis.Ping(ctx).Err())
}

// unavailable marks Redis's own troubles as job.ErrUnavailable.
func unavailable(doing string, err error) error {
	switch {
	case err == nil:
		return nil
	case redisconn.Unavailable(err):
		return fmt.Errorf("%s: %w: %w", doing, job.ErrUnavailable, err)
	default:
		return fmt.Errorf("%s: %w", doing, err)
	}
}
