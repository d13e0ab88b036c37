package api

import (
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"postern/internal/problem"
)

// Where a request's context has the name of its token, what it may, and whether
// that is to see what strangers sent.
const (
	callerName    = "postern.caller"
	callerGrant   = "postern.grant"
	callerPayload = "postern.payload"
)

// grant is who asks, and what they may.
type grant struct {
	name   string
	scopes []Scope
	csrf   string    // of a session; empty: no cookie was needed
	until  time.Time // of a session
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
	base     *url.URL // where this server is reached
}

// may lets a request pass that has the scopes.
func (a *API) may(scopes ...Scope) gin.HandlerFunc {
	return func(c *gin.Context) {
		g, denied := a.door.ask(c.Request, a.opt.Caller(c.Request), time.Now())
		for _, s := range scopes {
			if denied == nil && !slices.Contains(g.scopes, s) {
				denied = scopeMissing(s)
			}
		}
		if denied != nil {
			a.deny(c, g.name, denied)
			return
		}
		c.Set(callerGrant, g)
		c.Set(callerName, g.name)
		c.Set(callerPayload, slices.Contains(g.scopes, Payload))
		a.audited(c, g.name)
	}
}

func (a *API) deny(c *gin.Context, name string, d *denial) {
	c.Abort()
	a.opt.Log.LogAttrs(c.Request.Context(), slog.LevelWarn, "call denied",
		slog.Int("status", d.status), slog.String("code", d.code), slog.String("method", c.Request.Method),
		slog.String("route", c.FullPath()), slog.String("remote_ip", a.opt.Caller(c.Request).String()), slog.String("by", name))
	problem.Write(c.Writer, d.status, d.code, d.detail, d.header...)
}

// ask says what a request may do. A token that is shown is judged, whoever
// shows it.
func (d *door) ask(r *http.Request, from netip.Addr, now time.Time) (grant, *denial) {
	shown := r.Header.Values("Authorization")
	if len(d.keys) > 0 && len(shown) > 0 {
		return d.judge(shown, from, now)
	}
	if g, ok := d.session(r, now); ok {
		return g, d.misused(r, g)
	}
	switch {
	case d.loopback && local(r):
		return grant{name: "loopback", scopes: Everything()}, nil
	case len(d.keys) == 0:
		return grant{}, notConfigured()
	default:
		return grant{}, unauthorized("A bearer token is needed.")
	}
}

func (d *door) judge(shown []string, from netip.Addr, now time.Time) (grant, *denial) {
	token, ok := bearer(shown)
	if !ok {
		return grant{}, unauthorized("One bearer token is needed.")
	}
	k, denied := d.known(token, from, now)
	return k.grant, denied
}

// known finds the key of a token, unless too many wrong ones came from there.
func (d *door) known(token string, from netip.Addr, now time.Time) (key, *denial) {
	// Who guessed too often is not even told that a guess is right.
	if wait := d.bad.wait(from, now); wait > 0 {
		return key{}, &denial{
			status: http.StatusTooManyRequests, code: "too_many_requests",
			detail: "Too many wrong tokens came from this address.",
			header: []problem.Header{problem.RetryAfter(wait)},
		}
	}
	k, ok := d.keys.find(token)
	if !ok {
		d.bad.add(from, now)
		return key{}, unauthorized("This token is not known.")
	}
	return k, nil
}

func notConfigured() *denial {
	return &denial{
		status: http.StatusForbidden, code: "api_not_configured",
		detail: "No token is configured, so the API answers nobody from here.",
	}
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
