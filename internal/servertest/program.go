// Package servertest gives tests the real servers of the chats that speak no
// HTTP: a mail catcher, an IRC and an XMPP server, and a real browser, each on
// ports of loopback and in a folder of its own. It is for tests only and must not be imported by
// anything that ships.
package servertest

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"postern/internal/redistest"
)

const (
	patience      = 20 * time.Second      // for a start or a stop, on a busy machine
	probeInterval = 20 * time.Millisecond // between two looks at a starting server
)

// Program is a server that lives as long as its test. Its methods fail the
// test when it does not obey; call them from the test's own goroutine.
type Program struct {
	tb      testing.TB
	command []string
	ports   []string // that it answers at once it is ready
	log     *output

	cmd    *exec.Cmd
	exited chan struct{}
}

// output is what a server printed.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(b)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// Find gives the path of a program installed under one of its names, or of one
// that .ci/run has built into .ci/bin. Without it the test is skipped, or fails if
// POSTERN_TEST_FULL=1 asks for every test.
func Find(tb testing.TB, names ...string) string {
	tb.Helper()
	for _, name := range names {
		if path, ok := find(name); ok {
			return path
		}
	}
	missing := names[0] + " is not installed"
	if redistest.Full() {
		tb.Fatal(missing + ", and POSTERN_TEST_FULL=1 wants every test")
	}
	tb.Skip(missing + ": this test needs the real one")
	return ""
}

func find(name string) (path string, ok bool) {
	if path, err := exec.LookPath(name); err == nil {
		return path, true
	}
	for _, sbin := range []string{"/usr/sbin", "/usr/local/sbin"} { // not in everybody's PATH
		if path, err := exec.LookPath(filepath.Join(sbin, name)); err == nil {
			return path, true
		}
	}
	for dir, err := os.Getwd(); err == nil && dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if path, err := exec.LookPath(filepath.Join(dir, ".ci", "bin", name)); err == nil {
			return path, true
		}
	}
	return "", false
}

// start runs a server and waits until it answers at its ports.
func start(tb testing.TB, ports []string, command ...string) *Program {
	tb.Helper()
	p := &Program{tb: tb, command: command, ports: ports, log: &output{}}
	tb.Cleanup(p.Kill)
	p.Start()
	return p
}

// Start runs the server anew, at the same ports and in the same folder.
func (p *Program) Start() {
	p.tb.Helper()
	p.cmd = exec.Command(p.command[0], p.command[1:]...) // no context: it must outlive the test's, which ends before its cleanup
	p.cmd.Stdout, p.cmd.Stderr, p.cmd.SysProcAttr = p.log, p.log, dieWithParent()
	p.cmd.WaitDelay = time.Second // for what a child of its own may hold open
	if err := p.cmd.Start(); err != nil {
		p.tb.Fatalf("run %s: %v", p.command[0], err)
	}
	exited, cmd := make(chan struct{}), p.cmd
	p.exited = exited
	go func() {
		_ = cmd.Wait() // its exit code is of no interest: a killed server is not an error here
		close(exited)
	}()
	if err := p.ready(); err != nil {
		p.tb.Fatal(err)
	}
}

func (p *Program) ready() error {
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	tick := time.NewTicker(probeInterval)
	defer tick.Stop()
	for {
		if p.answers() {
			return nil
		}
		select {
		case <-p.exited:
			return fmt.Errorf("%s ended at once:\n%s", p.command[0], p.log)
		case <-deadline.C:
			return fmt.Errorf("%s does not answer:\n%s", p.command[0], p.log)
		case <-tick.C:
		}
	}
}

func (p *Program) answers() bool {
	for _, port := range p.ports {
		conn, err := net.DialTimeout("tcp", net.JoinHostPort("127.0.0.1", port), time.Second)
		if err != nil {
			return false
		}
		_ = conn.Close()
	}
	return true
}

// Kill ends the server at once (SIGKILL) and waits until it is gone.
func (p *Program) Kill() {
	p.tb.Helper()
	if p.cmd == nil {
		return
	}
	if err := p.cmd.Process.Signal(syscall.SIGKILL); err != nil && !errors.Is(err, os.ErrProcessDone) {
		p.tb.Errorf("kill %s: %v", p.command[0], err)
	}
	<-p.exited
	p.cmd = nil
}

// Pause freezes the server (SIGSTOP): connections stay open, nothing answers.
func (p *Program) Pause() { p.signal(syscall.SIGSTOP) }

// Resume ends a Pause.
func (p *Program) Resume() { p.signal(syscall.SIGCONT) }

func (p *Program) signal(s syscall.Signal) {
	p.tb.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.tb.Fatalf("signal %s: %v", p.command[0], err)
	}
}

// Log gives what the server has printed so far.
func (p *Program) Log() string { return p.log.String() }

// ports gives so many ports that were free a moment ago.
func ports(tb testing.TB, n int) []string {
	tb.Helper()
	var free []string
	for range n {
		free = append(free, redistest.FreePort(tb))
	}
	return free
}

// Await asks until there is an answer, and fails the test in the end.
func Await(tb testing.TB, what string, is func() bool) {
	tb.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	tick := time.NewTicker(probeInterval)
	defer tick.Stop()
	for !is() {
		select {
		case <-tick.C:
		case <-deadline.C:
			tb.Fatalf("waited in vain for %s", what)
		}
	}
}
