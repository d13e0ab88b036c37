package app_test

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"postern/internal/redistest"
	"postern/pkg/chat/chattest"
)

// command is a script's command: an error is what the script fails with.
type command func(h *house, ts *testscript.TestScript, args []string) error

// commands of the scripts, beside testscript's own:
//
//	redis start|stop|need            the script's Redis; its URL is $REDIS. It keeps what it holds.
//	start NAME [K=V...] PROGRAM ARGS a program in the background, on a free port, until it answers; its address is $NAME
//	follow NAME [K=V...] PROGRAM ARGS  the same of a program that listens nowhere
//	signal NAME TERM|INT|KILL        sends a signal and does not wait
//	ended NAME CODE [WITHIN]         waits for the end; -1 is by a signal
//	deaf NAME                        waits until nothing listens there any more
//	exits CODE PROGRAM ARGS          runs a program to its end; stdout and stderr are its own
//	printed NAME stdout|stderr RE    waits until a line matches; stdout is all that was printed
//	call WANT METHOD NAME PATH FLAGS one request, or more; WANT is a status or status:code; $JOB is the job's id
//	replay NAME WANT                 makes the request of the first curl line that a program printed
//	job NAME ID [-within D] F=V...   waits until a job's fields have these values
//	await N [WITHIN]                 waits for N messages at the platform; stdout is who was told what
//	exactly N                        so many messages are there, now
//	platform gone|restore CHANNEL, platform slow D, platform hang, platform arrived N, platform well
//	alone PORT                       no other script uses this port of loopback until this one ends
func commands() map[string]func(*testscript.TestScript, bool, []string) {
	all := map[string]command{
		"redis": redisCommand, "start": startCommand, "signal": signalCommand, "ended": endedCommand,
		"deaf": deafCommand, "exits": exitsCommand, "printed": printedCommand, "call": callCommand,
		"job": jobCommand, "await": awaitCommand, "exactly": exactlyCommand, "platform": platformCommand,
		"alone": aloneCommand, "replay": replayCommand, "follow": followCommand,
	}
	wrapped := map[string]func(*testscript.TestScript, bool, []string){}
	for name, run := range all {
		wrapped[name] = func(ts *testscript.TestScript, neg bool, args []string) {
			if neg {
				ts.Fatalf("%s knows no !", name)
			}
			if err := run(ts.Value(houseKey{}).(*house), ts, args); err != nil {
				ts.Fatalf("%s: %v", name, err)
			}
		}
	}
	return wrapped
}

var errUsage = errors.New("see commands() for how this is used")

func redisCommand(h *house, ts *testscript.TestScript, args []string) error {
	switch {
	case len(args) != 1:
		return errUsage
	case args[0] == "need":
		redistest.Need(h.tb)
	case args[0] == "stop":
		h.redis.Stop()
	case h.redis == nil:
		h.redis = redistest.Start(h.tb, "--appendonly", "yes", "--appendfsync", "always")
		ts.Setenv("REDIS", h.redis.URL())
		h.env = append(h.env, "REDIS")
	default:
		h.redis.Restart()
	}
	return nil
}

// environment is what a program is given: the script's variables and more.
func (h *house) environment(ts *testscript.TestScript, more []string) []string {
	env := make([]string, 0, len(h.env)+len(more))
	for _, name := range h.env {
		env = append(env, name+"="+ts.Getenv(name))
	}
	for _, name := range []string{"POSTERN_URL", "POSTERN_API_TOKEN"} { // those of the operator's commands
		if value := ts.Getenv(name); value != "" {
			env = append(env, name+"="+value)
		}
	}
	return append(env, more...)
}

// split takes K=V words off the front of a command line.
func split(args []string) (variables, rest []string) {
	for len(args) > 0 && strings.Contains(args[0], "=") && !strings.HasPrefix(args[0], "-") {
		variables, args = append(variables, args[0]), args[1:]
	}
	return variables, args
}

func startCommand(h *house, ts *testscript.TestScript, args []string) error {
	if len(args) < 2 {
		return errUsage
	}
	variables, line := split(args[1:])
	h.dir = ts.MkAbs(".")
	if err := h.start(args[0], h.environment(ts, variables), line[0], line[1:]...); err != nil {
		return err
	}
	ts.Setenv(args[0], h.running[args[0]].address)
	return nil
}

func followCommand(h *house, ts *testscript.TestScript, args []string) error {
	if len(args) < 2 {
		return errUsage
	}
	variables, line := split(args[1:])
	p, err := launch(args[0], ts.MkAbs("."), h.environment(ts, variables), false, line[0], line[1:]...)
	h.running[args[0]] = p
	return err
}

func signalCommand(h *house, _ *testscript.TestScript, args []string) error {
	if len(args) != 2 {
		return errUsage
	}
	s, ok := map[string]syscall.Signal{"TERM": syscall.SIGTERM, "INT": syscall.SIGINT, "KILL": syscall.SIGKILL}[args[1]]
	p, err := h.find(args[0])
	if err != nil || !ok {
		return errors.Join(err, errUsage)
	}
	return p.signal(s)
}

func endedCommand(h *house, _ *testscript.TestScript, args []string) error {
	if len(args) < 2 {
		return errUsage
	}
	p, err := h.find(args[0])
	if err != nil {
		return err
	}
	code, err := p.exit(durationOf(args[2:]))
	if err == nil && strconv.Itoa(code) != args[1] {
		err = fmt.Errorf("%s ended with %d, want %s; it said:\n%s", p.name, code, args[1], p.stderr)
	}
	return err
}

func deafCommand(h *house, _ *testscript.TestScript, args []string) error {
	p, err := h.find(args[0])
	if err != nil {
		return err
	}
	return within(patience, func() error {
		if conn, err := net.Dial("tcp", p.address); err == nil {
			_ = conn.Close()
			return errors.New(p.name + " still listens")
		}
		return nil
	})
}

func exitsCommand(h *house, ts *testscript.TestScript, args []string) error {
	variables, line := split(args[1:])
	p, err := launch(line[0], ts.MkAbs("."), h.environment(ts, variables), false, line[0], line[1:]...)
	if err != nil {
		return err
	}
	defer func() { _ = p.signal(syscall.SIGKILL) }()
	code, err := p.exit(patience)
	if err != nil {
		return err
	}
	say(ts.Stdout(), p.stdout)
	say(ts.Stderr(), p.stderr)
	if strconv.Itoa(code) != args[0] {
		return fmt.Errorf("%s ended with %d, want %s; it said:\n%s%s", line[0], code, args[0], p.stdout, p.stderr)
	}
	return p.faults()
}

func printedCommand(h *house, ts *testscript.TestScript, args []string) error {
	if len(args) != 3 {
		return errUsage
	}
	p, err := h.find(args[0])
	if err != nil {
		return err
	}
	re, err := regexp.Compile("(?m)" + args[2])
	if err != nil {
		return err
	}
	text, err := map[string]*transcript{"stdout": p.stdout, "stderr": p.stderr}[args[1]].await(re.MatchString)
	say(ts.Stdout(), text)
	return err
}

func jobCommand(h *house, ts *testscript.TestScript, args []string) error {
	if len(args) < 3 {
		return errUsage
	}
	p, err := h.find(args[0])
	if err != nil {
		return err
	}
	wants, d := args[2:], patience
	if wants[0] == "-within" {
		d, wants = durationOf(wants[1:]), wants[2:]
	}
	a, err := newSender().awaitJob(p.address, args[1], d, wants)
	say(ts.Stdout(), string(a.body)+"\n")
	return err
}

func awaitCommand(h *house, ts *testscript.TestScript, args []string) error {
	n, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	messages, err := h.platform.Await(n, durationOf(args[1:]))
	tell(ts, messages)
	return err
}

func exactlyCommand(h *house, ts *testscript.TestScript, args []string) error {
	messages := h.platform.Messages()
	tell(ts, messages)
	if strconv.Itoa(len(messages)) != args[0] {
		return fmt.Errorf("%d messages were accepted, want %s", len(messages), args[0])
	}
	return nil
}

func tell(ts *testscript.TestScript, messages []chattest.Call) {
	for _, m := range messages {
		say(ts.Stdout(), m.Platform+" "+m.Channel+": "+m.Text+"\n")
	}
}

func platformCommand(h *house, _ *testscript.TestScript, args []string) error {
	switch strings.Join(args[:1], "") {
	case "gone":
		h.platform.Remove(args[1])
	case "restore":
		h.platform.Restore(args[1])
	case "slow":
		answer := &chattest.Answer{Status: http.StatusNoContent, Delay: durationOf(args[1:]), Accept: true}
		h.platform.Fail(func(chattest.Call) *chattest.Answer { return answer })
	case "hang":
		h.platform.Fail(func(chattest.Call) *chattest.Answer { return &chattest.Answer{Hang: true} })
	case "well":
		h.platform.Fail(nil)
	case "arrived":
		n, err := strconv.Atoi(args[1])
		if err != nil {
			return err
		}
		return within(patience, func() error {
			if got := h.platform.Requests(); got < n {
				return fmt.Errorf("%d requests arrived, want %d", got, n)
			}
			return nil
		})
	default:
		return errUsage
	}
	return nil
}

// ports are those that programs insist on: scripts that need one take turns.
var ports sync.Mutex

func aloneCommand(_ *house, ts *testscript.TestScript, args []string) error {
	ports.Lock()
	ts.Defer(ports.Unlock)
	return within(patience, func() error {
		l, err := net.Listen("tcp", "127.0.0.1:"+args[0])
		if err != nil {
			return err
		}
		return l.Close()
	})
}

// say prints what a script may look at with stdout, stderr and cmp.
func say(w io.Writer, text any) { _, _ = fmt.Fprint(w, text) }

func durationOf(args []string) time.Duration {
	if len(args) == 0 {
		return patience
	}
	d, err := time.ParseDuration(args[0])
	if err != nil {
		return 0
	}
	return d
}

// callFlags are the flags of the command call.
type callFlags struct {
	body, text, sign, stamp, event, id, kind, token, has string
	size, times                                          int
	chunked, form                                        bool
	within                                               time.Duration
	fields                                               []string
	header                                               http.Header
}

func parseCall(args []string) (callFlags, error) {
	f := callFlags{header: http.Header{}}
	set := flag.NewFlagSet("call", flag.ContinueOnError)
	set.StringVar(&f.body, "body", "", "FILE of the body")
	set.StringVar(&f.text, "text", "", "the body; {n} is the number of the request")
	set.StringVar(&f.sign, "sign", "", "SECRET: as GitHub signs")
	set.StringVar(&f.stamp, "stamp", "", "UNIX: a stamp that is signed too, in X-Time and X-Signature")
	set.StringVar(&f.event, "event", "push", "GitHub's event, where it is signed")
	set.StringVar(&f.id, "id", "", "GitHub's delivery id; {n} is the number of the request")
	set.StringVar(&f.kind, "type", "application/json", "Content-Type")
	set.StringVar(&f.token, "token", "", "bearer token")
	set.StringVar(&f.has, "has", "", "TEXT that the answer's body must hold, too")
	set.Func("f", "F=V: a field that the answer's JSON must have", func(s string) error {
		f.fields = append(f.fields, s)
		return nil
	})
	set.IntVar(&f.size, "size", 0, "length of the body, filled up with blanks")
	set.IntVar(&f.times, "times", 1, "requests, one after the other")
	set.BoolVar(&f.chunked, "chunked", false, "declare no length")
	set.BoolVar(&f.form, "form", false, "GitHub's form: payload=...")
	set.DurationVar(&f.within, "within", 0, "ask again until WANT is the answer")
	set.Func("H", "NAME: VALUE of a header", func(s string) error {
		name, value, ok := strings.Cut(s, ":")
		if !ok {
			return errUsage
		}
		f.header.Add(name, strings.TrimSpace(value))
		return nil
	})
	err := set.Parse(args)
	return f, err
}

// read gives the body of the n-th request.
func (f callFlags) read(ts *testscript.TestScript, n int) ([]byte, error) {
	text := f.text
	if f.body != "" {
		b, err := os.ReadFile(ts.MkAbs(f.body))
		if err != nil {
			return nil, err
		}
		text = string(b)
	}
	text = strings.ReplaceAll(text, "{n}", strconv.Itoa(n))
	if f.form {
		text = formOf(text)
	}
	return []byte(text + strings.Repeat(" ", max(f.size-len(text), 0))), nil
}
