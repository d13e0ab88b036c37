// Package job is our words for what crosses Redis: Job, Notification, Attempt
// and their states, and which state may follow which. It stores nothing and
// sends nothing. The JSON of Job is what the API shows.
package job

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"time"

	"postern/pkg/chat"
	"postern/pkg/webhook"
)

// What the store says, for errors.Is.
var (
	// ErrUnknown: a job that never was, or that has expired.
	ErrUnknown = errors.New("unknown job")
	// ErrNotRetryable: the job has not failed, or is not finished.
	ErrNotRetryable = errors.New("job is not retryable")
	// ErrUnavailable: Redis cannot take or give it now.
	ErrUnavailable = errors.New("queue unavailable")
)

// State is the work of an event: expanding it, or running its handler.
type State string

// The states of a job.
const (
	Queued    State = "queued"
	Running   State = "running"
	Retrying  State = "retrying"
	Succeeded State = "succeeded"
	Dead      State = "dead"
	Canceled  State = "canceled"
)

// Final reports whether nothing more is done for the event itself.
func (s State) Final() bool { return s == Succeeded || s == Dead || s == Canceled }

// NoteState is the state of one notification.
type NoteState string

// The states of a notification.
const (
	NoteQueued     NoteState = "queued"
	NoteSending    NoteState = "sending"
	NoteRetrying   NoteState = "retrying"
	NoteSent       NoteState = "sent"
	NoteSuppressed NoteState = "suppressed"
	NoteDead       NoteState = "dead"
	NoteUnknown    NoteState = "unknown" // it left, no answer came, it is not tried again
	NoteCanceled   NoteState = "canceled"
)

// Final reports whether the notification is not tried again by itself.
func (s NoteState) Final() bool {
	return s != NoteQueued && s != NoteSending && s != NoteRetrying
}

// Delivered reports whether nothing is left to send for it.
func (s NoteState) Delivered() bool { return s == NoteSent || s == NoteSuppressed }

// Delivery is a job's notifications together.
type Delivery string

// The deliveries.
const (
	Pending   Delivery = "pending"
	None      Delivery = "none"
	Delivered Delivery = "delivered"
	Partial   Delivery = "partial"
	Failed    Delivery = "failed"
)

// Outcome is how one attempt ended.
type Outcome string

// The outcomes of an attempt. An attempt under way has none.
const (
	OK          Outcome = "ok"
	Retry       Outcome = "retry"
	RateLimited Outcome = "rate_limited"
	Refused     Outcome = "refused"
	OutcomeLost Outcome = "unknown"
	UnknownHere Outcome = "unknown_here"
	Interrupted Outcome = "interrupted"
	WasCanceled Outcome = "canceled"
)

// Attempt is one try of a job's work or of a notification.
type Attempt struct {
	Number     int     `json:"number"`
	StartedAt  Time    `json:"started_at"`
	FinishedAt *Time   `json:"finished_at"`
	Outcome    Outcome `json:"outcome"`
	Error      string  `json:"error"`
	Worker     string  `json:"worker"`
	RetryAfter string  `json:"retry_after,omitempty"` // "3s"
}

// Time is a moment in RFC 3339 with milliseconds, UTC.
type Time struct{ time.Time }

const timeLayout = "2006-01-02T15:04:05.000Z"

// At makes a Time.
func At(t time.Time) Time { return Time{t.UTC()} }

// AtPtr makes a *Time, nil for the zero time.
func AtPtr(t time.Time) *Time {
	if t.IsZero() {
		return nil
	}
	at := At(t)
	return &at
}

// MarshalJSON writes milliseconds always.
func (t Time) MarshalJSON() ([]byte, error) {
	return json.Marshal(t.UTC().Format(timeLayout))
}

// Warning is something an operator should know of a job that went on.
type Warning struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	Chat    string `json:"chat"`
}

// Progress is how far a long job is.
type Progress struct {
	Percent int    `json:"percent"`
	Message string `json:"message"`
	At      Time   `json:"at"`
}

// EventSummary is the first event of a request, as listings show it.
type EventSummary struct {
	Source     string `json:"source"`
	Type       string `json:"type"`
	Action     string `json:"action"`
	DeliveryID string `json:"delivery_id"`
	Title      string `json:"title"`
}

// RequestSummary is the request as listings show it.
type RequestSummary struct {
	Method      string `json:"method"`
	ContentType string `json:"content_type"`
	Size        int    `json:"size"`
	RemoteIP    string `json:"remote_ip"`
}

// Notification is one Message to one Chat.
type Notification struct {
	ID            string        `json:"id"`
	EventNumber   int           `json:"event_number"`
	Chat          string        `json:"chat"`     // as the rule named it: an alias or a key
	ChatKey       string        `json:"chat_key"` // resolved
	State         NoteState     `json:"state"`
	Attempts      []Attempt     `json:"attempts"`
	SentAt        *Time         `json:"sent_at"`
	NextAttemptAt *Time         `json:"next_attempt_at"`
	Receipt       *chat.Receipt `json:"receipt"` // of the first part
	// Parts are the receipts of the parts said so far, of a message that takes
	// several.
	Parts []chat.Receipt `json:"parts,omitempty"`
	Error *string        `json:"error"`
}

// Content is what a notification says: stored beside it and read by the turn
// only, so that listing never drags it.
type Content struct {
	Message    chat.Message   `json:"message"`
	Event      *webhook.Event `json:"event,omitempty"` // where the chat wants it
	AcceptedAt Time           `json:"accepted_at"`
}

// Job is one accepted Request and all that follows.
type Job struct {
	ID            ID              `json:"id"`
	State         State           `json:"state"`
	Delivery      Delivery        `json:"delivery"`
	Run           int             `json:"run"`
	Plugin        string          `json:"plugin"`
	Endpoint      string          `json:"endpoint"`
	Name          string          `json:"name"`
	TaskID        *string         `json:"task_id"`
	ReplayOf      *ID             `json:"replay_of"`
	Event         EventSummary    `json:"event"`
	Request       RequestSummary  `json:"request"`
	AcceptedAt    Time            `json:"accepted_at"`
	StartedAt     *Time           `json:"started_at"`
	FinishedAt    *Time           `json:"finished_at"`
	NextAttemptAt *Time           `json:"next_attempt_at"`
	Attempts      []Attempt       `json:"attempts"`
	Progress      *Progress       `json:"progress"`
	Result        json.RawMessage `json:"result"`
	Error         *string         `json:"error"`
	Events        int             `json:"events"`
	Warnings      []Warning       `json:"warnings"`
	Notifications []Notification  `json:"notifications"`
}

// Finished reports whether the state is final and no notification is open.
func (j *Job) Finished() bool {
	return j.State.Final() && !slices.ContainsFunc(j.Notifications, func(n Notification) bool { return !n.State.Final() })
}

// DeliveryOf tells notifications together: pending until the job is finished.
func (j *Job) DeliveryOf() Delivery {
	if !j.Finished() {
		return Pending
	}
	sent, unsent := 0, 0
	for _, n := range j.Notifications {
		switch {
		case n.State == NoteSent:
			sent++
		case n.State != NoteSuppressed:
			unsent++
		}
	}
	switch {
	case sent+unsent == 0:
		return None
	case unsent == 0:
		return Delivered
	case sent == 0:
		return Failed
	default:
		return Partial
	}
}

// HasFailed reports whether the job is finished and failed: dead, or succeeded
// with something undelivered.
func (j *Job) HasFailed() bool {
	if !j.Finished() {
		return false
	}
	d := j.DeliveryOf()
	return j.State == Dead || j.State == Succeeded && (d == Failed || d == Partial)
}

// Retryable reports whether a retry is allowed: failed or canceled.
func (j *Job) Retryable() bool {
	return j.HasFailed() || j.Finished() && j.State == Canceled
}

// Intake is what the receiver hands over to be stored: a verified request and
// what was learned of it.
type Intake struct {
	Plugin   string
	Endpoint string // the endpoint's path as mounted: "/resource/{id}"
	Name     string
	TaskID   *string
	Event    EventSummary
	Request  Request
	Window   time.Duration // how long a delivery id is remembered; 0: never looked for
	// DuplicateKeys are what is looked for in the window: made of the delivery
	// id, of the content, or of both; none: no check.
	DuplicateKeys []string
	// ShardKey decides the shard: requests that may be duplicates of each other
	// share it; empty: any shard.
	ShardKey string
	Chats    []string // chats the caller named, already checked
}

// Request is what is kept of a request: no credentials.
type Request struct {
	Method     string            `json:"method"`
	Path       string            `json:"path"`
	Params     map[string]string `json:"params,omitempty"`
	RawQuery   string            `json:"raw_query,omitempty"` // secret values replaced
	Header     http.Header       `json:"header"`
	RemoteIP   string            `json:"remote_ip"`
	ReceivedAt time.Time         `json:"received_at"`
	URL        string            `json:"url"`
	Body       []byte            `json:"-"` // stored in a key of its own
}

// Receipt is what the store says of an Intake.
type Receipt struct {
	ID        ID
	Run       int
	Duplicate bool // the first job's id; nothing new was stored
	Spooled   bool // on this receiver's disk, Redis is away
}
