package api

import (
	"context"
	"errors"
	"log/slog"
	"net/url"

	"github.com/gin-gonic/gin"

	"postern/internal/job"
)

// Webhooks are the endpoints. Safe for concurrent use.
type Webhooks interface {
	// Webhooks gives every one, by plugin and path.
	Webhooks(ctx context.Context) ([]job.Webhook, error)
	// Disable makes one unknown to senders, on every receiver; by is the name
	// of who asks. One that there is not is job.ErrNoSuch.
	Disable(ctx context.Context, id job.EndpointID, by string) (job.Webhook, error)
	// Enable takes that back. One that the config disables is job.ErrByConfig.
	Enable(ctx context.Context, id job.EndpointID) (job.Webhook, error)
}

// webhooks lists endpoints.
func (a *API) webhooks(c *gin.Context) { listing(a, c, "webhooks", a.opt.Webhooks.Webhooks) }

// disableWebhook disables one.
func (a *API) disableWebhook(c *gin.Context) {
	a.switchWebhook(c, "endpoint disabled", func(ctx context.Context, id job.EndpointID) (job.Webhook, error) {
		return a.opt.Webhooks.Disable(ctx, id, c.GetString(callerName))
	})
}

// enableWebhook enables one.
func (a *API) enableWebhook(c *gin.Context) {
	a.switchWebhook(c, "endpoint enabled", a.opt.Webhooks.Enable)
}

func (a *API) switchWebhook(c *gin.Context, done string, do func(context.Context, job.EndpointID) (job.Webhook, error)) {
	id, err := endpointQuery(c.Request.URL.RawQuery)
	if err != nil {
		invalidQuery(c, err)
		return
	}
	of := []slog.Attr{slog.String("plugin", id.Plugin), slog.String("endpoint", id.Path)}
	change(a, c, done, of, func(ctx context.Context) (job.Webhook, error) { return do(ctx, id) })
}

// endpointQuery reads which endpoint is meant: exactly one.
func endpointQuery(raw string) (id job.EndpointID, err error) {
	values, err := url.ParseQuery(raw)
	if err != nil {
		return id, errors.New("it is not encoded as a query")
	}
	if len(values) != 2 || len(values["plugin"]) != 1 || len(values["endpoint"]) != 1 {
		return id, errors.New("it is to name one plugin and one endpoint, and nothing else")
	}
	return job.EndpointID{Plugin: values.Get("plugin"), Path: values.Get("endpoint")}, nil
}
