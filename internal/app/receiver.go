package app

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"sync"

	"postern/internal/api"
	"postern/internal/governor"
	"postern/internal/ipranges"
	"postern/internal/job"
	"postern/internal/live"
	"postern/internal/problem"
	"postern/internal/queue"
	"postern/internal/receiver"
	"postern/internal/rejections"
	"postern/internal/routing"
	"postern/internal/store"
	"postern/internal/worker"
)

// jobs stores what was accepted and enqueues it.
type jobs struct {
	store    *store.Store
	queue    *queue.Queue
	governor *governor.Governor
	chats    *live.Chats
	counter  *live.Counter
	app      *App
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
	if added.Run > 1 && !added.Duplicate { // a redelivery of what failed asks as a retry does
		j.mended(ctx, added.ID)
	}
	if added.Enqueue {
		if err := j.queue.AddJob(ctx, added.ID, added.Run); err != nil {
			j.app.Log.WarnContext(ctx, "job stored and not yet queued", "job_id", added.ID, "error", err)
		}
	}
	j.counter.Accepted(job.EndpointID{Plugin: in.Plugin, Path: in.Endpoint},
		job.LastEvent{At: job.At(in.Request.ReceivedAt), JobID: added.ID, Type: in.Event.Type})
	return added.Receipt, nil
}

// Job implements api.Jobs.
func (j jobs) Job(ctx context.Context, id job.ID) (*job.Job, error) { return j.store.Job(ctx, id) }

// Retry implements api.Jobs. Whoever asks for it says that what was broken is
// mended.
func (j jobs) Retry(ctx context.Context, id job.ID) (job.Receipt, error) {
	run, err := j.store.Retry(ctx, id)
	if err != nil {
		return job.Receipt{}, err
	}
	j.mended(ctx, id)
	if err := j.queue.AddJob(ctx, id, run); err != nil {
		j.app.Log.WarnContext(ctx, "job stored and not yet queued", "job_id", id, "error", err)
	}
	return job.Receipt{ID: id, Run: run}, nil
}

// List implements api.Jobs.
func (j jobs) List(ctx context.Context, q job.Query) (job.Page, error) { return j.store.List(ctx, q) }

// IDs implements api.Jobs.
func (j jobs) IDs(ctx context.Context, q job.Query) ([]job.ID, string, error) {
	return j.store.IDs(ctx, q)
}

// Request implements api.Jobs.
func (j jobs) Request(ctx context.Context, id job.ID) (job.Request, error) {
	return j.store.Request(ctx, id)
}

// Delete implements api.Jobs.
func (j jobs) Delete(ctx context.Context, id job.ID) error { return j.store.Delete(ctx, id) }

// Replay implements api.Jobs.
func (j jobs) Replay(ctx context.Context, id job.ID) (job.Receipt, error) {
	if j.app.Full() {
		return job.Receipt{}, fmt.Errorf("%w: the store in memory is full", job.ErrUnavailable)
	}
	added, err := j.store.Replay(ctx, id)
	if err != nil {
		return job.Receipt{}, err
	}
	if err := j.queue.AddJob(ctx, added.ID, added.Run); err != nil {
		j.app.Log.WarnContext(ctx, "job stored and not yet queued", "job_id", added.ID, "error", err)
	}
	return added.Receipt, nil
}

// Cancel implements api.Jobs. A chat that waited for a canceled message's next
// attempt need not wait any longer.
func (j jobs) Cancel(ctx context.Context, id job.ID) error {
	ended, err := j.store.Cancel(ctx, id)
	woken := map[string]bool{}
	for _, n := range ended {
		c, known := j.app.Setup.Directory.ByKey(n.ChatKey)
		if !known || n.State != job.NoteRetrying || woken[n.ChatKey] {
			continue
		}
		woken[n.ChatKey] = true
		if err := j.wake(ctx, c); err != nil {
			j.app.Log.WarnContext(ctx, "chat of a canceled message not woken", "job_id", id, "chat", n.ChatKey, "error", err)
		}
	}
	return err
}

// mended is mend where nothing depends on it.
func (j jobs) mended(ctx context.Context, id job.ID) {
	if err := j.mend(ctx, id); err != nil {
		j.app.Log.WarnContext(ctx, "chats of a job that runs again not mended", "job_id", id, "error", err)
	}
}

// mend lets the chats that a job's undelivered notifications wait for be tried
// again, where they are known here and broken.
func (j jobs) mend(ctx context.Context, id job.ID) error {
	found, err := j.store.Job(ctx, id)
	if err != nil {
		return err
	}
	for _, n := range found.Notifications {
		c, known := j.app.Setup.Directory.ByKey(n.ChatKey)
		if !known || n.State.Delivered() {
			continue
		}
		if state, err := j.governor.State(ctx, worker.LineOf(c)); err != nil || state.Broken == "" {
			if err != nil {
				return err
			}
			continue
		}
		if err := j.chats.Mend(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

// wake lets a chat's mailbox be looked at now.
func (j jobs) wake(ctx context.Context, c routing.Chat) error {
	hand, err := j.store.WakeBox(ctx, worker.BoxOf(c))
	if err != nil || hand.Ticket == nil {
		return err
	}
	return j.queue.AddTurn(ctx, *hand.Ticket)
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

func (a *App) receiver(ctx context.Context, l net.Listener, s *store.Store, tasks *queue.Queue, g *governor.Governor) error {
	gate, counter := live.NewGate(a.Setup.Table, s, a.Log), live.NewCounter(s, a.Log)
	lines := &live.Chats{Directory: a.Setup.Directory, Boxes: s, Governor: g, Turns: a.queues(tasks)}
	work := jobs{store: s, queue: tasks, governor: g, chats: lines, counter: counter, app: a}
	refused, stop := a.rejections(ctx, s, gate)
	defer stop()
	calls := api.New(api.Options{
		Jobs: work, Changes: work, Chats: chats{a.Setup.Directory}, Rejections: s, Lines: lines, Queues: &live.Queues{Engine: a.queues(tasks), Workers: s}, Workers: s,
		Webhooks: &live.Webhooks{Table: a.Setup.Table, Gate: gate, Store: s, BaseURL: a.Config.HTTP.BaseURL},
		Tokens:   a.tokens(), Loopback: a.Config.API.Loopback, Log: a.Log,
		Caller:  receiver.Caller(a.Config.HTTP.TrustedProxies),
		BaseURL: a.Config.HTTP.BaseURL, Endpoints: a.Setup.Table.All(), Stopping: ctx.Done(),
	})
	server := receiver.New(receiver.Options{
		Endpoints: gate, Jobs: work, Chats: chats{a.Setup.Directory}, Log: a.Log,
		BaseURL: a.Config.HTTP.BaseURL, TrustedProxies: a.Config.HTTP.TrustedProxies, Durable: !a.Memory,
		Refused: counted(counter, refused),
		Ready:   func(ctx context.Context) receiver.Readiness { return a.readiness(ctx, s) },
		Mount:   calls.Routes,
	})
	ranges := &ipranges.Refresher{Providers: a.Setup.Providers, Fetch: a.Lists, Kept: s, Log: a.Log}
	ranges.Load(ctx)
	gate.Load(ctx)
	defer beside(ctx, gate.Run)()
	defer beside(ctx, counter.Run)()
	ctx, cancel := context.WithCancel(ctx)
	var aside sync.WaitGroup
	defer aside.Wait()
	defer cancel() // first
	aside.Go(func() { ranges.Run(ctx) })
	a.Log.InfoContext(ctx, "receiver started", "listen", l.Addr().String(), "endpoints", len(a.Setup.Table.All()))
	return server.Serve(ctx, l)
}

// rejections explains and keeps refused requests until it is stopped, which
// stores what is left.
func (a *App) rejections(ctx context.Context, s *store.Store, gate *live.Gate) (refused func(rejections.Refusal), stop func()) {
	keeper := rejections.New(rejections.Options{
		Store: s, Endpoints: gate.All, Marks: a.Setup.Marks, Log: a.Log,
	})
	return keeper.Add, beside(ctx, keeper.Run)
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
