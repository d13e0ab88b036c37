package worker_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"postern/internal/config"
	"postern/internal/governor"
	"postern/internal/job"
	"postern/internal/queue"
	"postern/internal/redisconn"
	"postern/internal/redistest"
	"postern/internal/routing"
	"postern/internal/store"
	"postern/internal/worker"
	"postern/pkg/chat"
	"postern/pkg/plugin"
	"postern/pkg/source"
	"postern/pkg/verify"
	"postern/pkg/verify/none"
	"postern/pkg/webhook"
)

// world is a Redis and a fake platform, on which workers can be started and
// killed.
type world struct {
	t      *testing.T
	url    string
	store  *store.Store
	queue  *queue.Queue
	client redis.UniversalClient
	room   *platform
	sender chat.Sender // what speaks to the room: itself, unless a test wraps it
}

func newWorld(t *testing.T) *world {
	t.Helper()
	return newWorldAt(t, redistest.Start(t).URL())
}

func newWorldAt(t *testing.T, url string) *world {
	t.Helper()
	w := &world{t: t, url: url, client: open(t, url), room: newPlatform()}
	w.sender = w.room
	w.store = store.New(w.client, 1, store.Retention{Succeeded: time.Hour, Failed: time.Hour})
	w.queue = queue.New(w.client, quiet())
	t.Cleanup(w.queue.Close)
	t.Cleanup(w.archivesNothing)
	return w
}

// archivesNothing checks at a test's end that the engine keeps no finished
// task: what became of each stands in our record.
func (w *world) archivesNothing() {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	for _, set := range []string{"archived", "completed"} {
		if keys, err := w.client.Keys(ctx, "asynq:{*}:"+set).Result(); err != nil || len(keys) > 0 {
			w.t.Errorf("the engine keeps %v (%v), want nothing", keys, err)
		}
	}
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func open(t *testing.T, url string) redis.UniversalClient {
	t.Helper()
	client, err := redisconn.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// lines is the source of the tests: each line of the body is an event.
type lines struct{}

func (lines) Identify(*webhook.Request) (source.Identity, error) {
	return source.Identity{Type: "line"}, nil
}

func (lines) Events(r *webhook.Request) ([]webhook.Event, error) {
	switch body := string(r.Body); body {
	case "":
		return nil, nil
	case "nonsense":
		return nil, webhook.ErrPayload
	case "panic":
		panic("ouch")
	default:
		var events []webhook.Event
		for line := range strings.SplitSeq(body, "\n") {
			events = append(events, webhook.Event{Source: "lines", Type: "line", Title: line, Default: true})
		}
		return events, nil
	}
}

func (lines) Message(e webhook.Event, _ source.Locale, _ source.Verbosity) chat.Message {
	return chat.Message{Title: e.Title}
}

// text is the config of most tests; %s takes a chat's own options.
const text = `
retry: {first: 20ms, max: 60ms}
accounts:
  room:
chats:
  team: {key: room-team%s}
  dev: room-dev
plugins:
  acme.repos:
    webhooks:
      /one: {source: lines, verify: none, notify: [{to: team}]}
      /two: {source: lines, verify: none, notify: [{to: [team, dev]}]}
      /dev: {source: lines, verify: none, notify: [{to: dev}]}
`

// with puts options into the chat "team".
func with(options string) string {
	if options != "" {
		options = ", " + options
	}
	return fmt.Sprintf(text, options)
}

func (w *world) build(text string, plugins ...plugin.Plugin) (*config.Config, *routing.Setup) {
	w.t.Helper()
	cfg, err := config.Parse("postern.yaml", []byte(text), func(string) (string, bool) { return "", false })
	if err != nil {
		w.t.Fatalf("parse config: %v", err)
	}
	setup, err := routing.Build(cfg, routing.Parts{
		Sources: []source.Definition{
			source.Define(source.Definition{Name: "generic"}, func(struct{}) (lines, error) { return lines{}, nil }),
			source.Define(source.Definition{Name: "lines"}, func(struct{}) (lines, error) { return lines{}, nil }),
		},
		Chats:   []chat.Definition{chat.Define("room", w.account), chat.Define("other", w.account)},
		Schemes: []verify.Definition{none.Definition()}, Plugins: plugins,
	})
	if err != nil {
		w.t.Fatalf("build: %v", err)
	}
	return cfg, setup
}

// engine gives the worker the queue it declares. What a test sets fails a step.
type engine struct {
	*queue.Queue
	options queue.Options
	lose    func(job.Ticket) bool // tickets that are never enqueued
}

func (e engine) Later(d time.Duration) error { return queue.Later(d) }

func (e engine) Sweep(ctx context.Context) (int, error) { return e.Queue.Sweep(ctx, e.options) }

func (e engine) AddTurn(ctx context.Context, t job.Ticket) error {
	if e.lose != nil && e.lose(t) {
		return nil
	}
	return e.Queue.AddTurn(ctx, t)
}

// process is one running worker.
type process struct {
	*worker.Worker
	stop func() // drains
}

// tune changes a worker before it starts.
type tune func(*worker.Worker, *queue.Options)

func lease(d time.Duration) tune {
	return func(w *worker.Worker, _ *queue.Options) { w.JobLease, w.TurnLease = d, d }
}

// make makes a worker that is not running, for tests that call its pieces.
func (w *world) make(name, text string, draining <-chan struct{}, tunes []tune, plugins ...plugin.Plugin) (*worker.Worker, queue.Options, *worker.Reconciler) {
	w.t.Helper()
	cfg, setup := w.build(text, plugins...)
	options := queue.Options{Shards: 1, Lanes: setup.Directory.Lanes(), Jobs: 16, Turns: 64, ShutdownTimeout: 3 * time.Second}
	tasks := engine{Queue: w.queue, options: options}
	made := worker.Worker{
		Settings: worker.Defaults(name, 32, cfg.Retry, 1), Table: setup.Table, Directory: setup.Directory,
		Records: w.store, Mailboxes: w.store, Governor: governor.New(w.client), Tasks: tasks, Log: quiet(),
	}
	for _, tune := range tunes {
		tune(&made, &options)
	}
	return worker.New(made, draining), options, &worker.Reconciler{
		Name: name, Shards: []uint8{0}, Directory: setup.Directory, Retry: cfg.Retry, Ledger: w.store, Engine: tasks, Log: quiet(),
	}
}

// start runs a worker with its reconciler until the test ends or it is stopped.
func (w *world) start(name, text string, tunes []tune, plugins ...plugin.Plugin) *process {
	w.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	made, options, reconciler := w.make(name, text, ctx.Done(), tunes, plugins...)
	serving, ended := make(chan struct{}), make(chan struct{})
	client := open(w.t, w.url)
	var all sync.WaitGroup
	all.Go(func() { reconciler.Run(ctx) })
	all.Go(func() {
		if err := w.queue.Serve(ctx, client, options, queue.Handlers{Job: made.Job, Turn: made.Turn}, func() { close(serving) }); err != nil {
			w.t.Errorf("serve: %v", err)
		}
	})
	go func() { all.Wait(); close(ended) }()
	p := &process{Worker: made, stop: func() { cancel(); <-ended }}
	w.t.Cleanup(p.stop)
	receive(w.t, serving, 10*time.Second, "worker")
	return p
}

func intake(endpoint, body string) job.Intake {
	return job.Intake{
		Plugin: "acme.repos", Endpoint: endpoint, Event: job.EventSummary{Source: "lines", Type: "line"},
		Request: job.Request{Method: "POST", Path: endpoint, Body: []byte(body), ReceivedAt: time.Now()},
	}
}

// store keeps a request as a job and does not enqueue it.
func (w *world) accept(in job.Intake) job.ID {
	w.t.Helper()
	added, err := w.store.Add(w.t.Context(), in)
	if err != nil {
		w.t.Fatal(err)
	}
	return added.ID
}

// post accepts a request as a receiver does.
func (w *world) post(endpoint, body string) job.ID {
	w.t.Helper()
	id := w.accept(intake(endpoint, body))
	if err := w.queue.AddJob(w.t.Context(), id, 1); err != nil {
		w.t.Fatal(err)
	}
	return id
}

func (w *world) retry(id job.ID) {
	w.t.Helper()
	run, err := w.store.Retry(w.t.Context(), id)
	if err == nil {
		err = w.queue.AddJob(w.t.Context(), id, run)
	}
	if err != nil {
		w.t.Fatalf("retry job: %v", err)
	}
}

func (w *world) job(id job.ID) *job.Job {
	w.t.Helper()
	j, err := w.store.Job(w.t.Context(), id)
	if err != nil {
		w.t.Fatalf("load job: %v", err)
	}
	return j
}

// when waits until a job is as wanted.
func (w *world) when(id job.ID, within time.Duration, what string, so func(*job.Job) bool) *job.Job {
	w.t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for late := time.After(within); ; {
		if j := w.job(id); so(j) {
			return j
		}
		select {
		case <-tick.C:
		case <-late:
			w.t.Fatalf("within %v: want a job that is %s, got %s", within, what, shown(w.job(id)))
		}
	}
}

func (w *world) finished(id job.ID) *job.Job {
	w.t.Helper()
	return w.when(id, 15*time.Second, "finished", (*job.Job).Finished)
}

func shown(j *job.Job) string {
	b, err := json.MarshalIndent(j, "", " ")
	if err != nil {
		return err.Error()
	}
	return string(b)
}

func receive[T any](t *testing.T, c <-chan T, within time.Duration, what string) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(within):
		t.Fatalf("within %v: no %s", within, what)
		panic("not reached")
	}
}

// platform is a fake chat platform: it takes down every call, and answers as
// it is told.
type platform struct {
	mu     sync.Mutex
	calls  []call
	answer func(ctx context.Context, n int, d chat.Delivery) error // n: which call of this message it is, from 1
	can    chat.Capabilities
}

type call struct {
	chat.Delivery
	at    time.Time
	err   error
	taken bool
}

func newPlatform() *platform { return &platform{can: chat.Capabilities{Channels: true}} }

// account is the platform's constructor.
func (w *world) account(struct{}, chat.Tools) (chat.Sender, error) { return w.sender, nil }

func (p *platform) Capabilities() chat.Capabilities { return p.can }

func (p *platform) Send(ctx context.Context, d chat.Delivery) (chat.Receipt, error) {
	p.mu.Lock()
	n := 1
	for _, c := range p.calls {
		if c.ID == d.ID {
			n++
		}
	}
	p.calls = append(p.calls, call{Delivery: d, at: time.Now()})
	k, answer := len(p.calls)-1, p.answer
	p.mu.Unlock()
	var err error
	if answer != nil {
		err = answer(ctx, n, d)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls[k].err, p.calls[k].taken = err, err == nil
	return chat.Receipt{MessageID: strconv.Itoa(k + 1)}, err
}

// script answers the calls of each message one after the other, the rest with
// success.
func (p *platform) script(errs ...error) {
	p.answer = func(_ context.Context, n int, _ chat.Delivery) error {
		if n > len(errs) {
			return nil
		}
		return errs[n-1]
	}
}

// log is what was asked for, in order.
func (p *platform) log() []call {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.calls)
}

// said is what arrived in a channel, in order.
func (p *platform) said(channel string) []string {
	var said []string
	for _, c := range p.log() {
		if c.taken && c.Channel == channel {
			said = append(said, c.Message.Title)
		}
	}
	return said
}

// asked is what was asked for in a channel, in order.
func (p *platform) asked(channel string) []string {
	var asked []string
	for _, c := range p.log() {
		if c.Channel == channel {
			asked = append(asked, c.Message.Title)
		}
	}
	return asked
}

var errPlatform = errors.New("502 bad gateway")
