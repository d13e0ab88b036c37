package receiver

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"sync/atomic"

	"postern/internal/problem"
)

// problemListener makes problems of the answers too that net/http gives by
// itself, before any handler: to a request that is none, or whose headers are
// too long.
type problemListener struct{ net.Listener }

// Accept waits for the next connection.
func (l problemListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &problemConn{Conn: c}, nil
}

// problemConn is a connection that knows whose words it carries: a body may
// hold anything, also what net/http itself would say.
type problemConn struct {
	net.Conn
	answering atomic.Bool // since a handler was called, until its answer is out
}

// connKey is where a request's context has its connection.
type connKey struct{}

// withConn gives the requests of a connection the way to it.
func withConn(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, c)
}

// answerBegins tells the connection that a handler speaks from now on.
func answerBegins(ctx context.Context) {
	if c, ok := ctx.Value(connKey{}).(*problemConn); ok {
		c.answering.Store(true)
	}
}

// answerEnds is for http.Server.ConnState: a connection that is idle has
// nothing more to say of the last call.
func answerEnds(c net.Conn, state http.ConnState) {
	if p, ok := c.(*problemConn); ok && state == http.StateIdle {
		p.answering.Store(false)
	}
}

// Write passes everything on but net/http's own answers.
func (c *problemConn) Write(p []byte) (int, error) {
	status, ok := refusalIn(p)
	if !ok || c.answering.Load() {
		return c.Conn.Write(p)
	}
	if _, err := c.Conn.Write(problemAnswer(status)); err != nil {
		return 0, err
	}
	return len(p), nil
}

// CloseWrite lets net/http end its side first, so that a caller that is still
// sending reads the answer before its connection is reset.
func (c *problemConn) CloseWrite() error {
	half, ok := c.Conn.(interface{ CloseWrite() error })
	if !ok {
		return errors.ErrUnsupported
	}
	return half.CloseWrite()
}

// refusalIn gives the status that an answer begins with, where it refuses.
func refusalIn(p []byte) (status int, ok bool) {
	line, isHTTP := bytes.CutPrefix(p, []byte("HTTP/1.1 "))
	if !isHTTP || len(line) < 3 {
		return 0, false
	}
	status, err := strconv.Atoi(string(line[:3]))
	return status, err == nil && status >= http.StatusBadRequest && http.StatusText(status) != ""
}

func problemAnswer(status int) []byte {
	code, detail := problem.BadRequest, "This is not a request that can be read."
	switch status {
	case http.StatusRequestHeaderFieldsTooLarge:
		code, detail = "headers_too_large", "The headers are too long."
	case http.StatusNotImplemented:
		code, detail = "not_implemented", "This transfer encoding is not supported."
	}
	body := problem.JSON(status, code, detail)
	head := fmt.Sprintf("HTTP/1.1 %d %s\r\nContent-Type: %s\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\nContent-Length: %d\r\n\r\n",
		status, http.StatusText(status), problem.ContentType, len(body))
	return append([]byte(head), body...)
}
