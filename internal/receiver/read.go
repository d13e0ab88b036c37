package receiver

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"time"

	"postern/pkg/webhook"
)

// firstBuffer is what a body is given to begin with: a declared length is a
// promise only, and memory is not reserved for promises.
const firstBuffer = 64 << 10

// errTooLarge is a body over the limit of its endpoint.
var errTooLarge = errors.New("body over the limit")

// find looks up what is called.
func (s *Server) find(v *call) error {
	key, path, ok := splitPath(wirePath(v.r.URL))
	if !ok {
		return notFound()
	}
	e, params, err := s.opt.Endpoints.Find(key, path, v.r.Method)
	if err != nil {
		return notFoundFor(err)
	}
	v.endpoint, v.params = e, params
	return nil
}

// read makes the Request of what arrived.
func (s *Server) read(v *call) (*webhook.Request, error) {
	body, err := readBody(v.r, &v.guest, v.endpoint.MaxBody)
	if err != nil {
		return nil, unread(err, v.endpoint.MaxBody)
	}
	// The body is here: the deadline would now cut the caller's connection, and
	// with it the context, in the middle of the work.
	_ = http.NewResponseController(v.w).SetReadDeadline(time.Time{})
	_, path, _ := splitPath(wirePath(v.r.URL))
	v.request = &webhook.Request{
		Method: v.r.Method, Path: path, Params: v.params, RawQuery: v.r.URL.RawQuery, Host: v.r.Host, Header: v.r.Header,
		Body: body, RemoteIP: v.caller, ReceivedAt: v.began, URL: s.opt.BaseURL + wireTarget(v.r.URL),
	}
	return v.request, nil
}

// readBody takes at most limit bytes. A body that is declared to be longer is
// refused before the first byte: a caller that waits for "100 Continue" keeps
// it.
func readBody(r *http.Request, body io.Reader, limit int64) ([]byte, error) {
	if r.ContentLength > limit {
		return nil, errTooLarge
	}
	var b bytes.Buffer
	if n := r.ContentLength; n > 0 {
		b.Grow(int(min(n, firstBuffer)) + bytes.MinRead)
	}
	n, err := b.ReadFrom(io.LimitReader(body, limit+1))
	switch {
	case n > limit:
		return nil, errTooLarge
	case err != nil:
		return nil, err
	}
	return b.Bytes(), nil
}
