package job

import (
	"encoding/base64"
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"
)

// What the store says of a query or a change, for errors.Is.
var (
	// ErrCursor: the cursor is none that a Page gave.
	ErrCursor = errors.New("not a cursor")
	// ErrFinished: there is nothing left to cancel.
	ErrFinished = errors.New("already finished")
	// ErrNotFinished: the job cannot be forgotten yet.
	ErrNotFinished = errors.New("not finished")
)

// MaxLimit is the most that one Page holds.
const MaxLimit = 1000

// Query says which jobs are meant. Filters combine; of several values of one
// filter any will do. A zero value does not filter.
type Query struct {
	States      []State
	Deliveries  []Delivery
	Plugins     []string
	Endpoints   []string
	Events      []string // a type, or type.action
	Chats       []string // resolved chat keys
	DeliveryIDs []string
	Since       time.Time // accepted then or later
	Until       time.Time // accepted before
	Limit       int       // 1 to MaxLimit; anything else is taken to the nearer of the two
	Cursor      string    // opaque: Next of an earlier Page of the same query
	OldestFirst bool
}

// Page is a part of what a Query means. It may hold fewer jobs than the limit,
// and even none, while there is more.
type Page struct {
	Jobs []*Job
	Next string // the cursor of the page after it; empty: there is no more
}

// Match reports whether a job is among those that are meant, whatever the
// cursor.
func (q *Query) Match(j *Job) bool {
	at := j.AcceptedAt.Time
	return among(q.States, j.State) && among(q.Deliveries, j.Delivery) &&
		among(q.Plugins, j.Plugin) && among(q.Endpoints, j.Endpoint) &&
		(len(q.DeliveryIDs) == 0 || j.Event.DeliveryID != "" && among(q.DeliveryIDs, j.Event.DeliveryID)) &&
		(among(q.Events, j.Event.Type) || j.Event.Action != "" && among(q.Events, j.Event.Type+"."+j.Event.Action)) &&
		(len(q.Chats) == 0 || slices.ContainsFunc(j.Notifications, func(n Notification) bool { return among(q.Chats, n.ChatKey) })) &&
		(q.Since.IsZero() || !at.Before(q.Since)) && (q.Until.IsZero() || at.Before(q.Until))
}

func among[T comparable](wanted []T, got T) bool {
	return len(wanted) == 0 || slices.Contains(wanted, got)
}

// Cursor is where a page that ends with the job lets the next one begin.
func (id ID) Cursor() string {
	u, err := uuid.Parse(string(id))
	if err != nil {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(u[:])
}

// ParseCursor gives the job that a cursor stands for: ErrCursor for what is
// none.
func ParseCursor(s string) (ID, error) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(s)
	if err != nil {
		return "", ErrCursor
	}
	u, err := uuid.FromBytes(b)
	if err != nil || u.Version() != 7 {
		return "", ErrCursor
	}
	return ID(u.String()), nil
}
