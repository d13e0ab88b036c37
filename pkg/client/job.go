package client

import (
	"encoding/json"
	"time"
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

// Delivery is a job's notifications together.
type Delivery string

// The deliveries.
const (
	Pending   Delivery = "pending" // until the job is finished
	None      Delivery = "none"
	Delivered Delivery = "delivered"
	Partial   Delivery = "partial"
	Failed    Delivery = "failed"
)

// Job is one accepted request and all that followed.
type Job struct {
	ID            string          `json:"id"`
	State         State           `json:"state"`
	Delivery      Delivery        `json:"delivery"`
	Run           int             `json:"run"`
	Plugin        string          `json:"plugin"`
	Endpoint      string          `json:"endpoint"`
	Name          string          `json:"name"`
	TaskID        *string         `json:"task_id"`
	ReplayOf      *string         `json:"replay_of"`
	Event         Event           `json:"event"`
	Request       Request         `json:"request"`
	AcceptedAt    time.Time       `json:"accepted_at"`
	StartedAt     *time.Time      `json:"started_at"`
	FinishedAt    *time.Time      `json:"finished_at"`
	NextAttemptAt *time.Time      `json:"next_attempt_at"`
	Attempts      []Attempt       `json:"attempts"`
	Progress      *Progress       `json:"progress"`
	Result        json.RawMessage `json:"result"`
	Error         *string         `json:"error"`
	Events        int             `json:"events"`
	Warnings      []Warning       `json:"warnings"`
	Notifications []Notification  `json:"notifications"`
}

// Finished reports whether nothing more happens by itself.
func (j *Job) Finished() bool { return j.FinishedAt != nil }

// Failed reports whether the job is finished and something of it was not done or
// not delivered, and nobody canceled it: then it can be retried.
func (j *Job) Failed() bool {
	return j.Finished() && (j.State == Dead || j.State == Succeeded && (j.Delivery == Failed || j.Delivery == Partial))
}

// Event is the first event of the request.
type Event struct {
	Source     string `json:"source"`
	Type       string `json:"type"`
	Action     string `json:"action"`
	DeliveryID string `json:"delivery_id"`
	Title      string `json:"title"`
}

// Request is the request, in short.
type Request struct {
	Method      string `json:"method"`
	ContentType string `json:"content_type"`
	Size        int    `json:"size"` // bytes
	RemoteIP    string `json:"remote_ip"`
}

// Attempt is one try of a job's work or of a notification.
type Attempt struct {
	Number     int        `json:"number"`
	StartedAt  time.Time  `json:"started_at"`
	FinishedAt *time.Time `json:"finished_at"`
	Outcome    string     `json:"outcome"` // empty: it is under way
	Error      string     `json:"error"`
	Worker     string     `json:"worker"`
	RetryAfter string     `json:"retry_after,omitempty"` // "3s"
}

// Progress is how far a long job is.
type Progress struct {
	Percent int       `json:"percent"`
	Message string    `json:"message"`
	At      time.Time `json:"at"`
}

// Warning is something an operator should know of a job that went on.
type Warning struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	Chat    string `json:"chat"`
}

// Notification is one message to one chat.
type Notification struct {
	ID            string     `json:"id"`
	EventNumber   int        `json:"event_number"`
	Chat          string     `json:"chat"`     // as the rule named it
	ChatKey       string     `json:"chat_key"` // resolved
	State         string     `json:"state"`
	Attempts      []Attempt  `json:"attempts"`
	SentAt        *time.Time `json:"sent_at"`
	NextAttemptAt *time.Time `json:"next_attempt_at"`
	Receipt       *Receipt   `json:"receipt"`
	Parts         []Receipt  `json:"parts,omitempty"` // of a message that takes several
	Error         *string    `json:"error"`
}

// Receipt is what a platform said of a message it took.
type Receipt struct {
	MessageID string `json:"message_id,omitempty"`
	Queued    bool   `json:"queued,omitempty"` // it will deliver it later, unproven
}
