package embedded

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"time"
)

const (
	probeInterval = 20 * time.Millisecond
	startPatience = 30 * time.Second // without any answer; loading has no limit
	stopPatience  = 30 * time.Second // writing the last second of a slow disk
	firstPause    = 100 * time.Millisecond
	longestPause  = 5 * time.Second
	steadyAfter   = time.Minute // a child that lived this long has earned a fresh count
	maxRestarts   = 8           // in a row, about 20 s
)

// startServer runs a child in the data folder and keeps it alive.
func startServer(ctx context.Context, dir string, log *slog.Logger) (*Store, error) {
	program, err := findProgram()
	if err != nil {
		return nil, err
	}
	home, err := openFolder(ctx, dir)
	if err != nil {
		return nil, err
	}
	first := run(program, home)
	if err := first.ready(ctx, home.socket, log); err != nil {
		_ = first.stop() // the reason it is not ready says more
		home.close()
		return nil, fmt.Errorf("starting %s: %w", program, err)
	}
	ctx, stop := context.WithCancel(ctx)
	s := &Store{
		url:     (&url.URL{Scheme: "unix", Path: home.socket}).String(),
		durable: true,
		full:    func() bool { return false },
		stop:    stop,
		done:    make(chan struct{}),
	}
	go func() {
		defer stop()
		err := supervise(ctx, first, func() *child { return run(program, home) }, log)
		home.close()
		s.end(err)
	}()
	return s, nil
}

// findProgram finds a server to run.
func findProgram() (string, error) {
	for _, name := range []string{"redis-server", "valkey-server"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", ErrNoServer
}

// supervise keeps a child running until ctx ends. It gives an error once
// several in a row have died young.
func supervise(ctx context.Context, current *child, again func() *child, log *slog.Logger) error {
	for restarts := 0; ; restarts++ {
		select {
		case <-ctx.Done():
			return current.stop()
		case <-current.exited:
		}
		if time.Since(current.born) > steadyAfter {
			restarts = 0
		}
		log.ErrorContext(ctx, "embedded store died", "error", current.err, "restarts", restarts)
		if restarts >= maxRestarts {
			return fmt.Errorf("keeping the embedded store alive, %d restarts in a row: %w", restarts, current.err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(min(firstPause<<restarts, longestPause)):
		}
		current = again()
	}
}

// child is one process of the server.
type child struct {
	born    time.Time
	process *os.Process   // nil if it could not be started
	started chan struct{} // closed once process is set, or exited is closed
	exited  chan struct{} // closed once it is gone
	err     error         // how it ended, written before exited is closed
}

// run starts a child. One that cannot be started has exited at once.
func run(program string, home *folder) *child {
	c := &child{born: time.Now(), started: make(chan struct{}), exited: make(chan struct{})}
	go func() {
		// Linux ends the child with the thread that started it, so this
		// thread is kept for as long as the child lives.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer close(c.exited)
		c.err = c.live(program, home)
	}()
	<-c.started
	return c
}

// live runs the process from start to exit.
func (c *child) live(program string, home *folder) error {
	cmd := exec.Command(program, arguments(home.socket)...) //nolint:gosec,noctx // a program from PATH with words of our own; it is ended by SIGTERM, never by a context
	words := &lastWords{}
	cmd.Dir, cmd.Stdout, cmd.Stderr = home.dir, words, words
	cmd.Env = []string{} // our environment holds secrets that are none of its business
	cmd.ExtraFiles = []*os.File{home.lock}
	cmd.SysProcAttr = apart()
	err := cmd.Start()
	c.process = cmd.Process
	close(c.started)
	if err != nil {
		return fmt.Errorf("starting it: %w", err)
	}
	if err := cmd.Wait(); err != nil {
		return fmt.Errorf("it ended (%w) with the words: %s", err, words)
	}
	return fmt.Errorf("it ended by itself with the words: %s", words)
}

// arguments are the child's whole configuration: durable within a second,
// reachable by this user only, and never throwing anything away.
func arguments(socket string) []string {
	return []string{
		"--port", "0", "--protected-mode", "yes",
		"--unixsocket", socket, "--unixsocketperm", "700",
		"--dir", ".", "--appendonly", "yes", "--appendfsync", "everysec", "--save", "",
		"--maxmemory-policy", "noeviction", "--daemonize", "no",
	}
}

// stop asks the child to write everything down and end, and waits for it.
func (c *child) stop() error {
	if c.process == nil {
		return nil
	}
	if err := c.process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stopping the embedded store: %w", err)
	}
	patience := time.NewTimer(stopPatience)
	defer patience.Stop()
	select {
	case <-c.exited:
		return nil
	case <-patience.C:
		_ = c.process.Kill()
		<-c.exited
		return fmt.Errorf("stopping the embedded store: it did not end within %v and was killed", stopPatience)
	}
}

// ready waits until the child answers. It gives up when the child exits, ctx
// ends or nothing was heard for long.
func (c *child) ready(ctx context.Context, socket string, log *slog.Logger) error {
	tick := time.NewTicker(probeInterval)
	defer tick.Stop()
	silent, loading := time.Now(), false
	for {
		answer, err := ping(ctx, socket)
		if answer == "+PONG" {
			return nil
		}
		if strings.HasPrefix(answer, "-LOADING") {
			if silent = time.Now(); !loading {
				log.InfoContext(ctx, "embedded store loads its file")
			}
			loading = true
		}
		if time.Since(silent) > startPatience {
			return fmt.Errorf("no answer within %v, last %w", startPatience, errors.Join(err, errors.New(answer)))
		}
		select {
		case <-c.exited:
			return c.err
		case <-ctx.Done():
			return fmt.Errorf("waiting for its answer: %w", ctx.Err())
		case <-tick.C:
		}
	}
}

// ping asks the child whether it is ready.
func ping(ctx context.Context, socket string) (string, error) {
	conn, err := (&net.Dialer{Timeout: askTimeout}).DialContext(ctx, "unix", socket)
	if err != nil {
		return "", fmt.Errorf("dialing: %w", err)
	}
	defer func() { _ = conn.Close() }()
	return ask(conn, bufio.NewReader(conn), "PING")
}

// lastWords keeps the end of what a child printed.
type lastWords struct{ kept []byte }

const maxWords = 2 << 10

// Write takes more words and forgets the oldest.
func (w *lastWords) Write(b []byte) (int, error) {
	w.kept = append(w.kept, b...)
	if extra := len(w.kept) - maxWords; extra > 0 {
		w.kept = append([]byte(nil), w.kept[extra:]...)
	}
	return len(b), nil
}

// String gives the words in one line.
func (w *lastWords) String() string { return strings.Join(strings.Fields(string(w.kept)), " ") }
