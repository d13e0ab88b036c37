package receiver

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"

	"github.com/gin-gonic/gin"

	"postern/internal/problem"
)

// panicError is a panic that was caught.
type panicError struct {
	value string
	stack string
}

func (p *panicError) Error() string { return "panic: " + p.value }

// catch turns a panic into an error. It is to be deferred.
func catch(err *error) {
	if value := recover(); value != nil {
		*err = &panicError{value: fmt.Sprint(value), stack: string(debug.Stack())}
	}
}

// isolate is the last net, under every route: a panic is that call's 500,
// never the program's end.
func (s *Server) isolate(c *gin.Context) {
	err := next(c)
	if err == nil {
		return
	}
	s.opt.Log.LogAttrs(c.Request.Context(), slog.LevelError, "route panicked",
		slog.String("method", c.Request.Method), slog.String("route", c.FullPath()),
		slog.String("error", err.Error()), slog.String("stack", err.stack))
	if c.Writer.Written() {
		panic(http.ErrAbortHandler) // half an answer must not look like a whole one
	}
	problem.Write(c.Writer, http.StatusInternalServerError, problem.InternalError,
		"The server failed to handle this request.")
}

// next runs the route itself.
func next(c *gin.Context) (caught *panicError) {
	defer func() {
		value := recover()
		if err, ok := value.(error); ok && errors.Is(err, http.ErrAbortHandler) {
			panic(value) // the route's own way to hang up
		}
		if value != nil {
			caught = &panicError{value: fmt.Sprint(value), stack: string(debug.Stack())}
		}
	}()
	c.Next()
	return nil
}
