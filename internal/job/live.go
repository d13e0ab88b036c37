package job

import (
	"errors"
	"time"
)

// What is said of a change that cannot be made, for errors.Is.
var (
	// ErrNoSuch: there is no endpoint, chat or queue of this name.
	ErrNoSuch = errors.New("no such name")
	// ErrByConfig: the config disables the endpoint, and only there it can be
	// enabled.
	ErrByConfig = errors.New("disabled in the config")
)

// EndpointID names an endpoint: "acme.repos" and "/resource/{id}".
type EndpointID struct{ Plugin, Path string }

// String is the two as one word: no plugin's key holds a slash, and every path
// begins with one.
func (id EndpointID) String() string { return id.Plugin + id.Path }

// Switched is who disabled an endpoint, and when.
type Switched struct {
	By string `json:"by"` // the name of a token
	At Time   `json:"at"`
}

// LastEvent is the last one that an endpoint accepted.
type LastEvent struct {
	At    Time   `json:"at"`
	JobID ID     `json:"job_id"`
	Type  string `json:"type"`
}

// Tally is what came to an endpoint: its last event, and how many requests were
// accepted (duplicates too) and refused since the store was first used. A
// receiver that is killed takes what it counted in its last second with it.
type Tally struct {
	Last     *LastEvent // nil: there was none
	Accepted int64
	Refused  int64
}

// What disabled an endpoint.
const (
	ByConfig   = "config"   // it is written there, and only there it can be changed
	ByOperator = "operator" // by a call of the API
)

// Webhook is an endpoint as an operator sees it.
type Webhook struct {
	Plugin       string     `json:"plugin"`
	Endpoint     string     `json:"endpoint"`
	Name         string     `json:"name"`
	Description  string     `json:"description"`
	URL          string     `json:"url"`
	Methods      []string   `json:"methods"` // empty: all
	Source       string     `json:"source"`
	Verification []string   `json:"verification"` // all must pass
	Disabled     bool       `json:"disabled"`
	DisabledBy   string     `json:"disabled_by"` // empty: it is not
	Switched     *Switched  `json:"switched"`    // by whom, where an operator disabled it
	LastEvent    *LastEvent `json:"last_event"`
	Accepted     int64      `json:"accepted"`
	Refused      int64      `json:"refused"`
}

// BoxState is what waits for a chat.
type BoxState struct {
	Waiting int // messages, those in hand and those to be tried later too
	// Oldest is when the event of the oldest was accepted; zero: none waits.
	Oldest time.Time
}

// Broken says why nothing can arrive before somebody mends it.
type Broken struct {
	Why   string `json:"why"` // the platform's words
	Since Time   `json:"since"`
	Scope string `json:"scope"` // what is broken: chat, account, platform
}

// LineLimits are the rates in force, each as the config writes it: "30/m".
type LineLimits struct {
	Chat     []string `json:"chat"`
	Account  []string `json:"account"`
	Platform []string `json:"platform"`
}

// ChatState is a chat as an operator sees it.
type ChatState struct {
	Chat     string `json:"chat"` // its alias, or its chat key where none names it
	ChatKey  string `json:"chat_key"`
	Type     string `json:"type"` // the platform
	Known    bool   `json:"known"`
	Account  string `json:"account"`
	Ordering string `json:"ordering"`

	Waiting     int   `json:"waiting"`
	OldestAt    *Time `json:"oldest_at"`
	OldestAgeMS int64 `json:"oldest_age_ms"`

	Paused    bool       `json:"paused"`
	Broken    *Broken    `json:"broken"`
	HeldUntil *Time      `json:"held_until"` // by a Retry-After or by failures
	Failures  int        `json:"failures"`   // one after the other
	Limits    LineLimits `json:"limits"`
}

// QueueState is a queue as an operator sees it.
type QueueState struct {
	Queue     string `json:"queue"`
	Kind      string `json:"kind"`      // events: its tasks are jobs; chats: turns of one platform's chats
	Depth     int64  `json:"depth"`     // tasks that could be run now
	Active    int64  `json:"active"`    // being run
	Scheduled int64  `json:"scheduled"` // waiting for their time
	LatencyMS int64  `json:"latency_ms"`
	Processed int64  `json:"processed"` // tasks that were run to their end, ever
	Rate      int64  `json:"rate"`      // in the last minute: jobs worked on, messages sent
	Paused    bool   `json:"paused"`
}

// Presence is a worker that is at work.
type Presence struct {
	Name        string   `json:"name"` // as attempts show it
	Host        string   `json:"host"`
	Version     string   `json:"version"`
	StartedAt   Time     `json:"started_at"`
	LastSeen    Time     `json:"last_seen"`
	Concurrency int      `json:"concurrency"`
	Lanes       []string `json:"lanes"`
	Shards      int      `json:"shards"`
	Jobs        int64    `json:"jobs"`  // it works on now
	Turns       int64    `json:"turns"` // it has now
	// Rates are what it did in the last minute, by queue.
	Rates map[string]int64 `json:"rates"`
}
