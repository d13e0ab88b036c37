package client

import (
	"context"
	"io"
	"iter"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// Query says which jobs are meant. Filters combine; of several values of one
// filter any will do. A zero value does not filter.
type Query struct {
	States      []State
	Deliveries  []Delivery
	Plugins     []string
	Endpoints   []string
	Events      []string // a type, or type.action
	Chats       []string // an alias, or a chat key
	DeliveryIDs []string
	Since       time.Time // accepted then or later
	Until       time.Time // accepted before
	Limit       int       // rows of a page; 0: the server's choice
	// Cursor goes on where a RetryAll or ReplayAll of the same filters ended: see
	// Bulk. It is no cursor of Jobs.
	Cursor string
}

func (q Query) values() url.Values {
	v := url.Values{
		"plugin": q.Plugins, "endpoint": q.Endpoints, "event": q.Events, "chat": q.Chats, "delivery_id": q.DeliveryIDs,
	}
	for _, s := range q.States {
		v.Add("state", string(s))
	}
	for _, d := range q.Deliveries {
		v.Add("delivery", string(d))
	}
	if !q.Since.IsZero() {
		v.Set("since", q.Since.Format(time.RFC3339Nano))
	}
	if !q.Until.IsZero() {
		v.Set("until", q.Until.Format(time.RFC3339Nano))
	}
	if q.Cursor != "" {
		v.Set("cursor", q.Cursor)
	}
	if q.Limit > 0 {
		v.Set("limit", strconv.Itoa(q.Limit))
	}
	return v
}

func jobPath(id, verb string) string {
	path := "/api/jobs/" + url.PathEscape(id)
	if verb != "" {
		path += "/" + verb
	}
	return path
}

// Job gives a job; one that never was or has expired is an *Error with NotFound.
func (c *Client) Job(ctx context.Context, id string) (*Job, error) {
	var j Job
	if err := c.read(ctx, jobPath(id, ""), nil, &j); err != nil {
		return nil, err
	}
	return &j, nil
}

// Jobs gives jobs, the newest first, page by page as they are asked for. An
// error is the last pair.
func (c *Client) Jobs(ctx context.Context, q Query) iter.Seq2[*Job, error] {
	return pages(q.values(), func(query url.Values) ([]*Job, string, error) {
		var page struct {
			Jobs       []*Job `json:"jobs"`
			NextCursor string `json:"next_cursor"`
		}
		err := c.read(ctx, "/api/jobs", query, &page)
		return page.Jobs, page.NextCursor, err
	})
}

// pages follows next_cursor through a listing; who ranges twice begins anew.
func pages[T any](query url.Values, read func(url.Values) (rows []T, next string, err error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		query := maps.Clone(query)
		for {
			rows, next, err := read(query)
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			for _, row := range rows {
				if !yield(row, nil) {
					return
				}
			}
			if next == "" {
				return
			}
			query.Set("cursor", next)
		}
	}
}

// Accepted is what a server says of what it will do.
type Accepted struct {
	JobID     string `json:"job_id"`
	StatusURL string `json:"status_url"`
	Message   string `json:"message"`
}

// Retry runs a failed or canceled job again, under the same id. Another is an
// *Error with NotRetryable.
func (c *Client) Retry(ctx context.Context, id string) (Accepted, error) {
	return c.accept(ctx, jobPath(id, "retry"))
}

// Replay runs the event of a job again, as a new job.
func (c *Client) Replay(ctx context.Context, id string) (Accepted, error) {
	return c.accept(ctx, jobPath(id, "replay"))
}

// Cancel stops what has not been sent of a job. One that is finished is an
// *Error with AlreadyFinished.
func (c *Client) Cancel(ctx context.Context, id string) error {
	_, err := c.accept(ctx, jobPath(id, "cancel"))
	return err
}

func (c *Client) accept(ctx context.Context, path string) (a Accepted, err error) {
	return a, c.change(ctx, http.MethodPost, path, nil, &a)
}

// Delete forgets a finished job. Another is an *Error with NotFinished.
func (c *Client) Delete(ctx context.Context, id string) error {
	return c.change(ctx, http.MethodDelete, jobPath(id, ""), nil, nil)
}

// Payload gives the body that was received. Its token needs the scope payload,
// and what it gives is a stranger's.
func (c *Client) Payload(ctx context.Context, id string) ([]byte, error) {
	response, err := c.get(ctx, jobPath(id, "payload"), nil, nil)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	return io.ReadAll(response.Body)
}

// Bulk is what became of a change of many jobs.
type Bulk struct {
	Count   int // run again
	Skipped int // could not: not failed any more, canceled, or gone
	// Next is where to go on after an error, as the Cursor of the same query: what
	// lies before was done. Empty: at the beginning, or where there was no error,
	// nothing is left.
	Next string
}

// RetryAll retries every job that the query means, the oldest first; one filter
// at least must be set. progress, where it is not nil, hears of the whole so far
// after each page. After an error, what it gives was done nevertheless, and its
// Next is where to go on.
func (c *Client) RetryAll(ctx context.Context, q Query, progress func(Bulk)) (Bulk, error) {
	return c.bulk(ctx, "/api/jobs/retry", q, progress)
}

// ReplayAll is RetryAll with Replay for Retry.
func (c *Client) ReplayAll(ctx context.Context, q Query, progress func(Bulk)) (Bulk, error) {
	return c.bulk(ctx, "/api/jobs/replay", q, progress)
}

func (c *Client) bulk(ctx context.Context, path string, q Query, progress func(Bulk)) (all Bulk, err error) {
	query := q.values()
	all.Next = q.Cursor
	for {
		var page struct {
			Count      int    `json:"count"`
			Skipped    int    `json:"skipped"`
			NextCursor string `json:"next_cursor"`
		}
		// A page that was refused was not begun, so it may be asked for again.
		response, err := c.patiently(ctx, http.MethodPost, path, query, nil) //nolint:bodyclose // decode closes it
		if err != nil {
			return all, err
		}
		if err := decode(response, &page); err != nil {
			return all, err
		}
		all = Bulk{Count: all.Count + page.Count, Skipped: all.Skipped + page.Skipped, Next: page.NextCursor}
		if progress != nil {
			progress(all)
		}
		if page.NextCursor == "" {
			return all, nil
		}
		query.Set("cursor", page.NextCursor)
	}
}
