package api

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"postern/internal/job"
)

// bulkTime bounds a change of many jobs: what is left then is the next call's.
const bulkTime = 20 * time.Second

// bulk is what became of a change of many jobs.
type bulk struct {
	Count      int    `json:"count"`
	Skipped    int    `json:"skipped"`
	NextCursor string `json:"next_cursor"`
}

func (a *API) retryAll(c *gin.Context)  { a.all(c, a.opt.Changes.Retry) }
func (a *API) replayAll(c *gin.Context) { a.all(c, a.opt.Changes.Replay) }

// all does something to every job that the query means, a page of them a call.
func (a *API) all(c *gin.Context, run func(context.Context, job.ID) (job.Receipt, error)) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.Request.Context()), bulkTime+storeTimeout)
	defer cancel()
	query, err := a.bulkQuery(c.Request.URL.RawQuery)
	if err != nil {
		invalidQuery(c, err)
		return
	}
	began, err := begin(&query, time.Now())
	if err != nil {
		a.fail(c, err)
		return
	}
	ids, next, err := a.opt.Jobs.IDs(ctx, query)
	if err != nil {
		a.fail(c, err)
		return
	}
	done, reached, err := runAll(ctx, ids, run)
	if err != nil && reached == 0 {
		a.fail(c, err)
		return
	}
	if reached < len(ids) { // the caller goes on from here
		next = ids[reached-1].Cursor()
	}
	if next != "" {
		done.NextCursor = next + "." + began
	}
	if err != nil {
		note(c, "error", err.Error())
	}
	note(c, "count", done.Count)
	note(c, "skipped", done.Skipped)
	a.show(c, http.StatusOK, done)
}

// begin takes apart the cursor of a bulk call, which also says when the first
// call was: jobs that were accepted since are not meant, or a replay would meet
// the jobs that it makes, for ever.
func begin(q *job.Query, now time.Time) (began string, err error) {
	began = strconv.FormatInt(now.UnixMilli(), 10)
	if q.Cursor != "" {
		var ok bool
		if q.Cursor, began, ok = strings.Cut(q.Cursor, "."); !ok || q.Cursor == "" {
			return "", job.ErrCursor
		}
	}
	ms, err := strconv.ParseInt(began, 10, 64)
	if err != nil || ms <= 0 {
		return "", job.ErrCursor
	}
	if first := time.UnixMilli(ms); q.Until.IsZero() || q.Until.After(first) {
		q.Until = first
	}
	return began, nil
}

// runAll goes through jobs in their order, one after the other, so that a call
// that is cut short has done a beginning of them and nothing else. It says how
// many it is through with: all, unless time is up or the store goes away.
func runAll(ctx context.Context, ids []job.ID, run func(context.Context, job.ID) (job.Receipt, error)) (done bulk, reached int, err error) {
	ends := time.Now().Add(bulkTime)
	for ; reached < len(ids) && time.Now().Before(ends); reached++ {
		_, err := run(ctx, ids[reached])
		switch {
		case err == nil:
			done.Count++
		case errors.Is(err, job.ErrNotRetryable), errors.Is(err, job.ErrUnknown):
			done.Skipped++
		default:
			return done, reached, err
		}
	}
	return done, reached, nil
}
