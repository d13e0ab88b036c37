package receiver

import (
	"log/slog"
	"strings"
	"time"

	"postern/internal/routing"
)

// What a stranger can put into a line is bounded.
const (
	longPath  = 200  // of a path that nothing serves
	longValue = 1000 // of any other value
)

// clip gives the first n bytes.
func clip(s string, n int) string { return s[:min(len(s), n)] }

// log writes the one line of a call. It never holds a body, nor the value of a
// parameter, of path or query, that proves a request genuine or was to prove
// it; of a URL that belongs to no endpoint, no query at all, for nobody knows
// what is secret there.
func (s *Server) log(v *call, level slog.Level, message string, more ...slog.Attr) {
	attrs := []slog.Attr{
		slog.String("method", clip(v.r.Method, longPath)),
		slog.String("path", s.shown(v, v.endpoint)),
		slog.String("remote_ip", v.caller.String()),
		slog.Int64("took_ms", time.Since(v.began).Milliseconds()),
	}
	if e := v.endpoint; e != nil {
		attrs = append(attrs, slog.String("plugin", e.Plugin), slog.String("endpoint", e.Path),
			slog.String("source", e.SourceName))
	}
	s.opt.Log.LogAttrs(v.r.Context(), level, message, append(attrs, more...)...) //nolint:sloglint // the messages are constants of the callers
}

// shown is the call's target as it may be written down: what is secret in it,
// its endpoint knows.
func (s *Server) shown(v *call, e *routing.Endpoint) string {
	wire := wirePath(v.r.URL)
	_, path, ok := splitPath(wire)
	if !ok {
		path = wire
	}
	before := strings.TrimSuffix(wire, path)
	if e == nil {
		return clip(before+s.opt.Endpoints.Shown(path), longPath)
	}
	query := routing.MaskQuery(v.r.URL.RawQuery, e.Verifier.Credentials().Query)
	return clip(target(before+e.MaskPath(path), query, v.r.URL.ForceQuery), longValue)
}
