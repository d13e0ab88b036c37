package api

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"postern/internal/job"
	"postern/internal/problem"
)

// storeTimeout bounds every question to the store.
const storeTimeout = 10 * time.Second

// queueRetry is when a caller may ask again while the store is away.
const queueRetry = 10 * time.Second

// job shows one job.
func (a *API) job(c *gin.Context) {
	ctx, cancel := context.WithTimeout(c.Request.Context(), storeTimeout)
	defer cancel()
	id, err := job.ParseID(c.Param("id"))
	if err != nil {
		a.fail(c, job.ErrUnknown)
		return
	}
	found, err := a.opt.Jobs.Job(ctx, id)
	if err != nil {
		a.fail(c, err)
		return
	}
	a.show(c, http.StatusOK, complete(found))
}

// jobs lists jobs, the newest first.
func (a *API) jobs(c *gin.Context) {
	ctx, cancel := context.WithTimeout(c.Request.Context(), storeTimeout)
	defer cancel()
	query, err := a.jobQuery(c.Request.URL.RawQuery)
	if err != nil {
		invalidQuery(c, err)
		return
	}
	page, err := a.opt.Jobs.List(ctx, query)
	if err != nil {
		a.fail(c, err)
		return
	}
	shown := make([]job.Job, 0, len(page.Jobs))
	for _, j := range page.Jobs {
		shown = append(shown, complete(j))
	}
	a.show(c, http.StatusOK, struct {
		Jobs       []job.Job `json:"jobs"`
		NextCursor string    `json:"next_cursor"`
	}{shown, page.Next})
}

// complete is a job whose lists are never null: a reader may loop over them
// unasked.
func complete(found *job.Job) job.Job {
	j := *found
	if len(j.Result) == 0 {
		j.Result = nil // null; encoding/json refuses an empty one
	}
	j.Attempts = list(j.Attempts)
	j.Warnings = list(j.Warnings)
	j.Notifications = append([]job.Notification{}, j.Notifications...)
	for i := range j.Notifications {
		j.Notifications[i].Attempts = list(j.Notifications[i].Attempts)
	}
	return j
}

func list[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

// show answers with JSON that no cache keeps.
func (a *API) show(c *gin.Context, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		a.opt.Log.LogAttrs(c.Request.Context(), slog.LevelError, "answer not encoded",
			slog.String("route", c.FullPath()), slog.String("error", err.Error()))
		problem.Write(c.Writer, http.StatusInternalServerError, problem.InternalError, "The answer cannot be written.")
		return
	}
	c.Header("Cache-Control", "no-store")
	c.Header("X-Content-Type-Options", "nosniff")
	c.Data(status, "application/json; charset=utf-8", append(body, '\n'))
}

// fail says why there is no answer. What is not known to be the caller's fault
// is the store's.
func (a *API) fail(c *gin.Context, err error) {
	switch {
	case errors.Is(err, job.ErrUnknown):
		problem.Write(c.Writer, http.StatusNotFound, problem.NotFound, "There is no such job, or it has expired.")
	case errors.Is(err, job.ErrCursor):
		invalidQuery(c, errForeignCursor)
	case errors.Is(err, job.ErrNotRetryable):
		problem.Write(c.Writer, http.StatusConflict, "not_retryable", "Only a job that failed or was canceled can be run again.")
	case errors.Is(err, job.ErrFinished):
		problem.Write(c.Writer, http.StatusConflict, "already_finished", "There is nothing left to cancel: the job is finished.")
	case errors.Is(err, job.ErrNotFinished):
		problem.Write(c.Writer, http.StatusConflict, "not_finished", "Only a finished job can be forgotten; cancel it first.")
	default:
		level := slog.LevelError
		if errors.Is(err, context.Canceled) {
			level = slog.LevelInfo // the caller went away
		}
		a.opt.Log.LogAttrs(c.Request.Context(), level, "job not available",
			slog.String("route", c.FullPath()), slog.String("error", err.Error()))
		problem.Write(c.Writer, http.StatusServiceUnavailable, problem.QueueUnavailable,
			"The store cannot be asked now.", problem.RetryAfter(queueRetry))
	}
}
