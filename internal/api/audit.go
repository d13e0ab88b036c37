package api

import (
	"log/slog"
	"net/http"

	"github.com/gin-gonic/gin"
)

// Bounds on what a caller can put into a line.
const longTarget = 1000

// noted is where a request's context has what its line says more.
const noted = "postern.noted"

// note adds to the line that a change leaves in the log.
func note(c *gin.Context, key string, value any) {
	more, _ := c.Value(noted).([]slog.Attr)
	c.Set(noted, append(more, slog.Any(key, value)))
}

// audited runs the rest of a call and, where it is a change, says who wanted
// what done to what, from where, and how it ended.
func (a *API) audited(c *gin.Context, by string) {
	if c.Request.Method == http.MethodGet || c.Request.Method == http.MethodHead {
		return
	}
	c.Next()
	more, _ := c.Value(noted).([]slog.Attr)
	target := c.Request.URL.RequestURI()
	a.opt.Log.LogAttrs(c.Request.Context(), slog.LevelInfo, "change asked", append([]slog.Attr{
		slog.String("by", by), slog.String("action", c.Request.Method+" "+c.FullPath()),
		slog.String("target", target[:min(len(target), longTarget)]),
		slog.Int("status", c.Writer.Status()), slog.String("remote_ip", a.opt.Caller(c.Request).String()),
	}, more...)...)
}
