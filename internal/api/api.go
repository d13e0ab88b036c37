// Package api answers what became of an event: the job API over HTTP, and who
// may ask it. It accepts no events and changes nothing by itself: it asks the
// store.
package api

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"sync"

	"github.com/gin-gonic/gin"

	"postern/internal/job"
	"postern/internal/routing"
	"postern/pkg/secret"
)

// Jobs is the store, as the API needs it to see jobs. Safe for concurrent use.
type Jobs interface {
	// Job gives a job; one that never was or has expired is job.ErrUnknown.
	Job(ctx context.Context, id job.ID) (*job.Job, error)
	// List gives the jobs that a query means: job.ErrCursor.
	List(ctx context.Context, q job.Query) (job.Page, error)
	// IDs is List without reading the jobs.
	IDs(ctx context.Context, q job.Query) (ids []job.ID, next string, err error)
	// Request gives what was received, with its body: job.ErrUnknown.
	Request(ctx context.Context, id job.ID) (job.Request, error)
}

// Changes is the store, as the API needs it to change what becomes of jobs. A
// job that never was or has expired is job.ErrUnknown. Safe for concurrent use.
type Changes interface {
	// Retry runs a failed or canceled job again under its id. Others are
	// job.ErrNotRetryable.
	Retry(ctx context.Context, id job.ID) (job.Receipt, error)
	// Replay runs the same event as a new job.
	Replay(ctx context.Context, id job.ID) (job.Receipt, error)
	// Cancel stops what has not been sent of a job: job.ErrFinished.
	Cancel(ctx context.Context, id job.ID) error
	// Delete forgets a finished job: job.ErrNotFinished.
	Delete(ctx context.Context, id job.ID) error
}

// Chats resolves the names that callers give. Safe for concurrent use.
type Chats interface {
	// Key gives the chat key of an alias or a chat key; an unknown one is an
	// error.
	Key(name string) (string, error)
}

// Rejections are the refused requests that the store keeps. Safe for concurrent
// use.
type Rejections interface {
	// Rejections lists them, the newest first, at most Limit, and gives the
	// cursor of the next listing, empty where none is left. A cursor of
	// somebody's own making is job.ErrCursor.
	Rejections(ctx context.Context, q job.RejectionQuery) (rows []job.Rejection, next string, err error)
}

// Scope is what a token may do.
type Scope string

// The scopes.
const (
	Read    Scope = "read"    // see jobs
	Operate Scope = "operate" // change what becomes of them
	Payload Scope = "payload" // see what strangers sent
)

// Everything gives all scopes.
func Everything() []Scope { return []Scope{Read, Operate, Payload} }

// Token is one caller's token.
type Token struct {
	Name   string // for the log
	Token  secret.Text
	Scopes []Scope // none: it may do nothing
}

// Options are what an API is made of. Jobs, Changes, Chats, Rejections, Webhooks,
// Lines, Queues, Workers and Log must be set.
type Options struct {
	Jobs       Jobs
	Changes    Changes
	Chats      Chats
	Rejections Rejections
	Webhooks   Webhooks
	Lines      Lines
	Queues     Queues
	Workers    Workers
	Log        *slog.Logger
	Tokens     []Token
	Loopback   bool // this machine's own callers need no token
	// BaseURL is where this server is reached: with https, cookies need it too.
	BaseURL string
	// Endpoints are what the description of the API holds of webhooks.
	Endpoints []*routing.Endpoint
	// Caller tells who sends a request, behind trusted proxies too; wrong
	// tokens are counted by it. nil: the TCP peer.
	Caller func(*http.Request) netip.Addr
	// Stopping ends the streams of events, which would outlast every other call;
	// nil: they end with their callers.
	Stopping <-chan struct{}
}

// API serves the job API, safe for concurrent use.
type API struct {
	opt     Options
	door    *door
	watches *watches
	about   func() about // made once it is asked for
}

// New makes an API.
func New(o Options) *API {
	if o.Caller == nil {
		o.Caller = peer
	}
	base, err := url.Parse(o.BaseURL)
	if err != nil {
		base = &url.URL{} // config has refused it before
	}
	return &API{
		opt: o, watches: newWatches(o.Jobs), about: sync.OnceValue(func() about { return describe(o.BaseURL, o.Endpoints) }),
		door: &door{keys: newKeys(o.Tokens), loopback: o.Loopback, bad: newCounter(), base: base},
	}
}

// Routes puts the API's paths on a router. What it does not serve is left to
// the router's own 404.
func (a *API) Routes(routes gin.IRouter) {
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		routes.Handle(method, "/api/jobs", a.may(Read), a.jobs)
		routes.Handle(method, "/api/jobs/:id", a.may(Read), a.job)
		routes.Handle(method, "/api/jobs/:id/events", a.may(Read), a.events)
		routes.Handle(method, "/api/jobs/:id/payload", a.may(Payload), a.payload)
		routes.Handle(method, "/api/rejections", a.may(Read), a.rejections)
		routes.Handle(method, "/api/session", a.may(), a.session)
		routes.Handle(method, "/openapi.json", a.may(Read), a.openapi)
		routes.Handle(method, "/docs", a.may(Read), a.docs)
	}
	routes.POST("/api/jobs/:id/retry", a.may(Operate), a.retry)
	routes.POST("/api/jobs/:id/replay", a.may(Operate), a.replay)
	routes.POST("/api/jobs/:id/cancel", a.may(Operate), a.cancel)
	routes.DELETE("/api/jobs/:id", a.may(Operate), a.forget)
	routes.POST("/api/jobs/retry", a.may(Operate), a.retryAll)
	routes.POST("/api/jobs/replay", a.may(Operate), a.replayAll)
	routes.POST("/api/session", a.signIn)
	routes.DELETE("/api/session", a.may(), a.signOut)
	a.liveRoutes(routes)
}
