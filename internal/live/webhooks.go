package live

import (
	"context"
	"fmt"
	"strings"
	"time"

	"postern/internal/job"
	"postern/internal/routing"
)

// EndpointStore keeps what an operator switched and what came to endpoints. Safe
// for concurrent use.
type EndpointStore interface {
	Switches
	Disable(ctx context.Context, id job.EndpointID, by job.Switched) error
	Enable(ctx context.Context, id job.EndpointID) error
	Tallies(ctx context.Context, ids []job.EndpointID) ([]job.Tally, error)
}

// Webhooks shows endpoints and switches them. It is safe for concurrent use.
type Webhooks struct {
	Table   *routing.Table
	Gate    *Gate // this receiver's
	Store   EndpointStore
	BaseURL string
}

// Webhooks gives every endpoint, by plugin and path.
func (w *Webhooks) Webhooks(ctx context.Context) ([]job.Webhook, error) {
	return w.show(ctx, w.Table.All())
}

// Disable makes an endpoint unknown to senders, on this receiver at once and on
// the others as soon as they hear of it: job.ErrNoSuch. What it accepted before
// is still worked on.
func (w *Webhooks) Disable(ctx context.Context, id job.EndpointID, by string) (job.Webhook, error) {
	return w.change(ctx, id, func(*routing.Endpoint) error {
		return w.Store.Disable(ctx, id, job.Switched{By: by, At: job.At(time.Now())})
	})
}

// Enable takes that back: job.ErrNoSuch, and job.ErrByConfig for an endpoint
// that the config disables. Who reads the config must be able to rely on it.
func (w *Webhooks) Enable(ctx context.Context, id job.EndpointID) (job.Webhook, error) {
	return w.change(ctx, id, func(e *routing.Endpoint) error {
		if e.Disabled {
			return fmt.Errorf("%s: %w", id, job.ErrByConfig)
		}
		return w.Store.Enable(ctx, id)
	})
}

func (w *Webhooks) change(ctx context.Context, id job.EndpointID, do func(*routing.Endpoint) error) (job.Webhook, error) {
	e, ok := w.Table.ByID(id.Plugin, id.Path)
	if !ok {
		return job.Webhook{}, fmt.Errorf("endpoint %q of %q: %w", id.Path, id.Plugin, job.ErrNoSuch)
	}
	if err := do(e); err != nil {
		return job.Webhook{}, err
	}
	if err := w.Gate.Reload(ctx); err != nil {
		return job.Webhook{}, err
	}
	shown, err := w.show(ctx, []*routing.Endpoint{e})
	if err != nil {
		return job.Webhook{}, err
	}
	return shown[0], nil
}

func (w *Webhooks) show(ctx context.Context, endpoints []*routing.Endpoint) ([]job.Webhook, error) {
	switched, err := w.Store.Disabled(ctx)
	if err != nil {
		return nil, err
	}
	ids := make([]job.EndpointID, len(endpoints))
	for i, e := range endpoints {
		ids[i] = idOf(e)
	}
	tallies, err := w.Store.Tallies(ctx, ids)
	if err != nil {
		return nil, err
	}
	shown := make([]job.Webhook, len(endpoints))
	for i, e := range endpoints {
		shown[i] = w.webhook(e, tallies[i])
		if by, shut := switched[ids[i].String()]; shut {
			shown[i].Disabled, shown[i].Switched = true, &by
			if !e.Disabled {
				shown[i].DisabledBy = job.ByOperator
			}
		}
	}
	return shown, nil
}

func (w *Webhooks) webhook(e *routing.Endpoint, t job.Tally) job.Webhook {
	shown := job.Webhook{
		Plugin: e.Plugin, Endpoint: e.Path, Name: e.Name, Description: e.Description,
		URL:     strings.TrimRight(w.BaseURL, "/") + "/api/plugin/" + e.Plugin + "/webhook" + e.Path,
		Methods: append([]string{}, e.Methods...), Source: e.SourceName, Verification: e.Verification(),
		Disabled: e.Disabled, LastEvent: t.Last, Accepted: t.Accepted, Refused: t.Refused,
	}
	if e.Disabled {
		shown.DisabledBy = job.ByConfig
	}
	return shown
}
