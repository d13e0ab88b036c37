package app_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"postern/internal/redistest"
	"postern/pkg/chat/chattest"
)

// serve starts a server that is not ours, as h.running[name]; it ends with the
// house. ready is an address that answers 200 once it is; empty: none.
func (h *house) serve(name, ready, program string, args ...string) {
	h.tb.Helper()
	p := h.background(name, nil, program, args...)
	if ready == "" {
		return
	}
	err := within(patience, func() error {
		select {
		case <-p.ended:
			return fmt.Errorf("%w: %s ended with code %d:\n%s", errHopeless, name, p.code, p.stderr)
		default:
		}
		status, err := statusOf(http.MethodGet, ready)
		if err == nil && status != http.StatusOK {
			err = fmt.Errorf("%s answers %d", ready, status)
		}
		return err
	})
	if err != nil {
		h.tb.Fatal(err)
	}
}

// background starts a program as h.running[name] and does not wait for it. The
// house ends it with all that it started, or the end of this binary does.
func (h *house) background(name string, env []string, program string, args ...string) *process {
	h.tb.Helper()
	p := prepare(name, h.dir, append(foreign(), env...), program, args...)
	p.cmd.SysProcAttr = redistest.DieWithParent()
	p.cmd.SysProcAttr.Setpgid, p.group = true, true
	if err := p.begin(); err != nil {
		h.tb.Fatal(err)
	}
	h.running[name] = p
	return p
}

// foreign is the environment of a program that is not ours: it finds programs,
// and no settings of whoever runs the tests.
func foreign() []string {
	return []string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.DevNull, "NO_PROXY=127.0.0.1", "LC_ALL=C.UTF-8"}
}

// write puts a file into the folder of the house, and gives its path.
func (h *house) write(name, text string) string {
	h.tb.Helper()
	path := filepath.Join(h.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		h.tb.Fatal(err)
	}
	return path
}

// free is freeAddress in a Go test.
func (h *house) free() string {
	h.tb.Helper()
	address, err := freeAddress()
	if err != nil {
		h.tb.Fatal(err)
	}
	return address
}

// await waits until n messages were accepted; more are a failure.
func (h *house) await(n int) []chattest.Call {
	h.tb.Helper()
	calls, err := h.platform.Await(n, patience)
	if err != nil {
		h.tb.Fatal(err)
	}
	if len(calls) != n {
		h.tb.Fatalf("%d messages were told, want %d:\n%s", len(calls), n, calls[len(calls)-1].Body)
	}
	return calls
}

func statusOf(method, address string) (int, error) {
	r, err := http.NewRequest(method, address, http.NoBody)
	if err != nil {
		return 0, err
	}
	response, err := newSender().http.Do(r)
	if err != nil {
		return 0, err
	}
	return response.StatusCode, response.Body.Close()
}

// witness stands between a sender and the receiver, changes nothing, and
// remembers what was said.
type witness struct {
	url string

	mu    sync.Mutex
	posts []post
}

// post is one request that a witness saw answered.
type post struct {
	path   string
	body   []byte
	answer answer
}

func newWitness(tb testing.TB, address string) *witness {
	tb.Helper()
	w := &witness{}
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: address})
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		p := post{path: r.URL.Path}
		var err error
		if p.body, err = io.ReadAll(r.Body); err != nil {
			return // the sender left
		}
		r.Body = io.NopCloser(bytes.NewReader(p.body))
		answered := httptest.NewRecorder()
		proxy.ServeHTTP(answered, r)
		p.answer = answer{status: answered.Code, header: answered.Header(), body: answered.Body.Bytes()}
		w.remember(p)
		maps.Copy(rw.Header(), p.answer.header)
		rw.WriteHeader(p.answer.status)
		_, _ = rw.Write(p.answer.body)
	}))
	tb.Cleanup(server.Close)
	w.url = server.URL
	return w
}

func (w *witness) remember(p post) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.posts = append(w.posts, p)
}

// seen gives the posts to a path, in order.
func (w *witness) seen(path string) []post {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(w.posts), func(p post) bool { return p.path != path })
}

// await waits until one of the posts to a path is what is wanted, and gives it.
func (w *witness) await(tb testing.TB, path, what string, wanted func(post) bool) post {
	tb.Helper()
	var found post
	err := within(patience, func() error {
		posts := w.seen(path)
		i := slices.IndexFunc(posts, wanted)
		if i < 0 {
			return fmt.Errorf("%s: not among %d posts to %s", what, len(posts), path)
		}
		found = posts[i]
		return nil
	})
	if err != nil {
		for _, p := range w.seen(path) {
			tb.Logf("%s\nwas answered %s", p.body, p.answer)
		}
		tb.Fatal(err)
	}
	return found
}

// message is what a webhook chat is told.
type message struct {
	Type string `json:"type"`
	Data struct {
		Title string `json:"title"`
		Text  string `json:"text"`
		Event struct {
			Type     string `json:"type"`
			Severity string `json:"severity"`
			Summary  string `json:"summary"`
			Links    []struct{ Text, URL string }
		} `json:"event"`
	} `json:"data"`
}

func read(tb testing.TB, c chattest.Call) message {
	tb.Helper()
	var m message
	if err := json.Unmarshal(c.Body, &m); err != nil {
		tb.Fatalf("read a message: %v\n%s", err, c.Body)
	}
	return m
}
