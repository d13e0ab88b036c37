package chattest

import (
	"errors"
	"io"
	"net"
	"net/http"
	"time"
)

// maxBody is how much of a request a fake reads.
const maxBody = 1 << 20

// Call is one request that reached a fake. Platform, Channel, Text and Key are
// empty where the fake does not know the dialect.
type Call struct {
	Platform string // "slack", "discord", "telegram", "onebot_v11", "webhook"
	Channel  string // as the platform names it; of a webhook its path
	Text     string // what a reader would see, markup included
	Key      string // the idempotency key, where the request holds one
	At       time.Time
	Method   string
	Path     string // with the query
	Header   http.Header
	Body     []byte
}

// Answer is what a fake says to one request.
type Answer struct {
	Status int // 0: 200
	Header http.Header
	Body   string
	Delay  time.Duration // before anything else; ends early when the caller leaves
	Reset  bool          // no answer: the connection is reset once the request is read
	Hang   bool          // no answer until the caller leaves
	Accept bool          // an injected answer only: the message counts as taken all the same
}

// take reads a request whole.
func take(r *http.Request) (Call, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody))
	if err != nil {
		return Call{}, err
	}
	return Call{At: time.Now(), Method: r.Method, Path: r.URL.RequestURI(), Header: r.Header.Clone(), Body: body}, nil
}

// give writes the answer. It waits no longer than the caller or the fake does.
func (a Answer) give(w http.ResponseWriter, r *http.Request, closing <-chan struct{}) {
	if a.Delay > 0 {
		timer := time.NewTimer(a.Delay)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-r.Context().Done():
			return
		case <-closing:
			return
		}
	}
	switch {
	case a.Hang:
		select {
		case <-r.Context().Done():
		case <-closing:
		}
		panic(http.ErrAbortHandler)
	case a.Reset:
		reset(w)
	default:
		for name, values := range a.Header {
			w.Header()[http.CanonicalHeaderKey(name)] = values
		}
		w.WriteHeader(a.status())
		_, _ = io.WriteString(w, a.Body)
	}
}

func (a Answer) status() int {
	if a.Status == 0 {
		return http.StatusOK
	}
	return a.Status
}

// reset breaks the connection so that the caller's kernel says so.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(errors.Join(errors.New("reset needs HTTP/1.1"), err))
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}
