// Package redistest gives tests a Redis of their own: a private redis-server,
// an in-memory stand-in, and a proxy that loses replies and cuts connections.
// It is for tests only and must not be imported by anything that ships.
package redistest

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

const (
	patience      = 10 * time.Second      // for a start or a stop, on a busy machine
	probeInterval = 10 * time.Millisecond // between two looks at a starting server
	maxSocketPath = 100                   // a unix socket's path holds 107 bytes, and less elsewhere
)

// Server is a private redis-server that lives as long as its test. Its
// methods fail the test when the server does not obey; call them from the
// test's own goroutine.
type Server struct {
	tb     testing.TB
	binary string
	dir    string
	port   string
	args   []string
	config string // a file the server writes to; only a sentinel needs one
	scheme string // of the URL, where it is not redis://
	path   string // of such a URL

	mu   sync.Mutex
	life *life
}

// life is one process of the server, from start to exit.
type life struct {
	cmd    *exec.Cmd
	output *bytes.Buffer
	exited chan struct{} // closed once the process is gone
}

// Start starts a redis-server (or valkey-server) that keeps nothing on disk,
// on a free port of 127.0.0.1 and a unix socket, and waits until it answers.
// The args are appended to its command line and win over the defaults. Where
// neither program is installed the test is skipped, or fails if
// POSTERN_TEST_FULL=1 asks for every test.
func Start(tb testing.TB, args ...string) *Server {
	tb.Helper()
	return launch(tb, &Server{tb: tb, binary: binary(tb), dir: tb.TempDir(), args: args})
}

// launch starts s on a free port.
func launch(tb testing.TB, s *Server) *Server {
	tb.Helper()
	if len(s.Socket()) > maxSocketPath {
		s.dir = shortDir(tb)
	}
	tb.Cleanup(s.Kill)
	var err error
	for range 5 { // another process may take the port between our look and the server's
		s.port = FreePort(tb)
		if err = s.start(); err == nil {
			return s
		}
		s.Kill()
	}
	tb.Fatalf("starting redis-server: %v", err)
	return nil
}

// Need skips or fails the test, as Start does, where no server is installed.
func Need(tb testing.TB) {
	tb.Helper()
	_ = binary(tb)
}

// Full reports whether POSTERN_TEST_FULL=1 asks that no test be skipped.
func Full() bool {
	return os.Getenv("POSTERN_TEST_FULL") == "1"
}

// URL is where redisconn.Open finds the server over TCP.
func (s *Server) URL() string {
	if s.scheme != "" {
		return s.scheme + s.Addr() + s.path
	}
	return "redis://" + s.Addr() + "/0"
}

// Addr is the server's host and port.
func (s *Server) Addr() string { return net.JoinHostPort("127.0.0.1", s.port) }

// Socket is the path of the server's unix socket.
func (s *Server) Socket() string { return filepath.Join(s.dir, "s") }

// Stop asks the server to end (SIGTERM) and waits for it.
func (s *Server) Stop() {
	s.tb.Helper()
	s.signal(syscall.SIGTERM)
	s.await()
}

// Kill ends the server at once (SIGKILL) and waits until it is gone. Killing
// a server that is not there does nothing.
func (s *Server) Kill() {
	s.tb.Helper()
	s.signal(syscall.SIGKILL)
	s.await()
}

// Restart stops the server if it still runs and starts it anew on the same
// port and directory: what it wrote to disk is there again, the rest is lost.
func (s *Server) Restart() {
	s.tb.Helper()
	s.Stop()
	for until := time.Now().Add(patience); ; {
		err := s.start()
		if err == nil {
			return
		}
		s.Kill()
		if time.Now().After(until) {
			s.tb.Fatalf("starting redis-server again: %v", err)
		}
	}
}

// Pause freezes the server (SIGSTOP): connections stay open, nothing answers.
func (s *Server) Pause() {
	s.tb.Helper()
	s.signal(syscall.SIGSTOP)
}

// Resume ends a Pause.
func (s *Server) Resume() {
	s.tb.Helper()
	s.signal(syscall.SIGCONT)
}

// Command sends one command over a connection of its own and gives the first
// line of the answer, for what a test must set up without a client.
func (s *Server) Command(args ...string) string {
	s.tb.Helper()
	answer, err := ask(s.tb.Context(), s.Addr(), args...)
	if err != nil {
		s.tb.Fatalf("asking redis-server for %s: %v", args[0], err)
	}
	return answer
}

// start runs one process and waits until it answers PING.
func (s *Server) start() error {
	l := &life{output: &bytes.Buffer{}, exited: make(chan struct{})}
	l.cmd = exec.Command(s.binary, s.arguments()...) // no context: it must outlive the test, whose context ends before its cleanup
	l.cmd.Dir, l.cmd.Stdout, l.cmd.Stderr = s.dir, l.output, l.output
	l.cmd.SysProcAttr = DieWithParent()
	if err := l.cmd.Start(); err != nil {
		return fmt.Errorf("running %s: %w", s.binary, err)
	}
	go func() {
		_ = l.cmd.Wait() // its exit code is of no interest: a killed server is not an error here
		close(l.exited)
	}()
	s.mu.Lock()
	s.life = l
	s.mu.Unlock()
	return l.ready(s.Addr())
}

// arguments are the server's command line.
func (s *Server) arguments() []string {
	usual := []string{
		"--port", s.port, "--bind", "127.0.0.1", "--unixsocket", s.Socket(), "--dir", s.dir,
	}
	if s.config != "" {
		return append(append([]string{s.config}, usual...), s.args...) // a sentinel keeps nothing else on disk
	}
	return append(append(usual, "--save", "", "--appendonly", "no"), s.args...)
}

// ready waits until the server answers, has exited, or was given up.
func (l *life) ready(addr string) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	tick := time.NewTicker(probeInterval)
	defer tick.Stop()
	for {
		answer, err := ask(ctx, addr, "PING")
		if err == nil && (answer == "+PONG" || strings.HasPrefix(answer, "-NOAUTH")) {
			return nil
		}
		select {
		case <-l.exited:
			return fmt.Errorf("redis-server ended at once:\n%s", l.output.String())
		case <-ctx.Done():
			return fmt.Errorf("no answer from redis-server (%q): %w", answer, errors.Join(err, ctx.Err()))
		case <-tick.C:
		}
	}
}

// signal sends sig to the running process, if there is one.
func (s *Server) signal(sig syscall.Signal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.life == nil {
		return
	}
	if err := s.life.cmd.Process.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
		s.tb.Errorf("sending %v to redis-server: %v", sig, err)
	}
}

// await waits until the process is gone.
func (s *Server) await() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.life == nil {
		return
	}
	select {
	case <-s.life.exited:
	case <-time.After(patience):
		_ = s.life.cmd.Process.Kill() // a paused server does not hear SIGTERM
		<-s.life.exited
	}
	s.life = nil
}

// binary finds the server program or ends the test.
func binary(tb testing.TB) string {
	tb.Helper()
	for _, name := range []string{"redis-server", "valkey-server"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	const missing = "neither redis-server nor valkey-server is installed"
	if Full() {
		tb.Fatal(missing + ", and POSTERN_TEST_FULL=1 wants every test")
	}
	tb.Skip(missing + ": this test needs a real one")
	return ""
}

// shortDir is a directory whose socket's path fits where t.TempDir, which
// holds the test's name, is too long.
func shortDir(tb testing.TB) string {
	tb.Helper()
	dir, err := os.MkdirTemp("", "redis") //nolint:usetesting // tb.TempDir was too long for a socket
	if err != nil {
		tb.Fatalf("making a directory for redis-server: %v", err)
	}
	tb.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// ask sends one command and reads the first line of its answer.
func ask(ctx context.Context, addr string, args ...string) (string, error) {
	conn, err := (&net.Dialer{Timeout: time.Second}).DialContext(ctx, "tcp", addr)
	if err != nil {
		return "", fmt.Errorf("dialing: %w", err)
	}
	defer func() { _ = conn.Close() }()
	if err := conn.SetDeadline(time.Now().Add(time.Second)); err != nil {
		return "", fmt.Errorf("setting a deadline: %w", err)
	}
	var request strings.Builder
	fmt.Fprintf(&request, "*%d\r\n", len(args))
	for _, arg := range args {
		fmt.Fprintf(&request, "$%d\r\n%s\r\n", len(arg), arg)
	}
	if _, err := conn.Write([]byte(request.String())); err != nil {
		return "", fmt.Errorf("asking: %w", err)
	}
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil {
		return "", fmt.Errorf("reading the answer: %w", err)
	}
	return strings.TrimRight(line, "\r\n"), nil
}
