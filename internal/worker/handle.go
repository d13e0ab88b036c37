package worker

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
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
func (w *Worker) handle(ctx context.Context, r *job.Record, e *routing.Endpoint, request *webhook.Request, done *outcome) error {
	for _, name := range r.Kept.Chats { // the receiver knew them: a worker that does not leaves the job to others
		if _, err := w.Directory.Resolve(name); err != nil {
			return err
		}
	}
	h := &handling{w: w, id: r.ID, record: r, endpoint: e, request: request, attempt: r.Attempt(), notes: slices.Clone(r.Notes)}
	var err error
	done.result, err = h.run(ctx)
	h.mu.Lock()
	defer h.mu.Unlock()
	if !errors.Is(err, routing.ErrUnknownChat) { // else nothing is lost: the job is left to workers that know the chat
		done.warnings = h.unsent
	}
	return err
}

// run calls the handler and encodes its result.
func (h *handling) run(ctx context.Context) (json.RawMessage, error) {
	encoded, err := isolated(func() (json.RawMessage, error) {
		value, err := h.endpoint.Go.Handle(ctx, h)
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

	mu     sync.Mutex
	sent   int           // messages this attempt has sent, for their order
	notes  []*job.Note   // the job's, for a key that was sent to the chat before
	unsent []job.Warning // messages to chats that this worker does not know
}

var _ plugin.Job = (*handling)(nil)

func (h *handling) ID() string                { return string(h.id) }
func (h *handling) Request() *webhook.Request { return h.request }
func (h *handling) Locale() source.Locale     { return h.endpoint.Locale }
func (h *handling) Attempt() int              { return h.attempt }

func (h *handling) Progress(ctx context.Context, percent int, message string) error {
	return h.change(ctx, func(r *job.Record) {
		r.Doc.Progress = &job.Progress{Percent: min(max(percent, 0), 100), Message: message, At: job.At(time.Now())}
	})
}

func (h *handling) Warn(ctx context.Context, code, message string) error {
	return h.warn(ctx, job.Warning{Code: code, Message: message})
}

func (h *handling) warn(ctx context.Context, warning job.Warning) error {
	return h.change(ctx, func(r *job.Record) { r.Warn(warning) })
}

// errNotHeld is what a handler hears that goes on after its job was canceled, or
// given to another worker: what it says then is nobody's.
var errNotHeld = fmt.Errorf("the job was canceled, or another worker has it: %w", context.Canceled)

// change writes to the record for as long as this attempt is the one under way.
func (h *handling) change(ctx context.Context, change func(*job.Record)) error {
	_, err := h.w.Records.Change(ctx, h.id, func(r *job.Record) error {
		if !r.Holds(h.attempt) {
			return errNotHeld
		}
		change(r)
		return nil
	})
	return err
}

func (h *handling) Send(ctx context.Context, to, key string, m chat.Message) error {
	if to == "" {
		return h.warn(ctx, job.Warning{Code: "chat_empty", Message: "a message was not sent: no chat is set for it"})
	}
	c, err := h.w.Directory.Resolve(to)
	h.mu.Lock()
	defer h.mu.Unlock() // messages of one handler keep the order it sent them in
	if err != nil {
		h.unsent = append(h.unsent, job.Warning{Code: "unknown_chat", Message: "a message was not sent: no such chat", Chat: to})
		return err
	}
	if key, err = digest(key, m); err != nil {
		return err
	}
	n := h.note(c, key)
	content := job.Content{Message: m, AcceptedAt: job.At(time.UnixMilli(h.record.Kept.AcceptedAt))}
	if err := h.w.Records.MakeNotes(ctx, h.id, []*job.Note{n}, []job.Content{content}); err != nil {
		return notHeld(err)
	}
	stored, err := h.w.Records.ChangeNote(ctx, n.ID, func(*job.Note) error { return job.ErrLeave })
	switch {
	case err != nil:
		return notHeld(err)
	case stored.Stopped:
		return errNotHeld
	case stored.State.Final():
		return nil
	}
	return h.w.post(ctx, c, stored)
}

// notHeld is errNotHeld where the store takes nothing more for the job.
func notHeld(err error) error {
	if errors.Is(err, job.ErrUnknown) {
		return errNotHeld
	}
	return err
}

// note gives the notification of a key in a chat, under the name by which the
// chat was told of it first: an alias and its chat key are one chat.
func (h *handling) note(c routing.Chat, key string) *job.Note {
	order := h.sent
	h.sent++
	for _, n := range h.notes {
		if n.ChatKey == c.Key.String() && n.ID == h.id.Notification(0, n.Chat, key) {
			return n
		}
	}
	n := noteFor(h.record, 0, order, c, key)
	h.notes = append(h.notes, n)
	return n
}

// digest makes of a message's key, or of the message where it has none, what its
// notification's id ends with.
func digest(key string, m chat.Message) (string, error) {
	if key == "" {
		encoded, err := json.Marshal(m)
		if err != nil {
			return "", retry.Never(fmt.Errorf("encode message: %w", err))
		}
		key = string(encoded)
	}
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:8]), nil
}
