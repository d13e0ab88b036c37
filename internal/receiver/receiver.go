// Package receiver is the HTTP side: it proves a request genuine, hands it over
// to be stored as a job and answers 202. It renders no message, evaluates no
// filter and never calls a chat.
package receiver

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gin-gonic/gin"

	"postern/internal/job"
	"postern/internal/rejections"
	"postern/internal/routing"
)

// Endpoints finds what a URL calls. Safe for concurrent use.
type Endpoints interface {
	// Find takes the plugin's key, the endpoint's path as escaped on the wire,
	// and the method. The error is routing.ErrNotFound, a
	// *routing.DisabledError or a *routing.MethodError.
	Find(pluginKey, escapedPath, method string) (*routing.Endpoint, map[string]string, error)
	// Shown gives the path of what Find did not find as it may be logged.
	Shown(escapedPath string) string
}

// Jobs stores what was accepted. Safe for concurrent use.
type Jobs interface {
	// Add returns once the event cannot be lost by the death of this process;
	// any error means that it was not taken.
	Add(ctx context.Context, in job.Intake) (job.Receipt, error)
}

// Chats resolves the names that callers give. Safe for concurrent use.
type Chats interface {
	// Key gives the chat key of an alias or a chat key; an unknown one is an
	// error.
	Key(name string) (string, error)
}

// Readiness says whether this receiver can accept events. It is shown to
// everybody, so it holds no secret.
type Readiness struct {
	Ready   bool
	Durable bool
	Checks  map[string]string // "redis": "ok"
}

// Options are what a Server is made of. Endpoints, Jobs, Chats and Log must be
// set.
type Options struct {
	Endpoints Endpoints
	Jobs      Jobs
	Chats     Chats
	Log       *slog.Logger

	BaseURL        string         // as senders were told it
	TrustedProxies []netip.Prefix // whose X-Forwarded-For is believed
	Durable        bool           // false: the store is memory, and each 202 says so

	// Refused is told of every refusal, and of a handshake that entrusted a
	// secret to us, when the caller has its answer. It must not wait. nil:
	// nobody is told.
	Refused func(rejections.Refusal)

	// Ready is asked by /readyz; nil means always ready.
	Ready func(ctx context.Context) Readiness
	// Mount puts further routes beside the ingress, the API's for example.
	Mount func(routes gin.IRouter)

	BodyTimeout     time.Duration // for a whole body; 0: 30 s
	BodyRoom        int64         // bytes of memory for all bodies under way; 0: 128 MiB
	ShutdownTimeout time.Duration // for what is under way when Serve is told to stop; 0: 30 s
}

// Bounds against slow and greedy callers.
const (
	headerTimeout   = 10 * time.Second
	bodyTimeout     = 30 * time.Second
	replyTimeout    = 30 * time.Second
	wholeTimeout    = 90 * time.Second // a body, an Accept, storing and the reply, each at its longest
	idleTimeout     = 2 * time.Minute
	storeTimeout    = 4 * time.Second // senders wait 5 s to 10 s, and none is helped by a later 503
	readyTimeout    = 2 * time.Second
	shutdownTimeout = 30 * time.Second
	maxHeaderBytes  = 64 << 10
)

// Server receives. It is an http.Handler, safe for concurrent use.
type Server struct {
	opt      Options
	caller   func(*http.Request) netip.Addr
	routes   http.Handler
	room     room
	stopping atomic.Bool
}

// New makes a Server.
func New(o Options) *Server {
	if o.BodyTimeout <= 0 {
		o.BodyTimeout = bodyTimeout
	}
	if o.BodyRoom <= 0 {
		o.BodyRoom = bodyRoom
	}
	if o.ShutdownTimeout <= 0 {
		o.ShutdownTimeout = shutdownTimeout
	}
	o.BaseURL = strings.TrimRight(o.BaseURL, "/")
	s := &Server{opt: o, caller: Caller(o.TrustedProxies), room: room{size: o.BodyRoom}}
	s.routes = s.newRoutes()
	return s
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	answerBegins(r.Context())
	if r.ContentLength != 0 {
		// Also for bodies that no one reads: net/http drains them before it
		// answers. Where the writer knows no deadlines there is no slow caller.
		_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(s.opt.BodyTimeout))
	}
	s.routes.ServeHTTP(w, r)
}

// Serve answers on a listener until ctx ends. It then takes no more calls,
// finishes those it has within ShutdownTimeout, and cuts what is left.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	server := &http.Server{
		Handler:           s,
		ReadHeaderTimeout: headerTimeout,
		WriteTimeout:      wholeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ConnContext:       withConn,
		ConnState:         answerEnds,
		ErrorLog:          slog.NewLogLogger(s.opt.Log.Handler(), slog.LevelWarn),
		// OPTIONS * is answered like any other path that no one serves.
		DisableGeneralOptionsHandler: true,
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(problemListener{l}) }()
	select {
	case err := <-served:
		return fmt.Errorf("serve HTTP: %w", err)
	case <-ctx.Done():
	}
	s.stopping.Store(true)
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.opt.ShutdownTimeout)
	defer cancel()
	if err := server.Shutdown(grace); err != nil {
		return errors.Join(fmt.Errorf("finish open requests: %w", err), server.Close())
	}
	return nil
}
