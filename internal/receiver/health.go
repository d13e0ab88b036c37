package receiver

import (
	"context"
	"maps"
	"net/http"

	"github.com/gin-gonic/gin"
)

// readyAnswer is what /readyz shows.
type readyAnswer struct {
	Status  string            `json:"status"`
	Durable bool              `json:"durable"`
	Checks  map[string]string `json:"checks"`
}

// healthz says that the program is alive.
func (s *Server) healthz(c *gin.Context) {
	show(c, http.StatusOK, map[string]string{"status": "ok"})
}

// readyz says whether events can be accepted here.
func (s *Server) readyz(c *gin.Context) {
	state := Readiness{Ready: true, Durable: s.opt.Durable}
	if s.opt.Ready != nil {
		ctx, cancel := context.WithTimeout(c.Request.Context(), readyTimeout)
		defer cancel()
		state = s.opt.Ready(ctx)
	}
	a := readyAnswer{Status: "ok", Durable: state.Durable, Checks: map[string]string{}}
	maps.Copy(a.Checks, state.Checks)
	if s.stopping.Load() {
		state.Ready = false
		a.Checks["server"] = "stopping"
	}
	if !state.Ready {
		a.Status = "unavailable"
		show(c, http.StatusServiceUnavailable, a)
		return
	}
	show(c, http.StatusOK, a)
}

// show answers with JSON that no cache keeps.
func show(c *gin.Context, status int, v any) {
	c.Header("Cache-Control", "no-store")
	c.JSON(status, v)
}
