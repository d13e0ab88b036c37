package job

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// ErrLeave is returned by a change that wants nothing written.
var ErrLeave = errors.New("leave the record as it is")

// Record is one job as it is stored, without its body and without what its
// notifications say.
type Record struct {
	ID         ID
	State      State
	Run        int
	Kept       Kept
	Doc        Doc
	FinishedAt time.Time
	Stopped    string  // who canceled the run; empty: nobody
	Notes      []*Note // in the order they were made
	Version    string  // the store's, for writing back
}

// Kept is what never changes of a job.
type Kept struct {
	Plugin     string       `json:"plugin"`
	Endpoint   string       `json:"endpoint"`
	Name       string       `json:"name,omitempty"`
	TaskID     *string      `json:"task_id,omitempty"`
	ReplayOf   *ID          `json:"replay_of,omitempty"`
	Event      EventSummary `json:"event"`
	Request    Request      `json:"request"`
	Size       int          `json:"size"`
	AcceptedAt int64        `json:"accepted_at"` // Unix ms
	Chats      []string     `json:"chats,omitempty"`
	Duplicates []string     `json:"duplicates,omitempty"` // digests of what a duplicate is known by
}

// Doc is what changes of a job as it is worked on. It is read and written
// whole.
type Doc struct {
	Attempts      []Attempt       `json:"attempts,omitempty"`
	Title         string          `json:"title,omitempty"`    // of the first event
	Events        int             `json:"events,omitempty"`   // how many the request held
	Expanded      bool            `json:"expanded,omitempty"` // all its notifications are made
	Spent         int             `json:"spent,omitempty"`    // attempts of the run that cost one
	Crashes       int             `json:"crashes,omitempty"`  // attempts of the run whose worker died
	Run           int             `json:"run,omitempty"`      // the run that Spent, Crashes and Since count for
	Since         *Time           `json:"since,omitempty"`    // when that run began
	LeaseUntil    *Time           `json:"lease_until,omitempty"`
	StartedAt     *Time           `json:"started_at,omitempty"`
	NextAttemptAt *Time           `json:"next_attempt_at,omitempty"`
	Progress      *Progress       `json:"progress,omitempty"`
	Result        json.RawMessage `json:"result,omitempty"`
	Error         *string         `json:"error,omitempty"`
	Warnings      []Warning       `json:"warnings,omitempty"`
}

// Note is one notification as it is stored.
type Note struct {
	Notification
	Lane  string `json:"lane"`            // the platform whose lane holds its mailbox
	Order int    `json:"order"`           // its event's number; of a handler's messages: which it is
	Run   int    `json:"run,omitempty"`   // the run that opened it again
	Spent int    `json:"spent,omitempty"` // attempts of the run that cost one
	Since Time   `json:"since"`           // when the run's trying and waiting began
	// Crashes are attempts of the run that nobody told the outcome of.
	Crashes int  `json:"crashes,omitempty"`
	Plain   bool `json:"plain,omitempty"` // the platform refused the rich form

	// Stopped: the job was canceled. The store gives it, and takes only an end.
	Stopped bool   `json:"-"`
	Version string `json:"-"` // the store's, for writing back
}

// Item is the notification's place in its mailbox: items sort by job, then by
// event, or by the order a handler sent them in. It never changes.
func (n *Note) Item() string {
	return fmt.Sprintf("%s:%06d:%s", IDOf(n.ID), n.Order, n.ID)
}

// NoteOf gives the notification's id in a mailbox item.
func NoteOf(item string) string {
	parts := strings.SplitN(item, ":", 3)
	return parts[len(parts)-1]
}

// Finished reports whether the state is final and no notification is open.
func (r *Record) Finished() bool {
	return r.State.Final() && !slices.ContainsFunc(r.Notes, func(n *Note) bool { return !n.State.Final() })
}

// Job is the record as the API shows it.
func (r *Record) Job() *Job {
	kept, doc := r.Kept, r.Doc
	j := &Job{
		ID: r.ID, State: r.State, Run: r.Run,
		Plugin: kept.Plugin, Endpoint: kept.Endpoint, Name: kept.Name, TaskID: kept.TaskID, ReplayOf: kept.ReplayOf,
		Event: kept.Event,
		Request: RequestSummary{
			Method: kept.Request.Method, ContentType: kept.Request.Header.Get("Content-Type"),
			Size: kept.Size, RemoteIP: kept.Request.RemoteIP,
		},
		AcceptedAt: At(time.UnixMilli(kept.AcceptedAt)), StartedAt: doc.StartedAt, FinishedAt: AtPtr(r.FinishedAt),
		NextAttemptAt: doc.NextAttemptAt, Attempts: append([]Attempt{}, doc.Attempts...),
		Progress: doc.Progress, Result: doc.Result, Error: doc.Error,
		Events: doc.Events, Warnings: append([]Warning{}, doc.Warnings...),
		Notifications: make([]Notification, 0, len(r.Notes)),
	}
	if doc.Title != "" {
		j.Event.Title = doc.Title
	}
	for _, n := range r.Notes {
		shown := n.Notification
		shown.Attempts = append([]Attempt{}, n.Attempts...)
		j.Notifications = append(j.Notifications, shown)
	}
	j.Delivery = j.DeliveryOf()
	return j
}
