package app_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	"postern/internal/redistest"
)

// patience is how long anything that must come is awaited, on a busy machine.
const patience = 30 * time.Second

// glance is how often a condition is looked at that wakes nobody.
const glance = 10 * time.Millisecond

// process is one of the programs, running.
type process struct {
	name           string
	cmd            *exec.Cmd
	stdout, stderr *transcript
	address        string        // where it listens; empty: nowhere
	group          bool          // it and whatever it started are a process group of their own
	ended          chan struct{} // closed once code is known
	code           int           // -1: ended by a signal
}

// launch runs a program of TestMain. Where listen is set it is given a free
// port, and has answered there when launch returns.
func launch(name, dir string, env []string, listen bool, program string, args ...string) (*process, error) {
	var address string
	if listen {
		var err error
		if address, err = freeAddress(); err != nil {
			return nil, err
		}
		args = append(args, "--listen", address)
	}
	p := prepare(name, dir, env, program, args...)
	p.address = address
	if err := p.begin(); err != nil || !listen {
		return p, err
	}
	return p, p.ready()
}

// prepare gives a program that does not run yet.
func prepare(name, dir string, env []string, program string, args ...string) *process {
	p := &process{name: name, stdout: newTranscript(), stderr: newTranscript(), ended: make(chan struct{})}
	p.cmd = exec.Command(program, args...)
	p.cmd.Dir, p.cmd.Env = dir, env
	p.cmd.Stdout, p.cmd.Stderr = p.stdout, p.stderr
	return p
}

// begin starts a program, and does not wait for it.
func (p *process) begin() error {
	if err := p.cmd.Start(); err != nil {
		close(p.ended)
		return fmt.Errorf("start %s: %w", p.name, err)
	}
	go func() {
		_ = p.cmd.Wait() // the code says how it ended
		p.code = p.cmd.ProcessState.ExitCode()
		close(p.ended)
	}()
	return nil
}

// ready waits until the program answers, or is no more.
func (p *process) ready() error {
	return within(patience, func() error {
		select {
		case <-p.ended:
			return fmt.Errorf("%w: %s ended with code %d:\n%s", errHopeless, p.name, p.code, p.stderr)
		default:
		}
		response, err := http.Get("http://" + p.address + "/healthz")
		if err != nil {
			return err
		}
		_ = response.Body.Close()
		if response.StatusCode != http.StatusOK {
			return fmt.Errorf("%s: /healthz answers %s", p.name, response.Status)
		}
		return nil
	})
}

// signal sends a signal; a program that is no more is none's fault.
func (p *process) signal(s syscall.Signal) error {
	if p.cmd.Process == nil {
		return nil
	}
	if p.group {
		_ = syscall.Kill(-p.cmd.Process.Pid, s) // whatever of it there still is
		return nil
	}
	if err := p.cmd.Process.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("signal %s: %w", p.name, err)
	}
	return nil
}

// exit waits until the program is no more and gives its exit code.
func (p *process) exit(d time.Duration) (int, error) {
	select {
	case <-p.ended:
		return p.code, nil
	case <-time.After(d):
		return 0, fmt.Errorf("%s did not end within %v; it said:\n%s", p.name, d, p.stderr)
	}
}

// faults are what no program may ever say.
func (p *process) faults() error {
	for _, fault := range []string{"\nWARNING: DATA RACE", "\npanic: ", "\nfatal error: "} {
		if strings.Contains("\n"+p.stderr.String(), fault) {
			return fmt.Errorf("%s said %q:\n%s", p.name, fault, p.stderr)
		}
	}
	return nil
}

// errHopeless ends a waiting early.
var errHopeless = errors.New("hopeless")

// within asks until there is no error, or it is hopeless, or time is over: then
// the last error is the reason.
func within(d time.Duration, ask func() error) error {
	deadline := time.NewTimer(d)
	defer deadline.Stop()
	tick := time.NewTicker(glance)
	defer tick.Stop()
	for {
		err := ask()
		if err == nil || errors.Is(err, errHopeless) {
			return err
		}
		select {
		case <-tick.C:
		case <-deadline.C:
			return fmt.Errorf("not within %v: %w", d, err)
		}
	}
}

// transcript keeps what a program prints, and wakes who waits for it.
type transcript struct {
	mu      sync.Mutex
	text    strings.Builder
	changed chan struct{}
}

var _ io.Writer = (*transcript)(nil)

func newTranscript() *transcript { return &transcript{changed: make(chan struct{})} }

func (t *transcript) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	close(t.changed)
	t.changed = make(chan struct{})
	return t.text.Write(b)
}

func (t *transcript) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text.String()
}

// await waits until the text satisfies, and gives it.
func (t *transcript) await(enough func(string) bool) (string, error) {
	deadline := time.After(patience)
	for {
		t.mu.Lock()
		text, changed := t.text.String(), t.changed
		t.mu.Unlock()
		if enough(text) {
			return text, nil
		}
		select {
		case <-changed:
		case <-deadline:
			return text, fmt.Errorf("not printed within %v; what was:\n%s", patience, text)
		}
	}
}

// freeAddress gives a port of loopback that was free a moment ago.
func freeAddress() (string, error) {
	port, err := redistest.Port()
	return net.JoinHostPort("127.0.0.1", port), err
}
