package receiver

import (
	"log/slog"
	"time"

	"postern/internal/routing"
)

// longPath bounds what of an unknown path is logged.
const longPath = 200

// log writes the one line of a call. It never holds a body, nor the value of a
// query parameter that proves a request genuine; of a URL that belongs to no
// endpoint, no query at all, for nobody knows what is secret there.
func (s *Server) log(v *call, level slog.Level, message string, more ...slog.Attr) {
	attrs := []slog.Attr{
		slog.String("method", v.r.Method),
		slog.String("path", s.logged(v)),
		slog.String("remote_ip", v.caller.String()),
		slog.Int64("took_ms", time.Since(v.began).Milliseconds()),
	}
	if e := v.endpoint; e != nil {
		attrs = append(attrs, slog.String("plugin", e.Plugin), slog.String("endpoint", e.Path),
			slog.String("source", e.SourceName))
	}
	s.opt.Log.LogAttrs(v.r.Context(), level, message, append(attrs, more...)...) //nolint:sloglint // the messages are constants of the callers
}

// logged is the call's target as it may be written down.
func (s *Server) logged(v *call) string {
	path := wirePath(v.r.URL)
	if v.endpoint == nil {
		return path[:min(len(path), longPath)]
	}
	return wireTarget(v.r.URL, routing.MaskQuery(v.r.URL.RawQuery, v.endpoint.Verifier.Credentials().Query))
}
