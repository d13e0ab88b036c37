// Package live is what an operator sees and changes while the programs run:
// endpoints that are disabled and what came to them, chats that are paused or
// broken, queues. It serves no HTTP and holds nothing that lasts: the store, the
// governor and the queue do, and each is asked through what is declared here.
package live

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"postern/internal/job"
	"postern/internal/routing"
)

// Switches are where it stands which endpoints an operator disabled. Safe for
// concurrent use.
type Switches interface {
	// Disabled gives them by their one word.
	Disabled(ctx context.Context) (map[string]job.Switched, error)
	// WatchDisabled calls changed whenever Disabled may have changed, until ctx
	// ends.
	WatchDisabled(ctx context.Context, changed func())
}

// How a receiver learns of a change: it is told at once, and looks now and then
// in case it was not.
const (
	lookEvery = 2 * time.Second
	lookFor   = 2 * time.Second
)

// Gate finds endpoints as a Table does, but for those that an operator disabled.
// While the store is away it goes by what it knew last; before it knew anything,
// by the config alone. It is safe for concurrent use.
type Gate struct {
	table    *routing.Table
	switches Switches
	log      *slog.Logger
	view     atomic.Pointer[view]
	look     sync.Mutex // one after the other: what was read first is never known last
}

// view is what a Gate knows.
type view struct {
	shut map[string]job.Switched
	all  []*routing.Endpoint
}

// NewGate makes a Gate that shuts nothing until Load or Run.
func NewGate(table *routing.Table, switches Switches, log *slog.Logger) *Gate {
	g := &Gate{table: table, switches: switches, log: log}
	g.view.Store(&view{all: table.All()})
	return g
}

// Find implements receiver.Endpoints: what is disabled is unknown, whatever the
// method.
func (g *Gate) Find(pluginKey, escapedPath, method string) (*routing.Endpoint, map[string]string, error) {
	e, params, err := g.table.Find(pluginKey, escapedPath, method)
	found := e
	if m, ok := errors.AsType[*routing.MethodError](err); ok {
		found = m.Endpoint
	}
	if found != nil {
		if _, shut := g.view.Load().shut[idOf(found).String()]; shut {
			return nil, nil, &routing.DisabledError{Endpoint: found}
		}
	}
	return e, params, err
}

// Shown implements receiver.Endpoints.
func (g *Gate) Shown(escapedPath string) string { return g.table.Shown(escapedPath) }

// All gives every endpoint, and says of each whether it is disabled now.
func (g *Gate) All() []*routing.Endpoint { return g.view.Load().all }

// Reload asks the store once.
func (g *Gate) Reload(ctx context.Context) error {
	g.look.Lock()
	defer g.look.Unlock()
	shut, err := g.switches.Disabled(ctx)
	if err != nil {
		return err
	}
	v := &view{shut: shut, all: g.table.All()}
	for i, e := range v.all {
		if _, is := shut[idOf(e).String()]; is {
			closed := *e
			closed.Disabled = true
			v.all[i] = &closed
		}
	}
	g.view.Store(v)
	return nil
}

// Load is Reload before the first request, within 2 seconds. A store that is
// away does not keep the receiver from starting: Run goes on trying.
func (g *Gate) Load(ctx context.Context) {
	if err := g.bounded(ctx); err != nil {
		g.log.WarnContext(ctx, "disabled endpoints not known, the config alone holds", "error", err)
	}
}

func (g *Gate) bounded(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, lookFor)
	defer cancel()
	return g.Reload(ctx)
}

// Run follows the store until ctx ends. A failure is told once, and so is its
// end.
func (g *Gate) Run(ctx context.Context) {
	changed := make(chan struct{}, 1)
	var watching sync.WaitGroup
	defer watching.Wait()
	watching.Go(func() {
		g.switches.WatchDisabled(ctx, func() {
			select {
			case changed <- struct{}{}:
			default: // a look is due already
			}
		})
	})
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	failing := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-changed:
		case <-tick.C:
		}
		failing = g.follow(ctx, failing)
	}
}

func (g *Gate) follow(ctx context.Context, failing bool) bool {
	err := g.bounded(ctx)
	switch {
	case ctx.Err() != nil:
		return failing
	case err != nil && !failing:
		g.log.WarnContext(ctx, "disabled endpoints not read, what was known last holds", "error", err)
	case err == nil && failing:
		g.log.InfoContext(ctx, "disabled endpoints read again")
	}
	return err != nil
}

func idOf(e *routing.Endpoint) job.EndpointID { return job.EndpointID{Plugin: e.Plugin, Path: e.Path} }
