package plugintest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"postern/pkg/chat"
	"postern/pkg/plugin"
	"postern/pkg/source"
	"postern/pkg/webhook"
)

// maxResult is how large an encoded result may be.
const maxResult = 64 << 10

// Job is a plugin.Job that remembers what it was asked for. It lives in
// memory; Run it again, and it is the same job at its next attempt.
type Job struct {
	request *webhook.Request
	locale  source.Locale

	mu       sync.Mutex
	attempt  int
	known    map[[2]string]bool // chat and key of what was sent
	sent     []Sent
	progress []Progress
	warnings []Warning
}

// Sent is one message that became a notification.
type Sent struct {
	To      string
	Key     string // a hash of the message where the handler named none
	Message chat.Message
}

// Progress is one report of how far the work is.
type Progress struct {
	Percent int
	Message string
}

// Warning is one warning of the job.
type Warning struct{ Code, Message string }

var _ plugin.Job = (*Job)(nil)

// NewJob makes the job of an accepted request. As in a worker, the handler
// will not see the headers and path parameters that prove the request genuine.
func NewJob(e plugin.Endpoint, r *webhook.Request, l source.Locale) *Job {
	kept := *r
	kept.Header = r.Header.Clone()
	kept.Header.Del("Authorization")
	kept.Header.Del("Cookie")
	if e.Verify != nil {
		credentials := e.Verify.Credentials()
		for _, name := range credentials.Headers {
			kept.Header.Del(name)
		}
		kept.Params = maps.Clone(r.Params)
		for _, name := range credentials.Params {
			if _, ok := kept.Params[name]; ok {
				kept.Params[name] = "***"
			}
		}
	}
	return &Job{request: &kept, locale: l, known: map[[2]string]bool{}}
}

// Run handles the job once, as its next attempt, and gives the result as it
// would be stored.
func Run(ctx context.Context, e plugin.Endpoint, j *Job) (plugin.Result, error) {
	j.mu.Lock()
	j.attempt++
	j.mu.Unlock()
	result, err := e.Handle(ctx, j)
	if err != nil {
		return nil, err
	}
	if result == nil {
		return nil, nil
	}
	encoded, err := json.Marshal(result)
	if err != nil {
		return nil, fmt.Errorf("encode result: %w", err)
	}
	if len(encoded) > maxResult {
		return nil, fmt.Errorf("the result has %d bytes, at most %d are stored", len(encoded), maxResult)
	}
	return encoded, nil
}

// ID is the same at every attempt.
func (*Job) ID() string { return "0199b3a0-0000-7000-8000-000000000000" }

// Request is the request without credentials.
func (j *Job) Request() *webhook.Request { return j.request }

// Locale is the one that NewJob was given.
func (j *Job) Locale() source.Locale { return j.locale }

// Attempt counts the calls of Run.
func (j *Job) Attempt() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.attempt
}

// Progress remembers a report.
func (j *Job) Progress(ctx context.Context, percent int, message string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if percent < 0 || percent > 100 {
		return fmt.Errorf("progress of %d percent", percent)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.progress = append(j.progress, Progress{Percent: percent, Message: message})
	return nil
}

// Send remembers a message: once per chat and key, an empty chat as a warning.
func (j *Job) Send(ctx context.Context, to, key string, m chat.Message) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if to == "" {
		return j.Warn(ctx, "chat_empty", "a message was not sent: no chat is set for it")
	}
	if key == "" {
		encoded, err := json.Marshal(m)
		if err != nil {
			return fmt.Errorf("encode message: %w", err)
		}
		sum := sha256.Sum256(encoded)
		key = hex.EncodeToString(sum[:])
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.known[[2]string{to, key}] {
		return nil
	}
	j.known[[2]string{to, key}] = true
	j.sent = append(j.sent, Sent{To: to, Key: key, Message: m})
	return nil
}

// Warn remembers a warning.
func (j *Job) Warn(ctx context.Context, code, message string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if code == "" {
		return errors.New("a warning without a code")
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.warnings = append(j.warnings, Warning{Code: code, Message: message})
	return nil
}

// Sent gives the messages, in their order, of all attempts.
func (j *Job) Sent() []Sent {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clone(j.sent)
}

// Reports gives every progress that was told, in their order.
func (j *Job) Reports() []Progress {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clone(j.progress)
}

// Warnings gives the job's warnings, in their order.
func (j *Job) Warnings() []Warning {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clone(j.warnings)
}
