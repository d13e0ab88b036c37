package api

import (
	"log/slog"
	"net/http"
	"net/netip"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"postern/internal/problem"
)

// Where a request's context has the name of its token, and whether that token
// may see what strangers sent.
const (
	callerName    = "postern.caller"
	callerPayload = "postern.payload"
)

// grant is who asks, and what they may.
type grant struct {
	name   string
	scopes []Scope
}

// denial is what is told to who may not.
type denial struct {
	status int
	code   string
	detail string
	header []problem.Header
}

// door knows who may ask.
type door struct {
	keys     keys
	loopback bool
	bad      *counter
}

// may lets a request pass that has a scope.
func (a *API) may(s Scope) gin.HandlerFunc {
	return func(c *gin.Context) {
		from := a.opt.Caller(c.Request)
		g, denied := a.door.ask(c.Request, from, time.Now())
		if denied == nil && !slices.Contains(g.scopes, s) {
			denied = scopeMissing(s)
		}
		if denied == nil {
			c.Set(callerName, g.name)
			c.Set(callerPayload, slices.Contains(g.scopes, Payload))
			return
		}
		c.Abort()
		a.opt.Log.LogAttrs(c.Request.Context(), slog.LevelWarn, "call denied",
			slog.Int("status", denied.status), slog.String("code", denied.code),
			slog.String("route", c.FullPath()), slog.String("remote_ip", from.String()), slog.String("by", g.name))
		problem.Write(c.Writer, denied.status, denied.code, denied.detail, denied.header...)
	}
}

// ask says what a request may do. A token that is shown is judged, whoever
// shows it.
func (d *door) ask(r *http.Request, from netip.Addr, now time.Time) (grant, *denial) {
	shown := r.Header.Values("Authorization")
	switch {
	case len(d.keys) > 0 && len(shown) > 0:
		return d.judge(shown, from, now)
	case d.loopback && local(r):
		return grant{name: "loopback", scopes: Everything()}, nil
	case len(d.keys) == 0:
		return grant{}, &denial{
			status: http.StatusForbidden, code: "api_not_configured",
			detail: "No token is configured, so the API answers nobody from here.",
		}
	default:
		return grant{}, unauthorized("A bearer token is needed.")
	}
}

func (d *door) judge(shown []string, from netip.Addr, now time.Time) (grant, *denial) {
	token, ok := bearer(shown)
	if !ok {
		return grant{}, unauthorized("One bearer token is needed.")
	}
	// Who guessed too often is not even told that a guess is right.
	if wait := d.bad.wait(from, now); wait > 0 {
		return grant{}, &denial{
			status: http.StatusTooManyRequests, code: "too_many_requests",
			detail: "Too many wrong tokens came from this address.",
			header: []problem.Header{problem.RetryAfter(wait)},
		}
	}
	g, ok := d.keys.find(token)
	if !ok {
		d.bad.add(from, now)
		return grant{}, unauthorized("This token is not known.")
	}
	return g, nil
}

func unauthorized(detail string) *denial {
	return &denial{
		status: http.StatusUnauthorized, code: "unauthorized", detail: detail,
		header: []problem.Header{{Name: "WWW-Authenticate", Value: "Bearer"}},
	}
}

func scopeMissing(s Scope) *denial {
	return &denial{
		status: http.StatusForbidden, code: "scope_missing",
		detail: "This token lacks the scope " + string(s) + ".",
	}
}
