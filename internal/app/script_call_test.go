package app_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// callCommand is the command call.
func callCommand(h *house, ts *testscript.TestScript, args []string) error {
	if len(args) < 4 {
		return errUsage
	}
	p, err := h.find(args[2])
	if err != nil {
		return err
	}
	f, err := parseCall(args[4:])
	if err != nil {
		return err
	}
	for n := range f.times {
		body, err := f.read(ts, n)
		if err != nil {
			return err
		}
		c := call{method: args[1], address: p.address, path: args[3], body: body, header: f.headers(n, body), chunked: f.chunked}
		if err := f.send(ts, c, args[0]); err != nil {
			return err
		}
	}
	return nil
}

// headers are those of the flags, and what they ask for.
func (f callFlags) headers(n int, body []byte) http.Header {
	h := f.header.Clone()
	if len(body) > 0 {
		kind := f.kind
		if f.form {
			kind = "application/x-www-form-urlencoded"
		}
		h.Set("Content-Type", kind)
	}
	if f.stamp == "now" {
		f.stamp = strconv.FormatInt(time.Now().Unix(), 10)
	}
	switch {
	case f.stamp != "":
		h.Set("X-Time", f.stamp)
		h.Set("X-Signature", strings.TrimPrefix(signature(f.sign, append([]byte(f.stamp+"."), body...)), "sha256="))
	case f.sign != "":
		h.Set("X-GitHub-Event", f.event)
		h.Set("X-Hub-Signature-256", signature(f.sign, body))
	}
	if f.id != "" {
		h.Set("X-GitHub-Delivery", strings.ReplaceAll(f.id, "{n}", strconv.Itoa(n)))
	}
	if f.token != "" {
		h.Set("Authorization", "Bearer "+f.token)
	}
	return h
}

// send makes one call; with -within, as often as it takes.
func (f callFlags) send(ts *testscript.TestScript, c call, want string) error {
	once := func() error {
		a, err := newSender().do(c)
		if err != nil {
			return err
		}
		if err := a.is(want); err != nil {
			return err
		}
		if !strings.Contains(string(a.body), f.has) {
			return fmt.Errorf("the answer does not hold %q: %s", f.has, a.body)
		}
		if err := a.has(f.fields); err != nil {
			return err
		}
		say(ts.Stdout(), a)
		if id := a.member("job_id"); id != "" {
			ts.Setenv("JOB", id)
		}
		return nil
	}
	if f.within > 0 {
		return within(f.within, once)
	}
	return once()
}

func formOf(text string) string { return url.Values{"payload": {text}}.Encode() }

// replayCommand makes the request of the first curl line that a program
// printed: the one that a user would paste. The words are taken as a shell
// takes them.
//
//	replay NAME WANT
func replayCommand(h *house, ts *testscript.TestScript, args []string) error {
	p, err := h.find(args[0])
	if err != nil {
		return err
	}
	text, err := p.stderr.await(func(s string) bool { return strings.Contains(s, "Ctrl-C stops") })
	if err != nil {
		return err
	}
	c, err := parseCurl(text)
	if err != nil {
		return err
	}
	if c.address != p.address {
		return fmt.Errorf("the line calls %s, the program listens on %s", c.address, p.address)
	}
	return callFlags{}.send(ts, c, args[1])
}

var (
	curlLine = regexp.MustCompile(`(?m)^ *curl -i (?:.*\\\n)*.*$`)
	curlWord = regexp.MustCompile(`'([^']*)'|(\S+)`)
)

// parseCurl reads -H, -d and the URL of the first curl line.
func parseCurl(text string) (call, error) {
	line := strings.ReplaceAll(curlLine.FindString(text), "\\\n", " ")
	c := call{method: http.MethodGet, header: http.Header{}}
	var flag string
	for _, m := range curlWord.FindAllStringSubmatch(line, -1) {
		word := m[1] + m[2]
		switch {
		case flag == "-H":
			name, value, _ := strings.Cut(word, ": ")
			c.header.Set(name, value)
			flag = ""
		case flag == "-d":
			c.method, c.body, flag = http.MethodPost, []byte(word), ""
		case word == "-H" || word == "-d":
			flag = word
		case strings.HasPrefix(word, "http://"):
			u, err := url.Parse(word)
			if err != nil {
				return call{}, err
			}
			c.address, c.path = u.Host, u.RequestURI()
		}
	}
	if c.address == "" || len(c.body) == 0 {
		return call{}, fmt.Errorf("no curl line was found in\n%s", text)
	}
	return c, nil
}
