package api

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"

	"postern/internal/job"
	"postern/internal/problem"
)

// liveRoutes are what an operator sees and changes while the programs run.
func (a *API) liveRoutes(routes gin.IRouter) {
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		routes.Handle(method, "/api/webhooks", a.may(Read), a.webhooks)
		routes.Handle(method, "/api/chats", a.may(Read), a.chats)
		routes.Handle(method, "/api/queues", a.may(Read), a.queues)
		routes.Handle(method, "/api/workers", a.may(Read), a.workers)
	}
	routes.POST("/api/webhooks/disable", a.may(Operate), a.disableWebhook)
	routes.POST("/api/webhooks/enable", a.may(Operate), a.enableWebhook)
	routes.POST("/api/chats/:chat/pause", a.may(Operate), a.pauseChat)
	routes.POST("/api/chats/:chat/resume", a.may(Operate), a.resumeChat)
	routes.POST("/api/queues/:queue/pause", a.may(Operate), a.pauseQueue)
	routes.POST("/api/queues/:queue/resume", a.may(Operate), a.resumeQueue)
}

// listing answers with all there is of something, under its name. It has no
// filters, and whoever gives one is told so.
func listing[T any](a *API, c *gin.Context, name string, ask func(context.Context) ([]T, error)) {
	if err := (filters{}).read(c.Request.URL.RawQuery); err != nil {
		invalidQuery(c, err)
		return
	}
	ctx, cancel := context.WithTimeout(c.Request.Context(), storeTimeout)
	defer cancel()
	found, err := ask(ctx)
	if err != nil {
		a.failLive(c, err)
		return
	}
	a.show(c, http.StatusOK, map[string][]T{name: list(found)})
}

// change makes a change, notes what was done for the line of its call, and answers with how what was
// changed stands now. Half a change would be no better for its caller's having
// gone.
func change[T any](a *API, c *gin.Context, done string, of []slog.Attr, do func(context.Context) (T, error)) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.Request.Context()), storeTimeout)
	defer cancel()
	now, err := do(ctx)
	if err != nil {
		a.failLive(c, err)
		return
	}
	for _, attr := range append(of, slog.String("done", done)) {
		note(c, attr.Key, attr.Value)
	}
	a.show(c, http.StatusOK, now)
}

// failLive says why there is no answer.
func (a *API) failLive(c *gin.Context, err error) {
	switch {
	case errors.Is(err, job.ErrNoSuch):
		problem.Write(c.Writer, http.StatusNotFound, problem.NotFound, "There is nothing of this name.")
	case errors.Is(err, job.ErrByConfig):
		problem.Write(c.Writer, http.StatusConflict, "disabled_in_config",
			"The config disables this endpoint: take `disabled: true` out of it.")
	default:
		a.fail(c, err)
	}
}

// segment gives the n-th segment of the path, from 0. A chat key may hold any
// character, so it is read as it came over the wire.
func segment(r *http.Request, n int) string {
	segments := strings.Split(strings.TrimPrefix(r.URL.EscapedPath(), "/"), "/")
	if n >= len(segments) {
		return ""
	}
	plain, err := url.PathUnescape(segments[n])
	if err != nil {
		return ""
	}
	return plain
}
