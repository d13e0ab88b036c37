package receiver

import (
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"postern/internal/problem"
	"postern/internal/routing"
	"postern/pkg/secret"
)

// newRoutes is the whole HTTP surface on one screen.
func (s *Server) newRoutes() http.Handler {
	gin.SetMode(gin.ReleaseMode) // gin prints to stdout in any other
	engine := gin.New()
	// The path is matched as escaped on the wire: no decoding, no cleaning and
	// no redirect may stand between the sender and what it signed.
	engine.UseRawPath = true
	engine.UnescapePathValues = false
	engine.RemoveExtraSlash = false
	engine.RedirectTrailingSlash = false
	engine.RedirectFixedPath = false
	engine.HandleMethodNotAllowed = true

	engine.Use(s.isolate)
	engine.Any("/api/plugin/:plugin/webhook/*endpoint", s.receive)
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		engine.Handle(method, "/healthz", s.healthz)
		engine.Handle(method, "/readyz", s.readyz)
	}
	if s.opt.Mount != nil {
		s.opt.Mount(engine)
	}
	engine.NoRoute(s.nowhere)
	engine.NoMethod(s.nowhere)
	return engine
}

// nowhere ends every path that no route takes: 404, or 405 where another
// method would do. Methods that gin has no tree for reach endpoints from here.
func (s *Server) nowhere(c *gin.Context) {
	if _, _, ok := splitPath(wirePath(c.Request.URL)); ok {
		c.Writer.Header().Del("Allow") // gin's, who does not know what an endpoint takes
		s.receive(c)
		return
	}
	if allow := c.Writer.Header().Get("Allow"); allow != "" {
		problem.Write(c.Writer, http.StatusMethodNotAllowed, problem.MethodNotAllowed, "Only "+allow+" will do here.")
		return
	}
	problem.Write(c.Writer, http.StatusNotFound, problem.NotFound, "Nothing is served at this path.")
	v := &call{r: c.Request, began: time.Now(), caller: s.caller(c.Request)}
	s.keep(v, &refusal{status: http.StatusNotFound, code: problem.NotFound, cause: routing.ErrNotFound}, secret.Text{})
}

// splitPath takes a webhook's path apart, as escaped on the wire:
// "/api/plugin/acme.repos/webhook/github" is "acme.repos" and "/github".
func splitPath(wire string) (pluginKey, endpoint string, ok bool) {
	rest, ok := strings.CutPrefix(wire, "/api/plugin/")
	if !ok {
		return "", "", false
	}
	pluginKey, rest, _ = strings.Cut(rest, "/")
	endpoint, ok = strings.CutPrefix(rest, "webhook/")
	if !ok || pluginKey == "" {
		return "", "", false
	}
	return pluginKey, "/" + endpoint, true
}
