package live_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"postern/internal/catalog"
	"postern/internal/config"
	"postern/internal/governor"
	"postern/internal/job"
	"postern/internal/live"
	"postern/internal/redisconn"
	"postern/internal/routing"
	"postern/internal/store"
	"postern/pkg/chat"
)

const document = `
http: {base_url: "https://hooks.example.org/"}
accounts: {telegram: {token: "1:token"}, other: {type: telegram, token: "2:token"}}
chats:
  team: telegram-group_-1
  dev: {type: webhook, url: "http://127.0.0.1:1/hook", ordering: soft, limits: {rate: [30/m, 1/s]}}
plugins:
  acme.repos:
    webhooks:
      /github: {name: GitHub, description: Pushes, source: github, secrets: [s3cret], methods: [POST], notify: [{to: [dev]}]}
      /off: {source: github, secrets: [s3cret], disabled: true, notify: [{to: [dev]}]}
      /open/{id}: {source: generic, verify: none, notify: [{to: [dev]}]}
`

func github() job.EndpointID { return job.EndpointID{Plugin: "acme.repos", Path: "/github"} }

func setup(t *testing.T) *routing.Setup {
	t.Helper()
	cfg, err := config.Parse("postern.yaml", []byte(document), func(string) (string, bool) { return "", false })
	if err != nil {
		t.Fatal(err)
	}
	s, err := routing.Build(cfg, routing.Parts{
		Sources: catalog.Sources(), Chats: catalog.Chats(), Schemes: catalog.Schemes(), Plugins: catalog.Plugins(),
		Tools: chat.Tools{Stdout: io.Discard, Log: slog.New(slog.DiscardHandler)},
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// rig is a store and a governor on one Redis.
type rig struct {
	t        *testing.T
	setup    *routing.Setup
	store    *store.Store
	governor *governor.Governor
}

func newRig(t *testing.T, url string) *rig {
	t.Helper()
	client, err := redisconn.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return &rig{t: t, setup: setup(t), store: store.New(client, 1, store.Retention{}), governor: governor.New(client)}
}

// gate gives a receiver's Gate that follows the store until the test ends.
func (r *rig) gate() *live.Gate {
	r.t.Helper()
	g := live.NewGate(r.setup.Table, r.store, slog.New(slog.DiscardHandler))
	g.Load(r.t.Context())
	ctx, cancel := context.WithCancel(r.t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		g.Run(ctx)
	}()
	r.t.Cleanup(func() { cancel(); <-done })
	return g
}

func found(g *live.Gate) bool {
	_, _, err := g.Find("acme.repos", "/github", "POST")
	return !errors.Is(err, routing.ErrNotFound)
}

// eventually waits for what must come.
func eventually(t *testing.T, what string, is func() bool) time.Duration {
	t.Helper()
	began := time.Now()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !is() {
		if time.Since(began) > 15*time.Second {
			t.Fatalf("%s: not within 15 s", what)
		}
		<-tick.C
	}
	return time.Since(began)
}

// transcript is a log that may be read while it is written.
type transcript struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *transcript) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *transcript) count(line string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Count(s.text.String(), line)
}

// turns is a queue that only remembers.
type turns struct {
	mu    sync.Mutex
	asked []job.Ticket
}

func (q *turns) AddTurn(_ context.Context, t job.Ticket) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.asked = append(q.asked, t)
	return nil
}

func (*turns) Lanes(context.Context) ([]string, error) {
	return []string{"forgotten", "telegram", "webhook"}, nil
}
