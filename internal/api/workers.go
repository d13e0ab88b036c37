package api

import (
	"context"

	"github.com/gin-gonic/gin"

	"postern/internal/job"
)

// Workers are those that are at work. Safe for concurrent use.
type Workers interface {
	// Present gives them by name.
	Present(ctx context.Context) ([]job.Presence, error)
}

// workers lists workers.
func (a *API) workers(c *gin.Context) { listing(a, c, "workers", a.opt.Workers.Present) }
