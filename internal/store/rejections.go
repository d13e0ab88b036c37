package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"postern/internal/job"
	"postern/pkg/secret"
)

// What is kept of refused requests. The oldest goes first.
const (
	// RejectionsFor is how long a row outlives the last request of it.
	RejectionsFor = 7 * 24 * time.Hour
	// RejectionsPerEndpoint are the rows of one endpoint.
	RejectionsPerEndpoint = 50
	// HandshakesPerEndpoint are the rows of its handshakes, beside those.
	HandshakesPerEndpoint = 10
	// RejectionsOfNobody are the rows of paths where no endpoint is.
	RejectionsOfNobody = 100
	// RejectionsInAll bounds everything.
	RejectionsInAll = 10_000
)

// rejectionsPrefix begins every key of the rejections: they are few, so they
// lie in one slot.
const rejectionsPrefix = "postern:{rejections}:"

// rejectionKeys are KEYS[1..4] of the script.
func rejectionKeys() []string {
	p := rejectionsPrefix
	return []string{p + "all", p + "docs", p + "counts", p + "firsts"}
}

// rejectionDoc is a row as it is stored, less its count and its times.
type rejectionDoc struct {
	job.Rejection
	Secret string `json:"secret,omitempty"` // in the clear: it is to be shown
}

// AddRejections keeps rows, each with those it is like, in one write. What is
// repeated for a lost reply counts twice.
func (s *Store) AddRejections(ctx context.Context, rows []job.Rejection) error {
	args := []any{
		rejectionsPrefix + "e:", millis(time.Now().Add(-RejectionsFor)), RejectionsFor.Milliseconds(), RejectionsInAll,
	}
	for i := range rows {
		r := &rows[i]
		doc, err := json.Marshal(rejectionDoc{*r, r.Secret.Reveal()}) //nolint:gosec // an entrusted secret is stored to be shown
		if err != nil {
			return fmt.Errorf("encode rejection: %w", err)
		}
		id := digest(r.Bucket()) + "." + digest(r.Likeness())
		args = append(args, id, mostOf(r), millis(r.At.Time), millis(r.FirstAt.Time), r.Count, doc)
	}
	return unavailable("keep rejections", s.scripts.reject.Run(ctx, s.redis, rejectionKeys(), args...).Err())
}

// digest gives 16 hex digits: the script takes a row's bucket from its id.
func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:8])
}

func mostOf(r *job.Rejection) int {
	switch {
	case r.Code == job.Handshake:
		return HandshakesPerEndpoint
	case r.Known():
		return RejectionsPerEndpoint
	default:
		return RejectionsOfNobody
	}
}

// rejectionsAtOnce is how many rows are read in one go.
const rejectionsAtOnce = 200

// Rejections lists rows, the newest first, and where the next listing begins;
// empty where none is left. The error for a cursor of somebody's own making is
// job.ErrCursor.
func (s *Store) Rejections(ctx context.Context, q job.RejectionQuery) ([]job.Rejection, string, error) {
	after, err := parseCursor(q.Cursor)
	if err != nil {
		return nil, "", err
	}
	since := time.Now().Add(-RejectionsFor)
	if q.Since.After(since) {
		since = q.Since
	}
	by := &redis.ZRangeBy{Min: millis(since), Max: after.max(), Count: rejectionsAtOnce}
	var found []job.Rejection
	var last place
	for {
		read, err := s.rejectionsAt(ctx, by)
		if err != nil {
			return nil, "", err
		}
		for _, row := range read {
			if !after.before(row.place) || row.doc == nil || !chosen(q, row.doc) {
				continue
			}
			if len(found) == q.Limit {
				return found, last.cursor(), nil
			}
			found, last = append(found, *row.doc), row.place
		}
		if len(read) < rejectionsAtOnce {
			return found, "", nil
		}
		by.Offset += rejectionsAtOnce
	}
}

// chosen applies the filters.
func chosen(q job.RejectionQuery, r *job.Rejection) bool {
	any := func(values []string, value string) bool { return len(values) == 0 || slices.Contains(values, value) }
	return any(q.Plugins, r.Plugin) && any(q.Endpoints, r.Endpoint) && any(q.Codes, r.Code)
}

// placed is a row and its place; doc is nil where it was dropped meanwhile.
type placed struct {
	place
	doc *job.Rejection
}

// rejectionsAt reads the rows of a range of times.
func (s *Store) rejectionsAt(ctx context.Context, by *redis.ZRangeBy) ([]placed, error) {
	keys := rejectionKeys()
	members, err := s.redis.ZRevRangeByScoreWithScores(ctx, keys[0], by).Result()
	if err != nil || len(members) == 0 {
		return nil, unavailable("list rejections", err)
	}
	ids := make([]string, len(members))
	rows := make([]placed, len(members))
	for i, m := range members {
		ids[i], _ = m.Member.(string)
		rows[i].place = place{at: int64(m.Score), id: ids[i]}
	}
	var docs, counts, firsts *redis.SliceCmd
	if _, err := s.redis.Pipelined(ctx, func(p redis.Pipeliner) error {
		docs, counts, firsts = p.HMGet(ctx, keys[1], ids...), p.HMGet(ctx, keys[2], ids...), p.HMGet(ctx, keys[3], ids...)
		return nil
	}); err != nil {
		return nil, unavailable("list rejections", err)
	}
	for i := range rows {
		if rows[i].doc, err = rejectionFrom(docs.Val()[i], counts.Val()[i], firsts.Val()[i]); err != nil {
			return nil, err
		}
	}
	return rows, nil
}

func rejectionFrom(doc, count, first any) (*job.Rejection, error) {
	text, ok := doc.(string)
	if !ok {
		return nil, nil //nolint:nilnil // dropped meanwhile: there is nothing to show and nothing wrong
	}
	var d rejectionDoc
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		return nil, fmt.Errorf("decode rejection: %w", err)
	}
	r := d.Rejection
	if d.Secret != "" {
		r.Secret = secret.New(d.Secret)
	}
	if n, err := strconv.ParseInt(fmt.Sprint(count), 10, 64); err == nil {
		r.Count = n
	}
	if at := fromMillis(fmt.Sprint(first)); !at.IsZero() {
		r.FirstAt = job.At(at)
	}
	return &r, nil
}

// place is where a row stands in the listing: newest first.
type place struct {
	at int64 // Unix ms; 0: before the first
	id string
}

func (p place) cursor() string { return strconv.FormatInt(p.at, 10) + "-" + p.id }

func (p place) max() string {
	if p.at == 0 {
		return "+inf"
	}
	return strconv.FormatInt(p.at, 10)
}

// before reports whether a row comes behind this place.
func (p place) before(next place) bool {
	return p.at == 0 || next.at < p.at || next.at == p.at && next.id < p.id
}

func parseCursor(text string) (place, error) {
	if text == "" {
		return place{}, nil
	}
	at, id, ok := strings.Cut(text, "-")
	n, err := strconv.ParseInt(at, 10, 64)
	if !ok || err != nil || n <= 0 {
		return place{}, job.ErrCursor
	}
	return place{at: n, id: id}, nil
}
