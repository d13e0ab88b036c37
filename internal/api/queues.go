package api

import (
	"context"
	"log/slog"

	"github.com/gin-gonic/gin"

	"postern/internal/job"
)

// Queues are where jobs and turns wait for a worker. Safe for concurrent use.
type Queues interface {
	// Queues gives every one.
	Queues(ctx context.Context) ([]job.QueueState, error)
	// Pause keeps the tasks of one from being begun until Resume; one that
	// there is not is job.ErrNoSuch, for both.
	Pause(ctx context.Context, queue string) (job.QueueState, error)
	Resume(ctx context.Context, queue string) (job.QueueState, error)
}

// queues lists queues.
func (a *API) queues(c *gin.Context) { listing(a, c, "queues", a.opt.Queues.Queues) }

// pauseQueue lets a queue's tasks wait.
func (a *API) pauseQueue(c *gin.Context) { a.changeQueue(c, "queue paused", a.opt.Queues.Pause) }

// resumeQueue lets them be worked on.
func (a *API) resumeQueue(c *gin.Context) { a.changeQueue(c, "queue resumed", a.opt.Queues.Resume) }

func (a *API) changeQueue(c *gin.Context, done string, do func(context.Context, string) (job.QueueState, error)) {
	name := segment(c.Request, 2)
	change(a, c, done, []slog.Attr{slog.String("queue", name)}, func(ctx context.Context) (job.QueueState, error) { return do(ctx, name) })
}
