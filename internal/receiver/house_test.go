package receiver_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"postern/internal/job"
	"postern/internal/receiver"
	"postern/internal/routing"
	"postern/pkg/chat"
	"postern/pkg/plugin"
	"postern/pkg/source"
	"postern/pkg/verify"
	"postern/pkg/webhook"
)

// scheme is a small verification: the header X-Key must be the secret, and
// its other values ask for the other refusals.
type scheme struct{ secret string }

func (s scheme) Verify(_ context.Context, r *webhook.Request) error {
	given, err := verify.Header(r, "X-Key")
	if err != nil {
		return err
	}
	switch {
	case s.secret == "":
		return verify.NotConfigured()
	case given == "late":
		return verify.OutOfRange(time.Hour, time.Minute)
	case given == "unreachable":
		return verify.Unavailable(errors.New("no route to key host"))
	case given == "strange":
		return errors.New("a verifier that does not keep its contract")
	case given == "panic":
		panic("verifier broke")
	case given != s.secret:
		return verify.Reject("no secret gives this signature")
	}
	return nil
}

func (scheme) Credentials() verify.Credentials {
	return verify.Credentials{Headers: []string{"X-Key"}, Query: []string{"key"}}
}

// sender is a small source: type and delivery id are headers, a ping is
// answered at once.
type sender struct{}

func (sender) Identify(r *webhook.Request) (source.Identity, error) {
	if r.Header.Get("X-Event") == "panic" {
		panic("source broke")
	}
	if _, err := r.Payload(); err != nil {
		return source.Identity{}, err
	}
	return source.Identity{Type: r.Header.Get("X-Event"), DeliveryID: r.Header.Get("X-Delivery")}, nil
}

func (sender) Events(*webhook.Request) ([]webhook.Event, error) { return nil, nil }

func (sender) Message(webhook.Event, source.Locale, source.Verbosity) chat.Message {
	return chat.Message{}
}

func (sender) Challenge(r *webhook.Request) (webhook.Response, bool) {
	switch r.Header.Get("X-Event") {
	case "ping":
		return webhook.Plain(0, "pong"), true
	case "odd":
		return webhook.Response{Status: 99}, true
	default:
		return webhook.Response{}, false
	}
}

// jobs is a store in memory.
type jobs struct {
	mu      sync.Mutex
	intakes []job.Intake
	seen    map[string]job.ID
	err     error
	spooled bool
	entered chan struct{} // if set: told when Add begins
	leave   chan struct{} // if set: Add ends when it is closed
}

func (j *jobs) Add(ctx context.Context, in job.Intake) (job.Receipt, error) {
	if j.entered != nil {
		j.entered <- struct{}{}
		<-j.leave
	}
	if err := ctx.Err(); err != nil {
		return job.Receipt{}, err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.err != nil {
		return job.Receipt{}, j.err
	}
	for _, key := range in.DuplicateKeys {
		if id, ok := j.seen[key]; ok {
			return job.Receipt{ID: id, Run: 1, Duplicate: true}, nil
		}
	}
	id, err := job.NewID(0)
	if err != nil {
		return job.Receipt{}, err
	}
	for _, key := range in.DuplicateKeys {
		j.seen[key] = id
	}
	j.intakes = append(j.intakes, in)
	return job.Receipt{ID: id, Run: 1, Spooled: j.spooled}, nil
}

func (j *jobs) taken() []job.Intake {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.intakes
}

// directory resolves a few names.
type directory map[string]string

func (d directory) Key(name string) (string, error) {
	if key, ok := d[name]; ok {
		return key, nil
	}
	return "", routing.ErrUnknownChat
}

// logbook is a log that tests read.
type logbook struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logbook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logbook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// house is a receiver with all that it needs.
type house struct {
	*receiver.Server
	jobs *jobs
	log  *logbook
}

const limit = 64 // bytes that the endpoints of a house take

// endpoint is one that the tests may change before it is mounted.
func endpoint(path string, change ...func(*routing.Endpoint)) *routing.Endpoint {
	e := &routing.Endpoint{
		Plugin: "acme.repos", Path: path, Name: "Acme", MaxBody: limit,
		Verifier: scheme{secret: "s3cret"}, Source: sender{}, SourceName: "acme", Window: time.Hour,
	}
	for _, c := range change {
		c(e)
	}
	return e
}

// goEndpoint is one that a Go plugin mounted.
func goEndpoint(path string, g plugin.Endpoint) *routing.Endpoint {
	return endpoint(path, func(e *routing.Endpoint) {
		e.Go = &g
		e.AllowChats = []string{"team", "gone"}
	})
}

// newHouse builds a receiver; change may alter its options.
func newHouse(t *testing.T, change func(*receiver.Options), endpoints ...*routing.Endpoint) *house {
	t.Helper()
	table, err := routing.NewTable(endpoints...)
	if err != nil {
		t.Fatalf("table: %v", err)
	}
	h := &house{jobs: &jobs{seen: map[string]job.ID{}}, log: &logbook{}}
	o := receiver.Options{
		Endpoints: table, Jobs: h.jobs, BaseURL: "https://hooks.example.org/", Durable: true,
		Chats:          directory{"team": "slack-dev", "slack-dev": "slack-dev", "other": "slack-ops"},
		Log:            slog.New(slog.NewJSONHandler(h.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")},
	}
	if change != nil {
		change(&o)
	}
	h.Server = receiver.New(o)
	return h
}

// request makes a genuine call of an endpoint.
func request(method, path, body string, header ...string) *http.Request {
	r := httptest.NewRequest(method, "/api/plugin/acme.repos/webhook"+path, strings.NewReader(body))
	r.RemoteAddr = "203.0.113.9:4711"
	r.Header.Set("X-Key", "s3cret")
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return r
}

func (h *house) do(r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// wantProblem checks every part of a problem but its detail, which it gives.
func wantProblem(t *testing.T, w *httptest.ResponseRecorder, status int, code string) (detail string) {
	t.Helper()
	if w.Code != status {
		t.Errorf("status: got %d, want %d (%s)", w.Code, status, w.Body)
	}
	if got := w.Header().Get("Content-Type"); got != "application/problem+json" {
		t.Errorf("Content-Type: got %q, want a problem", got)
	}
	var p struct {
		Type, Title, Detail, Code string
		Status                    int
	}
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
		t.Fatalf("body %q: %v", w.Body, err)
	}
	if p.Code != code || p.Status != status || p.Type != "urn:postern:problem:"+code || p.Title != http.StatusText(status) {
		t.Errorf("problem: got %+v, want code %s, status %d", p, code, status)
	}
	if p.Detail == "" {
		t.Error("the problem has no detail")
	}
	return p.Detail
}

// members decodes a JSON object.
func members(t *testing.T, body []byte) map[string]any {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal(body, &m); err != nil {
		t.Fatalf("body %q: %v", body, err)
	}
	return m
}
