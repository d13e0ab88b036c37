// Package api answers what became of an event: the job API over HTTP, and who
// may ask it. It accepts no events and changes nothing by itself: it asks the
// store.
package api

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"

	"github.com/gin-gonic/gin"

	"postern/internal/job"
	"postern/pkg/secret"
)

// Jobs is the store, as the API needs it. Safe for concurrent use.
type Jobs interface {
	// Job gives a job; one that never was or has expired is job.ErrUnknown.
	Job(ctx context.Context, id job.ID) (*job.Job, error)
	// Retry runs a failed or canceled job again under its id. Others are
	// job.ErrNotRetryable.
	Retry(ctx context.Context, id job.ID) (job.Receipt, error)
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

// Options are what an API is made of. Jobs, Rejections, Webhooks, Lines, Queues,
// Workers and Log must be set.
type Options struct {
	Jobs       Jobs
	Rejections Rejections
	Webhooks   Webhooks
	Lines      Lines
	Queues     Queues
	Workers    Workers
	Log        *slog.Logger
	Tokens     []Token
	Loopback   bool // this machine's own callers need no token
	// Caller tells who sends a request, behind trusted proxies too; wrong
	// tokens are counted by it. nil: the TCP peer.
	Caller func(*http.Request) netip.Addr
}

// API serves the job API, safe for concurrent use.
type API struct {
	opt  Options
	door *door
}

// New makes an API.
func New(o Options) *API {
	if o.Caller == nil {
		o.Caller = peer
	}
	return &API{opt: o, door: &door{keys: newKeys(o.Tokens), loopback: o.Loopback, bad: newCounter()}}
}

// Routes puts the API's paths on a router. What it does not serve is left to
// the router's own 404.
func (a *API) Routes(routes gin.IRouter) {
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		routes.Handle(method, "/api/jobs/:id", a.may(Read), a.job)
		routes.Handle(method, "/api/rejections", a.may(Read), a.rejections)
	}
	routes.POST("/api/jobs/:id/retry", a.may(Operate), a.retry)
	a.liveRoutes(routes)
}
