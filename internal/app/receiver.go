package app

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"sync"

	"postern/internal/api"
	"postern/internal/ipranges"
	"postern/internal/job"
	"postern/internal/problem"
	"postern/internal/queue"
	"postern/internal/receiver"
	"postern/internal/routing"
	"postern/internal/store"
)

// jobs stores what was accepted and enqueues it.
type jobs struct {
	store *store.Store
	queue *queue.Queue
	app   *App
}

// Add implements receiver.Jobs. Once the record is stored the event cannot be
// lost: where enqueueing fails, the reconciler does it.
func (j jobs) Add(ctx context.Context, in job.Intake) (job.Receipt, error) {
	if j.app.Full() {
		return job.Receipt{}, fmt.Errorf("%w: the store in memory is full", job.ErrUnavailable)
	}
	added, err := j.store.Add(ctx, in)
	if err != nil {
		return job.Receipt{}, err
	}
	if added.Enqueue {
		if err := j.queue.AddJob(ctx, added.ID, added.Run); err != nil {
			j.app.Log.WarnContext(ctx, "job stored and not yet queued", "job_id", added.ID, "error", err)
		}
	}
	return added.Receipt, nil
}

// Job implements api.Jobs.
func (j jobs) Job(ctx context.Context, id job.ID) (*job.Job, error) { return j.store.Job(ctx, id) }

// Retry implements api.Jobs.
func (j jobs) Retry(ctx context.Context, id job.ID) (job.Receipt, error) {
	run, err := j.store.Retry(ctx, id)
	if err != nil {
		return job.Receipt{}, err
	}
	if err := j.queue.AddJob(ctx, id, run); err != nil {
		j.app.Log.WarnContext(ctx, "job stored and not yet queued", "job_id", id, "error", err)
	}
	return job.Receipt{ID: id, Run: run}, nil
}

// chats resolves the names that callers give.
type chats struct{ directory *routing.Directory }

// Key implements receiver.Chats.
func (c chats) Key(name string) (string, error) {
	found, err := c.directory.Resolve(name)
	if err != nil {
		return "", err
	}
	return found.Key.String(), nil
}

func (a *App) receiver(ctx context.Context, l net.Listener, s *store.Store, tasks *queue.Queue) error {
	work := jobs{store: s, queue: tasks, app: a}
	calls := api.New(api.Options{
		Jobs: work, Tokens: a.tokens(), Loopback: a.Config.API.Loopback, Log: a.Log,
		Caller: receiver.Caller(a.Config.HTTP.TrustedProxies),
	})
	server := receiver.New(receiver.Options{
		Endpoints: a.Setup.Table, Jobs: work, Chats: chats{a.Setup.Directory}, Log: a.Log,
		BaseURL: a.Config.HTTP.BaseURL, TrustedProxies: a.Config.HTTP.TrustedProxies, Durable: !a.Memory,
		Ready: func(ctx context.Context) receiver.Readiness { return a.readiness(ctx, s) },
		Mount: calls.Routes,
	})
	ranges := &ipranges.Refresher{Providers: a.Setup.Providers, Fetch: a.Lists, Kept: s, Log: a.Log}
	ranges.Load(ctx)
	ctx, cancel := context.WithCancel(ctx)
	var aside sync.WaitGroup
	defer aside.Wait()
	defer cancel() // first
	aside.Go(func() { ranges.Run(ctx) })
	a.Log.InfoContext(ctx, "receiver started", "listen", l.Addr().String(), "endpoints", len(a.Setup.Table.All()))
	return server.Serve(ctx, l)
}

func (a *App) readiness(ctx context.Context, s *store.Store) receiver.Readiness {
	r := receiver.Readiness{Ready: true, Durable: !a.Memory, Checks: map[string]string{"redis": "ok"}}
	if err := s.Ping(ctx); err != nil {
		r.Ready, r.Checks["redis"] = false, "does not answer"
	}
	return r
}

// health is the worker's private listener.
func (a *App) health(s *store.Store) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, map[string]any{"status": "ok"})
	})
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		ready := a.readiness(r.Context(), s)
		status, word := http.StatusOK, "ok"
		if !ready.Ready {
			status, word = http.StatusServiceUnavailable, "unavailable"
		}
		writeJSON(w, status, map[string]any{"status": word, "durable": ready.Durable, "checks": ready.Checks})
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		problem.Write(w, http.StatusNotFound, problem.NotFound, "Nothing is served at this path.")
	})
	return mux
}
