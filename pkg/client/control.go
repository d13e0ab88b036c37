package client

import (
	"context"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// Rejection is a refused request, and all that are its like.
type Rejection struct {
	At       time.Time `json:"at"` // the last of them
	FirstAt  time.Time `json:"first_at"`
	Count    int64     `json:"count"`
	Plugin   string    `json:"plugin"`
	Endpoint string    `json:"endpoint"`
	Path     string    `json:"path"`
	Method   string    `json:"method"`
	RemoteIP string    `json:"remote_ip"`
	Status   int       `json:"status"`
	Code     string    `json:"code"`
	Cause    string    `json:"cause"`
	Secret   string    `json:"secret,omitempty"` // of a handshake; masked without the scope payload
}

// RejectionQuery chooses rejections; a zero value does not filter.
type RejectionQuery struct {
	Plugins   []string
	Endpoints []string
	Codes     []string
	Since     time.Time
	Limit     int // rows of a page; 0: the server's choice
}

// Rejections gives refused requests, the newest first.
func (c *Client) Rejections(ctx context.Context, q RejectionQuery) iter.Seq2[*Rejection, error] {
	query := url.Values{"plugin": q.Plugins, "endpoint": q.Endpoints, "code": q.Codes}
	if !q.Since.IsZero() {
		query.Set("since", q.Since.Format(time.RFC3339Nano))
	}
	if q.Limit > 0 {
		query.Set("limit", strconv.Itoa(q.Limit))
	}
	return pages(query, func(query url.Values) ([]*Rejection, string, error) {
		var page struct {
			Rejections []*Rejection `json:"rejections"`
			NextCursor string       `json:"next_cursor"`
		}
		err := c.read(ctx, "/api/rejections", query, &page)
		return page.Rejections, page.NextCursor, err
	})
}

// Webhook is an endpoint that is mounted.
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
	DisabledBy   string     `json:"disabled_by"` // "config" or "operator"; empty: it is not
	Switched     *Switched  `json:"switched"`
	LastEvent    *LastEvent `json:"last_event"`
	Accepted     int64      `json:"accepted"`
	Refused      int64      `json:"refused"`
}

// Switched is who disabled an endpoint, and when.
type Switched struct {
	By string    `json:"by"`
	At time.Time `json:"at"`
}

// LastEvent is the last one that an endpoint accepted.
type LastEvent struct {
	At    time.Time `json:"at"`
	JobID string    `json:"job_id"`
	Type  string    `json:"type"`
}

// Webhooks gives every endpoint.
func (c *Client) Webhooks(ctx context.Context) ([]Webhook, error) {
	var all struct {
		Webhooks []Webhook `json:"webhooks"`
	}
	err := c.read(ctx, "/api/webhooks", nil, &all)
	return all.Webhooks, err
}

// DisableWebhook closes an endpoint, at once and on all receivers.
func (c *Client) DisableWebhook(ctx context.Context, plugin, endpoint string) error {
	return c.change(ctx, http.MethodPost, "/api/webhooks/disable", webhookQuery(plugin, endpoint), nil)
}

// EnableWebhook opens what DisableWebhook closed.
func (c *Client) EnableWebhook(ctx context.Context, plugin, endpoint string) error {
	return c.change(ctx, http.MethodPost, "/api/webhooks/enable", webhookQuery(plugin, endpoint), nil)
}

func webhookQuery(plugin, endpoint string) url.Values {
	return url.Values{"plugin": {plugin}, "endpoint": {endpoint}}
}

// Chat is where messages go, and whether it may be spoken to.
type Chat struct {
	Chat        string     `json:"chat"` // its alias, or its chat key where none names it
	ChatKey     string     `json:"chat_key"`
	Type        string     `json:"type"`
	Known       bool       `json:"known"` // the server's config knows it
	Account     string     `json:"account"`
	Ordering    string     `json:"ordering"`
	Waiting     int        `json:"waiting"`
	OldestAt    *time.Time `json:"oldest_at"`
	OldestAgeMS int64      `json:"oldest_age_ms"`
	Paused      bool       `json:"paused"`
	Broken      *Broken    `json:"broken"`
	HeldUntil   *time.Time `json:"held_until"`
	Failures    int        `json:"failures"`
	Limits      Limits     `json:"limits"`
}

// Broken says why nothing can arrive before somebody mends it.
type Broken struct {
	Why   string    `json:"why"`
	Since time.Time `json:"since"`
	Scope string    `json:"scope"` // chat, account or platform
}

// Limits are the rates in force: "30/m".
type Limits struct {
	Chat     []string `json:"chat"`
	Account  []string `json:"account"`
	Platform []string `json:"platform"`
}

// Chats gives every chat with an alias, and every other that there is something
// to say of.
func (c *Client) Chats(ctx context.Context) ([]Chat, error) {
	var all struct {
		Chats []Chat `json:"chats"`
	}
	err := c.read(ctx, "/api/chats", nil, &all)
	return all.Chats, err
}

// PauseChat lets a chat's messages wait until ResumeChat.
func (c *Client) PauseChat(ctx context.Context, chat string) error {
	return c.change(ctx, http.MethodPost, "/api/chats/"+url.PathEscape(chat)+"/pause", nil, nil)
}

// ResumeChat lets a chat be spoken to again, and mends one that was broken.
func (c *Client) ResumeChat(ctx context.Context, chat string) error {
	return c.change(ctx, http.MethodPost, "/api/chats/"+url.PathEscape(chat)+"/resume", nil, nil)
}

// Queue is what waits to be worked on.
type Queue struct {
	Queue     string `json:"queue"`
	Kind      string `json:"kind"` // events or chats
	Depth     int64  `json:"depth"`
	Active    int64  `json:"active"`
	Scheduled int64  `json:"scheduled"`
	LatencyMS int64  `json:"latency_ms"`
	Processed int64  `json:"processed"`
	Rate      int64  `json:"rate"` // in the last minute
	Paused    bool   `json:"paused"`
}

// Queues gives every queue.
func (c *Client) Queues(ctx context.Context) ([]Queue, error) {
	var all struct {
		Queues []Queue `json:"queues"`
	}
	err := c.read(ctx, "/api/queues", nil, &all)
	return all.Queues, err
}

// PauseQueue keeps a queue's tasks from being begun until ResumeQueue.
func (c *Client) PauseQueue(ctx context.Context, queue string) error {
	return c.change(ctx, http.MethodPost, "/api/queues/"+url.PathEscape(queue)+"/pause", nil, nil)
}

// ResumeQueue takes that back.
func (c *Client) ResumeQueue(ctx context.Context, queue string) error {
	return c.change(ctx, http.MethodPost, "/api/queues/"+url.PathEscape(queue)+"/resume", nil, nil)
}

// Worker is one that is at work.
type Worker struct {
	Name        string           `json:"name"` // as attempts show it
	Host        string           `json:"host"`
	Version     string           `json:"version"`
	StartedAt   time.Time        `json:"started_at"`
	LastSeen    time.Time        `json:"last_seen"`
	Concurrency int              `json:"concurrency"`
	Lanes       []string         `json:"lanes"`
	Shards      int              `json:"shards"`
	Jobs        int64            `json:"jobs"`
	Turns       int64            `json:"turns"`
	Rates       map[string]int64 `json:"rates"`
}

// Workers gives those that are at work.
func (c *Client) Workers(ctx context.Context) ([]Worker, error) {
	var all struct {
		Workers []Worker `json:"workers"`
	}
	err := c.read(ctx, "/api/workers", nil, &all)
	return all.Workers, err
}
