package app

import (
	"context"
	"os"
	"runtime/debug"
	"time"

	"postern/internal/job"
	"postern/internal/live"
	"postern/internal/queue"
	"postern/internal/rejections"
	"postern/internal/store"
	"postern/internal/worker"
)

// Version is this program's, as its module proxy or repository knows it.
func Version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "(development)"
}

// queues gives the queue with the names that a config brings.
type queues struct {
	queue   *queue.Queue
	options queue.Options
}

var (
	_ live.Engine = queues{}
	_ live.Turns  = queues{}
)

// States implements live.Engine.
func (q queues) States(ctx context.Context) ([]job.QueueState, error) {
	return q.queue.States(ctx, q.options)
}

// Pause implements live.Engine.
func (q queues) Pause(ctx context.Context, name string) error {
	return q.queue.Pause(ctx, q.options, name)
}

// Resume implements live.Engine.
func (q queues) Resume(ctx context.Context, name string) error {
	return q.queue.Resume(ctx, q.options, name)
}

// Lanes implements live.Turns.
func (q queues) Lanes(ctx context.Context) ([]string, error) { return q.queue.Lanes(ctx, q.options) }

// AddTurn implements live.Turns.
func (q queues) AddTurn(ctx context.Context, t job.Ticket) error { return q.queue.AddTurn(ctx, t) }

func (a *App) queues(tasks *queue.Queue) queues {
	return queues{tasks, queue.Options{Shards: a.Config.Redis.Shards, Lanes: a.Setup.Directory.Lanes()}}
}

// beside runs what must outlive the requests or tasks under way: until stop is
// called, which waits for its end.
func beside(ctx context.Context, run func(context.Context)) (stop func()) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan struct{})
	go func() {
		defer close(done)
		run(ctx)
	}()
	return func() { cancel(); <-done }
}

// counted tells a counter of what came to endpoints, beside who is told already.
func counted(counter *live.Counter, refused func(rejections.Refusal)) func(rejections.Refusal) {
	return func(r rejections.Refusal) {
		if r.Endpoint != nil && r.Code != job.Handshake {
			counter.Refused(job.EndpointID{Plugin: r.Endpoint.Plugin, Path: r.Endpoint.Path})
		}
		refused(r)
	}
}

// presence tells the others that this process works.
func (a *App) presence(s *store.Store, settings worker.Settings, o queue.Options) *worker.Presence {
	host, err := os.Hostname()
	if err != nil {
		host = settings.Name
	}
	return worker.NewPresence(job.Presence{
		Name: settings.Name, Host: host, Version: Version(), StartedAt: job.At(time.Now()),
		Concurrency: settings.Concurrency, Lanes: append([]string{}, o.Lanes...), Shards: o.Shards,
	}, s, a.Log)
}
