package receiver

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"

	"postern/internal/problem"
)

// plainHeaders is how net/http ends the head of an answer that it gives by
// itself, before any handler: to a request that is none, or whose headers are
// too long. No handler's answer is like it, for it has a Date.
const plainHeaders = "\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n"

// problemListener makes problems of those answers too.
type problemListener struct{ net.Listener }

// Accept waits for the next connection.
func (l problemListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return problemConn{c}, nil
}

type problemConn struct{ net.Conn }

// Write passes everything on but net/http's own answers.
func (c problemConn) Write(p []byte) (int, error) {
	status, ok := plainAnswer(p)
	if !ok {
		return c.Conn.Write(p)
	}
	if _, err := c.Conn.Write(problemAnswer(status)); err != nil {
		return 0, err
	}
	return len(p), nil
}

// CloseWrite lets net/http end its side first, so that a caller that is still
// sending reads the answer before its connection is reset.
func (c problemConn) CloseWrite() error {
	half, ok := c.Conn.(interface{ CloseWrite() error })
	if !ok {
		return errors.ErrUnsupported
	}
	return half.CloseWrite()
}

// plainAnswer tells net/http's own answers by their exact form.
func plainAnswer(p []byte) (status int, ok bool) {
	line, isHTTP := bytes.CutPrefix(p, []byte("HTTP/1.1 "))
	if !isHTTP || len(line) < 3 {
		return 0, false
	}
	end := bytes.IndexByte(line, '\r')
	if end < 0 || !bytes.HasPrefix(line[end:], []byte(plainHeaders)) {
		return 0, false
	}
	status, err := strconv.Atoi(string(line[:3]))
	return status, err == nil && http.StatusText(status) != ""
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
