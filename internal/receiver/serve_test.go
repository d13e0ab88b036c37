package receiver_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"postern/internal/receiver"
	"postern/pkg/plugin"
	"postern/pkg/webhook"
)

// served is a house behind a real listener.
type served struct {
	*house
	addr string
	stop context.CancelFunc
	done chan error // what Serve returned
}

func serve(t *testing.T, change func(*receiver.Options)) *served {
	t.Helper()
	g := goEndpoint("/long", plugin.Endpoint{Respond: func(context.Context, *webhook.Request) (webhook.Response, error) {
		return webhook.Response{Status: 202, Body: []byte("x")}, nil
	}})
	h := newHouse(t, change, endpoint("/github"), g)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("listen: %v", err)
	}
	ctx, stop := context.WithCancel(t.Context())
	s := &served{house: h, addr: l.Addr().String(), stop: stop, done: make(chan error, 1)}
	go func() {
		s.done <- h.Serve(ctx, l)
		close(s.done)
	}()
	t.Cleanup(func() {
		stop()
		if err, first := <-s.done; first && err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
	return s
}

// wire is a raw connection to it.
type wire struct {
	net.Conn
	*bufio.Reader
}

func (w wire) Read(p []byte) (int, error) { return w.Reader.Read(p) }

func (s *served) dial(t *testing.T) wire {
	t.Helper()
	c, err := net.Dial("tcp", s.addr)
	if err != nil {
		t.Fatalf("dial: %v", err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if err := c.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return wire{c, bufio.NewReader(c)}
}

func (w wire) say(t *testing.T, text string) {
	t.Helper()
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatalf("write: %v", err)
	}
}

// hear reads one answer.
func (w wire) hear(t *testing.T) *httptest.ResponseRecorder {
	t.Helper()
	r, err := http.ReadResponse(w.Reader, nil)
	if err != nil {
		t.Fatalf("read answer: %v", err)
	}
	defer func() { _ = r.Body.Close() }()
	rec := httptest.NewRecorder()
	maps.Copy(rec.Header(), r.Header)
	rec.WriteHeader(r.StatusCode)
	if _, err := io.Copy(rec, r.Body); err != nil {
		t.Fatalf("read body: %v", err)
	}
	return rec
}

// head begins a genuine POST; further header lines follow.
func head(lines ...string) string {
	return "POST " + prefix + "/github HTTP/1.1\r\nHost: x\r\nX-Key: s3cret\r\n" + strings.Join(append(lines, "", ""), "\r\n")
}

func chunked(parts ...string) string {
	var b strings.Builder
	for _, p := range append(parts, "") {
		fmt.Fprintf(&b, "%x\r\n%s\r\n", len(p), p)
	}
	return b.String()
}

func TestWire(t *testing.T) {
	t.Parallel()
	x := func(n int) string { return strings.Repeat("x", n) }
	tests := map[string]struct {
		say    string
		status int
		code   string // of a problem
	}{
		"chunked to the limit":          {head("Transfer-Encoding: chunked") + chunked(x(limit-1), x(1)), 202, ""},
		"chunked over the limit":        {head("Transfer-Encoding: chunked") + chunked(x(limit), x(1)), 413, "body_too_large"},
		"declared over the limit":       {head("Content-Length: 65"), 413, "body_too_large"},
		"declared huge":                 {head("Content-Length: 99999999999"), 413, "body_too_large"},
		"broken chunks":                 {head("Transfer-Encoding: chunked") + "zz\r\n", 400, "incomplete_body"},
		"slow body":                     {head("Content-Length: 5") + "ab", 408, "request_timeout"},
		"slow chunks":                   {head("Transfer-Encoding: chunked") + "5\r\nab", 408, "request_timeout"},
		"unread slow body":              {"POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n", 404, "not_found"},
		"waits in vain to continue":     {head("Expect: 100-continue", "Content-Length: 65"), 413, "body_too_large"},
		"continues for no one":          {"POST " + prefix + "/none HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n", 404, "not_found"},
		"no request":                    {"BLA\r\n\r\n", 400, "bad_request"},
		"a path that is no path":        {"GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n", 400, "bad_request"},
		"no host":                       {"GET / HTTP/1.1\r\n\r\n", 400, "bad_request"},
		"an unknown transfer encoding":  {"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n", 501, "not_implemented"},
		"an unknown protocol":           {"GET / HTTP/9.1\r\nHost: x\r\n\r\n", 505, "bad_request"},
		"headers too long":              {head("X-Long: " + x(80<<10)), 431, "headers_too_large"},
		"the server's options":          {"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", 404, "not_found"},
		"a tunnel":                      {"CONNECT example.org:443 HTTP/1.1\r\nHost: example.org:443\r\n\r\n", 404, "not_found"},
		"an unknown expectation":        {head("Expect: tea", "Content-Length: 0"), 417, "bad_request"},
		"two lengths":                   {head("Content-Length: 1", "Content-Length: 2") + "x", 400, "bad_request"},
		"a wrong method of a fixed URL": {"POST /healthz HTTP/1.1\r\nHost: x\r\n\r\n", 405, "method_not_allowed"},
	}
	s := serve(t, func(o *receiver.Options) { o.BodyTimeout = 300 * time.Millisecond })
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			c := s.dial(t)
			c.say(t, tt.say)
			w := c.hear(t)
			if tt.code != "" {
				wantProblem(t, w, tt.status, tt.code)
			} else if w.Code != tt.status {
				t.Errorf("got %d %s, want %d", w.Code, w.Body, tt.status)
			}
		})
	}
}

func TestAnswerThatLooksPlainIsLeftAlone(t *testing.T) {
	t.Parallel()
	s := serve(t, func(o *receiver.Options) {
		o.Mount = func(r gin.IRouter) {
			r.GET("/plain", func(c *gin.Context) {
				c.Header("Connection", "close")
				c.Data(400, "text/plain; charset=utf-8", []byte("mine"))
			})
		}
	})
	c := s.dial(t)
	c.say(t, "GET /plain HTTP/1.1\r\nHost: x\r\n\r\n")
	if w := c.hear(t); w.Body.String() != "mine" {
		t.Errorf("got %s, want the handler's own body", w.Body)
	}
}

// A body may hold what net/http would say. Sent without chunks it is written as
// it stands: rewritten there, it would break the framing of the answer.
func TestBodyThatLooksPlainIsLeftAlone(t *testing.T) {
	t.Parallel()
	const lookalike = "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n400 Bad Request"
	s := serve(t, func(o *receiver.Options) {
		o.Mount = func(r gin.IRouter) {
			r.GET("/echo", func(c *gin.Context) {
				c.Writer.Flush()
				_, _ = c.Writer.WriteString(lookalike)
			})
		}
	})
	c := s.dial(t)
	c.say(t, "GET /echo HTTP/1.0\r\n\r\n")
	if w := c.hear(t); w.Body.String() != lookalike {
		t.Errorf("got %q, want the handler's own body", w.Body)
	}
}

// A connection that has served calls is told of a broken one like a new one.
func TestBrokenCallAfterGoodOnes(t *testing.T) {
	t.Parallel()
	c := serve(t, nil).dial(t)
	c.say(t, strings.Repeat("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", 2)+"BLA\r\n\r\n")
	for range 2 {
		if w := c.hear(t); w.Code != http.StatusOK {
			t.Fatalf("got %d %s, want 200", w.Code, w.Body)
		}
	}
	wantProblem(t, c.hear(t), http.StatusBadRequest, "bad_request")
}

func TestExpectContinue(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	c := s.dial(t)
	c.say(t, head("Expect: 100-continue", "Content-Length: 2"))
	line, err := c.ReadString('\n')
	if err != nil || !strings.HasPrefix(line, "HTTP/1.1 100 ") {
		t.Fatalf("got %q, %v, want 100", line, err)
	}
	if _, err := c.ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	c.say(t, "ab")
	if w := c.hear(t); w.Code != http.StatusAccepted {
		t.Errorf("got %d %s, want 202", w.Code, w.Body)
	}
}

// The deadline of a body must not outlive it: storing may take longer, and the
// connection serves the next call.
func TestBodyDeadlineEndsWithTheBody(t *testing.T) {
	t.Parallel()
	s := serve(t, func(o *receiver.Options) { o.BodyTimeout = 150 * time.Millisecond })
	s.jobs.entered, s.jobs.leave = make(chan struct{}, 2), make(chan struct{})
	c := s.dial(t)
	c.say(t, head("Content-Length: 2")+"ab")
	<-s.jobs.entered
	timer := time.NewTimer(400 * time.Millisecond)
	defer timer.Stop()
	<-timer.C
	close(s.jobs.leave)
	if w := c.hear(t); w.Code != http.StatusAccepted {
		t.Fatalf("got %d %s, want 202", w.Code, w.Body)
	}
	c.say(t, head("Content-Length: 2")+"ab")
	if w := c.hear(t); w.Code != http.StatusAccepted {
		t.Errorf("second call: got %d %s, want 202", w.Code, w.Body)
	}
}

func TestStopFinishesWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	s.jobs.entered, s.jobs.leave = make(chan struct{}, 1), make(chan struct{})
	c := s.dial(t)
	c.say(t, head("Content-Length: 2")+"ab")
	<-s.jobs.entered
	s.stop()
	for { // until nobody listens any more
		again, err := net.Dial("tcp", s.addr)
		if err != nil {
			break
		}
		_ = again.Close()
	}
	select {
	case err := <-s.done:
		t.Fatalf("Serve ended with a call under way: %v", err)
	default:
	}
	close(s.jobs.leave)
	if w := c.hear(t); w.Code != http.StatusAccepted {
		t.Errorf("got %d %s, want 202", w.Code, w.Body)
	}
	if err := <-s.done; err != nil {
		t.Errorf("Serve: got %v, want nil", err)
	}
}

func TestStopIsBounded(t *testing.T) {
	t.Parallel()
	s := serve(t, func(o *receiver.Options) { o.ShutdownTimeout = 50 * time.Millisecond })
	s.jobs.entered, s.jobs.leave = make(chan struct{}, 1), make(chan struct{})
	defer close(s.jobs.leave)
	c := s.dial(t)
	c.say(t, head("Content-Length: 2")+"ab")
	<-s.jobs.entered
	s.stop()
	if err := <-s.done; err == nil {
		t.Error("Serve cut a call and said nothing")
	}
}

func TestCallerThatLeavesIsNoErrorAndItsEventIsKept(t *testing.T) {
	t.Parallel()
	s := serve(t, nil)
	c := s.dial(t)
	c.say(t, head("Content-Length: 5")+"ab")
	_ = c.Close()

	s.jobs.entered, s.jobs.leave = make(chan struct{}, 1), make(chan struct{})
	c = s.dial(t)
	c.say(t, head("Content-Length: 2")+"ab")
	<-s.jobs.entered
	_ = c.Close()
	close(s.jobs.leave)
	s.stop()
	if err := <-s.done; err != nil {
		t.Fatalf("Serve: %v", err)
	}
	if n := len(s.jobs.taken()); n != 1 {
		t.Errorf("%d jobs, want the one whose body arrived", n)
	}
	if strings.Contains(s.log.String(), `"level":"ERROR"`) || strings.Contains(s.log.String(), `"level":"WARN"`) {
		t.Errorf("log: %s", s.log)
	}
}

func TestServeOnAClosedListener(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
	if err := newHouse(t, nil).Serve(t.Context(), l); err == nil {
		t.Error("got nil, want an error")
	}
}
