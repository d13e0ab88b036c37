package client

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"strings"
	"time"
)

// How a stream that broke is called for again.
const (
	againAfter = time.Second
	mostBreaks = 10 // one after the other, nothing heard between
)

// mostEvent bounds a line of a stream, in bytes.
const mostEvent = 64 << 20

// Watch gives a job as it is, and again whenever it changes, until it is
// finished or ctx ends. A stream that breaks is called for again, and what was
// seen is not given twice. An error is the last pair: of ctx too, and NotFound
// where the job was forgotten meanwhile.
func (c *Client) Watch(ctx context.Context, id string) iter.Seq2[*Job, error] {
	return func(yield func(*Job, error) bool) {
		w := watcher{client: c, id: id, yield: yield}
		for {
			heard, err := w.stream(ctx)
			switch {
			case w.over:
				return
			case heard:
				w.breaks = 0
			}
			w.breaks++
			if w.breaks > mostBreaks || !again(err) || !wait(ctx, againAfter) {
				yield(nil, errors.Join(ctx.Err(), err))
				return
			}
		}
	}
}

// again reports whether a stream that ended so is called for again: a server
// that stopped, or a connection that broke.
func again(err error) bool {
	var refusal *Error
	return !errors.As(err, &refusal) || refusal.Status >= http.StatusInternalServerError
}

// WaitUntilDone gives the job once it is finished.
func (c *Client) WaitUntilDone(ctx context.Context, id string) (*Job, error) {
	for j, err := range c.Watch(ctx, id) {
		if err != nil {
			return nil, err
		}
		if j.Finished() {
			return j, nil
		}
	}
	return c.Job(ctx, id) // it ended unseen
}

type watcher struct {
	client *Client
	id     string
	yield  func(*Job, error) bool
	last   string // id of the last event
	breaks int
	over   bool // nothing more is to be given
}

var errBroken = errors.New("the stream of events broke")

// stream reads one stream; heard: it said something.
func (w *watcher) stream(ctx context.Context) (heard bool, err error) {
	header := http.Header{"Accept": {"text/event-stream"}}
	if w.last != "" {
		header.Set("Last-Event-Id", w.last)
	}
	response, err := w.client.get(ctx, jobPath(w.id, "events"), nil, header)
	if err != nil {
		return false, err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode == http.StatusNoContent {
		w.over = true
		return true, nil
	}
	for e, err := range events(response.Body) {
		if err != nil {
			return heard, err
		}
		heard = true
		if w.take(e); w.over {
			return heard, nil
		}
	}
	return heard, errBroken
}

func (w *watcher) take(e event) {
	switch e.name {
	case "job":
		var j Job
		if err := json.Unmarshal([]byte(e.data), &j); err != nil {
			w.over = true
			w.yield(nil, fmt.Errorf("watch job %s: %w", w.id, err))
			return
		}
		w.last = e.id
		w.over = !w.yield(&j, nil)
	case "end":
		w.over = true
		if strings.Contains(e.data, `"gone"`) {
			w.yield(nil, &Error{Method: http.MethodGet, Path: jobPath(w.id, "events"), Status: http.StatusNotFound, Code: NotFound})
		}
	}
}

// event is one of a stream.
type event struct{ name, id, data string }

// events reads a stream as the HTML standard has it (9.2.6), less what this API
// does not use.
func events(r io.Reader) iter.Seq2[event, error] {
	return func(yield func(event, error) bool) {
		lines := bufio.NewScanner(r)
		lines.Buffer(nil, mostEvent)
		var e event
		for lines.Scan() {
			name, value, _ := strings.Cut(lines.Text(), ":")
			value = strings.TrimPrefix(value, " ")
			switch {
			case lines.Text() == "":
				if e.name != "" && !yield(e, nil) {
					return
				}
				e = event{}
			case name == "event":
				e.name = value
			case name == "id":
				e.id = value
			case name == "data":
				e.data += value
			}
		}
		if err := lines.Err(); err != nil {
			yield(event{}, err)
		}
	}
}
