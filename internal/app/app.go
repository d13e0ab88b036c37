// Package app wires the programs: receiver, worker, and both in one process.
// It holds no logic of its own: it opens what a config names, plugs the parts
// into each other and stops them in reverse order.
package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"postern/internal/catalog"
	"postern/internal/config"
	"postern/internal/fetch"
	"postern/internal/governor"
	"postern/internal/queue"
	"postern/internal/redisconn"
	"postern/internal/routing"
	"postern/internal/store"
	"postern/pkg/chat"
	"postern/pkg/plugin"
	"postern/pkg/source"
)

// Part is one of the programs' halves.
type Part struct {
	Receiver bool
	Worker   bool
}

// App is a built config: every chat, verifier, filter and route is made, and
// nothing is opened yet.
type App struct {
	Config *config.Config
	Setup  *routing.Setup
	Log    *slog.Logger
	// Memory: the store is memory, as was asked for or, in the demo, for lack
	// of better; each 202 says so.
	Memory bool
	// Lists fetches the published lists of providers that allow_ips names.
	Lists func(ctx context.Context, url string) ([]byte, error)
	// Full reports that a store in memory takes nothing more.
	Full func() bool
	// Ready is called once the listeners answer and the lanes are served.
	Ready func(Addresses)
}

// Addresses are where the halves listen; empty for one that does not run.
type Addresses struct{ Receiver, Worker string }

// Build makes everything a config names; its error joins every fault, each with
// its place in the file. Messages of console chats go to stdout.
func Build(cfg *config.Config, plugins []plugin.Plugin, stdout io.Writer, log *slog.Logger) (*App, error) {
	parts := routing.Parts{
		Sources: catalog.Sources(), Chats: catalog.Chats(), Schemes: catalog.Schemes(),
		Plugins: append(catalog.Plugins(), plugins...),
		Tools:   chat.Tools{HTTP: outbound(), Stdout: stdout, Log: log},
		Fetch:   fetch.New().Get,
	}
	setup, err := routing.Build(cfg, parts)
	if err != nil {
		return nil, err
	}
	return &App{
		Config: cfg, Setup: setup, Log: log, Lists: fetch.NewLists().Get,
		Full: func() bool { return false }, Ready: func(Addresses) {},
	}, nil
}

// outbound calls configured addresses: through the environment's proxy, with
// time-outs, and never after a redirect.
func outbound() *http.Client {
	return &http.Client{
		Timeout: 30 * time.Second,
		Transport: &http.Transport{
			Proxy:               http.ProxyFromEnvironment,
			DialContext:         (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
			TLSHandshakeTimeout: 10 * time.Second,
			ForceAttemptHTTP2:   true,
			MaxIdleConns:        256, MaxIdleConnsPerHost: 64, IdleConnTimeout: 90 * time.Second,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// Close lets go of the connections that chats hold. A program that does not
// Serve calls it when it has sent what it wanted to.
func (a *App) Close(ctx context.Context) {
	if err := a.Setup.Directory.Close(); err != nil {
		a.Log.WarnContext(ctx, "chats not closed", "error", err)
	}
}

// Serve runs the wanted parts until ctx ends, then drains them and closes. It
// gives nil after a clean stop.
func (a *App) Serve(ctx context.Context, part Part) error {
	defer a.Close(ctx)
	for _, w := range a.Setup.Warnings {
		a.Log.WarnContext(ctx, "config", "warning", w)
	}
	redisconn.LogTo(a.Log)
	client, err := redisconn.Open(ctx, a.Config.Redis.URL.Reveal())
	if err != nil {
		return err
	}
	defer func() { _ = client.Close() }()
	if err := a.check(ctx, client); err != nil {
		return err
	}
	store := store.New(client, a.Config.Redis.Shards, store.Retention{
		Succeeded: a.Config.Retention.Succeeded, Failed: a.Config.Retention.Failed,
	})
	tasks := queue.New(client, a.Log)
	defer tasks.Close()
	return a.parts(ctx, part, store, tasks, governor.New(client))
}

// parts runs the halves side by side; the end of one is the end of both.
func (a *App) parts(ctx context.Context, part Part, s *store.Store, tasks *queue.Queue, g *governor.Governor) error {
	listeners, err := a.listen(ctx, part)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var running []<-chan error
	start := func(run func() error) {
		ended := make(chan error, 1)
		running = append(running, ended)
		go func() {
			defer cancel()
			ended <- run()
		}()
	}
	serving := make(chan struct{})
	if part.Worker {
		start(func() error { return a.worker(ctx, listeners.worker, s, tasks, g, func() { close(serving) }) })
	} else {
		close(serving)
	}
	if part.Receiver {
		start(func() error { return a.receiver(ctx, listeners.receiver, s, tasks, g) })
	}
	select {
	case <-serving:
		a.Ready(listeners.addresses())
	case <-ctx.Done():
	}
	var errs []error
	for _, ended := range running {
		errs = append(errs, <-ended)
	}
	return errors.Join(errs...)
}

type listeners struct{ receiver, worker net.Listener }

func (l listeners) addresses() (at Addresses) {
	if l.receiver != nil {
		at.Receiver = l.receiver.Addr().String()
	}
	if l.worker != nil {
		at.Worker = l.worker.Addr().String()
	}
	return at
}

func (a *App) listen(ctx context.Context, part Part) (l listeners, err error) {
	if part.Receiver {
		if l.receiver, err = listen(ctx, a.Config.HTTP.Listen, "http.listen"); err != nil {
			return l, err
		}
	}
	if part.Worker {
		if l.worker, err = listen(ctx, a.Config.Worker.Listen, "worker.listen"); err != nil {
			if l.receiver != nil {
				_ = l.receiver.Close()
			}
			return l, err
		}
	}
	return l, nil
}

func listen(ctx context.Context, address, key string) (net.Listener, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("%w (set %s to another address)", err, key)
	}
	return l, nil
}

// check looks at Redis once at start. One that is away is waited for; one that
// must not be used ends the program.
func (a *App) check(ctx context.Context, client redisconn.Client) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	facts, err := redisconn.Check(ctx, client)
	switch {
	case errors.Is(err, redisconn.ErrUnfit):
		return err
	case err != nil:
		a.Log.WarnContext(ctx, "redis does not answer yet", "error", err)
		return nil
	}
	for _, w := range facts.Warnings {
		if !a.Memory {
			a.Log.WarnContext(ctx, "redis", "warning", w)
		}
	}
	return nil
}

// workerName tells this process from others in attempts and logs.
func workerName() string {
	host, err := os.Hostname()
	if err != nil {
		host = "worker"
	}
	return fmt.Sprintf("%s-%d", host, os.Getpid())
}

// Sources are all that a program with these plugins knows.
func Sources(plugins []plugin.Plugin) []source.Definition {
	all := catalog.Sources()
	for _, p := range append(catalog.Plugins(), plugins...) {
		all = append(all, p.Sources...)
	}
	return all
}
