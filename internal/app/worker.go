package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"postern/internal/attach"
	"postern/internal/governor"
	"postern/internal/job"
	"postern/internal/queue"
	"postern/internal/redisconn"
	"postern/internal/store"
	"postern/internal/worker"
)

// engine gives the worker package the queue it declares.
type engine struct {
	*queue.Queue
	options queue.Options
}

// Later implements worker.Tasks.
func (engine) Later(d time.Duration) error { return queue.Later(d) }

// Sweep implements worker.Engine.
func (e engine) Sweep(ctx context.Context) (int, error) { return e.Queue.Sweep(ctx, e.options) }

// turnsPerLane is how many turns a lane may have at once: a turn that sleeps
// holds its place, and sends are bounded by worker.concurrency.
const turnsPerLane = 256

// worker runs the lanes, the reconciler and the private listener.
func (a *App) worker(ctx context.Context, l net.Listener, s *store.Store, tasks *queue.Queue, g *governor.Governor, serving func()) error {
	cfg := a.Config
	options := queue.Options{
		Shards: cfg.Redis.Shards, Lanes: a.Setup.Directory.Lanes(), Jobs: cfg.Worker.Concurrency,
		Turns: turnsPerLane, ShutdownTimeout: cfg.Worker.ShutdownTimeout,
	}
	e := engine{Queue: tasks, options: options}
	settings := worker.Defaults(workerName(), cfg.Worker.Concurrency, cfg.Retry, cfg.Redis.Shards)
	presence := a.presence(s, settings, options)
	w := worker.New(worker.Worker{
		Settings: settings, Table: a.Setup.Table, Directory: a.Setup.Directory,
		Records: s, Mailboxes: s, Governor: g,
		Files: attach.New(s, int64(cfg.Attachments.MaxSize), cfg.Attachments.Private), Tasks: e,
		Sent: presence.Sent, Log: a.Log,
	}, ctx.Done())
	reconciler := &worker.Reconciler{
		Name: settings.Name, Shards: settings.Shards, Directory: a.Setup.Directory, Retry: cfg.Retry,
		Ledger: s, Engine: e, Log: a.Log,
	}
	var aside sync.WaitGroup
	defer aside.Wait()
	defer beside(ctx, presence.Run)() // it is at work until the last task is drained
	aside.Go(func() { reconciler.Run(ctx) })
	aside.Go(func() { a.serveHealth(ctx, l, s) })
	a.Log.InfoContext(ctx, "worker started", "worker", settings.Name, "lanes", options.Lanes, "shards", options.Shards)
	return a.serveLanes(ctx, tasks, options, queue.Handlers{Job: presence.Job(w.Job), Turn: presence.Turn(w.Turn)}, serving)
}

// serveLanes waits for a Redis that is away at start.
func (a *App) serveLanes(ctx context.Context, tasks *queue.Queue, o queue.Options, h queue.Handlers, serving func()) error {
	for {
		client, err := redisconn.Open(context.WithoutCancel(ctx), a.Config.Redis.URL.Reveal())
		if err != nil {
			return err
		}
		err = tasks.Serve(ctx, client, o, h, serving)
		_ = client.Close()
		if err == nil || !errors.Is(err, job.ErrUnavailable) {
			return err
		}
		a.Log.WarnContext(ctx, "worker waits for redis", "error", err)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(time.Second):
		}
	}
}

func (a *App) serveHealth(ctx context.Context, l net.Listener, s *store.Store) {
	server := &http.Server{Handler: a.health(s), ReadHeaderTimeout: 5 * time.Second, WriteTimeout: 10 * time.Second}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	if err := server.Serve(l); err != nil && !errors.Is(err, http.ErrServerClosed) {
		a.Log.ErrorContext(ctx, "private listener ended", "error", err)
	}
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		http.Error(w, fmt.Sprint(err), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n'))
}
