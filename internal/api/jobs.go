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

// retry runs a failed or canceled job again.
func (a *API) retry(c *gin.Context) {
	// Half a retry would be no better for its caller's having gone.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.Request.Context()), storeTimeout)
	defer cancel()
	id, err := job.ParseID(c.Param("id"))
	if err != nil {
		a.fail(c, job.ErrUnknown)
		return
	}
	receipt, err := a.opt.Jobs.Retry(ctx, id)
	if err != nil {
		a.fail(c, err)
		return
	}
	a.opt.Log.LogAttrs(ctx, slog.LevelInfo, "job retried", slog.String("job_id", string(receipt.ID)),
		slog.Int("run", receipt.Run), slog.String("by", c.GetString(callerName)))
	a.accepted(c, receipt, "The job runs again.")
}

// accepted answers as an accepted event is answered.
func (a *API) accepted(c *gin.Context, receipt job.Receipt, message string) {
	url := "/api/jobs/" + string(receipt.ID)
	c.Header("Location", url)
	a.show(c, http.StatusAccepted, struct {
		Status    string `json:"status"`
		JobID     job.ID `json:"job_id"`
		StatusURL string `json:"status_url"`
		Message   string `json:"message"`
	}{"accepted", receipt.ID, url, message})
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
	case errors.Is(err, job.ErrNotRetryable):
		problem.Write(c.Writer, http.StatusConflict, "not_retryable", "Only a job that failed or was canceled can be run again.")
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
