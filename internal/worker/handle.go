package worker

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"postern/internal/job"
	"postern/internal/routing"
	"postern/pkg/chat"
	"postern/pkg/plugin"
	"postern/pkg/retry"
	"postern/pkg/source"
	"postern/pkg/webhook"
)

// maxResult bounds a handler's result, in bytes of JSON.
const maxResult = 64 << 10

// handle runs a Go plugin's handler; a panic in it is this attempt's error.
func (w *Worker) handle(ctx context.Context, r *job.Record, e *routing.Endpoint, request *webhook.Request) (json.RawMessage, error) {
	for _, name := range r.Kept.Chats { // the receiver knew them: a worker that does not leaves the job to others
		if _, err := w.Directory.Resolve(name); err != nil {
			return nil, err
		}
	}
	h := &handling{w: w, id: r.ID, record: r, endpoint: e, request: request, attempt: len(r.Doc.Attempts)}
	encoded, err := isolated(func() (json.RawMessage, error) {
		value, err := e.Go.Handle(ctx, h)
		if err != nil || value == nil {
			return nil, err
		}
		encoded, err := json.Marshal(value)
		if err != nil {
			return nil, retry.Never(fmt.Errorf("encode result: %w", err))
		}
		return encoded, nil
	})
	if err != nil {
		return nil, err
	}
	if len(encoded) > maxResult {
		return nil, retry.Never(fmt.Errorf("the result is %d bytes of JSON, at most %d are kept", len(encoded), maxResult))
	}
	return encoded, nil
}

// handling is plugin.Job: one attempt of one handler.
type handling struct {
	w        *Worker
	id       job.ID
	record   *job.Record // as it was when the attempt began
	endpoint *routing.Endpoint
	request  *webhook.Request
	attempt  int

	mu   sync.Mutex
	sent int // messages this attempt has sent, for their order
}

var _ plugin.Job = (*handling)(nil)

func (h *handling) ID() string                { return string(h.id) }
func (h *handling) Request() *webhook.Request { return h.request }
func (h *handling) Locale() source.Locale     { return h.endpoint.Locale }
func (h *handling) Attempt() int              { return h.attempt }

func (h *handling) Progress(ctx context.Context, percent int, message string) error {
	_, err := h.w.Records.Change(ctx, h.id, func(r *job.Record) error {
		r.Doc.Progress = &job.Progress{Percent: min(max(percent, 0), 100), Message: message, At: job.At(time.Now())}
		return nil
	})
	return err
}

func (h *handling) Warn(ctx context.Context, code, message string) error {
	return h.warn(ctx, job.Warning{Code: code, Message: message})
}

func (h *handling) warn(ctx context.Context, warning job.Warning) error {
	_, err := h.w.Records.Change(ctx, h.id, func(r *job.Record) error {
		r.Warn(warning)
		return nil
	})
	return err
}

func (h *handling) Send(ctx context.Context, to, key string, m chat.Message) error {
	if to == "" {
		return h.warn(ctx, job.Warning{Code: "chat_empty", Message: "a message was not sent: no chat is set for it"})
	}
	c, err := h.w.Directory.Resolve(to)
	if errors.Is(err, routing.ErrUnknownChat) {
		return h.warn(ctx, job.Warning{Code: "unknown_chat", Message: "a message was not sent: no such chat", Chat: to})
	}
	if err != nil {
		return err
	}
	if key == "" {
		encoded, err := json.Marshal(m)
		if err != nil {
			return retry.Never(fmt.Errorf("encode message: %w", err))
		}
		key = string(encoded)
	}
	sum := sha256.Sum256([]byte(key))
	h.mu.Lock()
	defer h.mu.Unlock() // messages of one handler keep the order it sent them in
	n := noteFor(h.record, 0, h.sent, c, hex.EncodeToString(sum[:8]))
	h.sent++
	content := job.Content{Message: m, AcceptedAt: job.At(time.UnixMilli(h.record.Kept.AcceptedAt))}
	if err := h.w.Records.MakeNotes(ctx, h.id, []*job.Note{n}, []job.Content{content}); err != nil {
		return err
	}
	stored, err := h.w.Records.ChangeNote(ctx, n.ID, func(*job.Note) error { return job.ErrLeave })
	if err != nil || stored.State.Final() {
		return err
	}
	return h.w.post(ctx, c, stored)
}
