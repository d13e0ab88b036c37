package chattest

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"postern/pkg/chat"
)

// stage is a server that gives everybody the same answer and remembers who
// asked.
type stage struct {
	url     string
	arrived chan struct{} // closed when the first request has been read
	ended   chan struct{} // closed when its handler is through
	sent    func() []Call // in the place of calls, where no HTTP is spoken

	mu    sync.Mutex
	calls []Call
}

func newStage(t *testing.T, a Answer) *stage {
	t.Helper()
	s := &stage{arrived: make(chan struct{}), ended: make(chan struct{})}
	closing := make(chan struct{})
	first := sync.OnceFunc(func() { close(s.arrived) })
	last := sync.OnceFunc(func() { close(s.ended) })
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		call, err := take(r)
		if err != nil {
			return // the caller left
		}
		s.mu.Lock()
		s.calls = append(s.calls, call)
		s.mu.Unlock()
		first()
		defer last()
		a.give(w, r, closing)
	}))
	t.Cleanup(func() {
		close(closing)
		server.Close()
	})
	s.url = server.URL
	return s
}

// tools hold a client of its own that would follow redirects, if it were let.
func (s *stage) tools() chat.Tools {
	return chat.Tools{
		HTTP:   &http.Client{Timeout: 3 * patience, Transport: &http.Transport{DisableKeepAlives: true}},
		Stdout: &bytes.Buffer{},
	}
}

func (s *stage) seen() []Call {
	if s.sent != nil {
		return s.sent()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.calls)
}

// maxGolden is the largest body a golden file holds in full.
const maxGolden = 20 << 10

// exchange writes a request as a golden file holds it: what differs between
// machines and attempts is left out or replaced.
func exchange(c Call, varies []string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s\n", c.Method, c.Path)
	header := c.Header.Clone()
	for _, ours := range []string{"Accept-Encoding", "Connection", "Content-Length", "User-Agent"} {
		header.Del(ours)
	}
	for _, name := range varies {
		if header.Get(name) != "" {
			header.Set(name, "(varies)")
		}
	}
	if err := header.Write(newlines{&b}); err != nil {
		panic(err) // a bytes.Buffer takes everything
	}
	b.WriteByte('\n')
	b.Write(short(c.Body))
	b.WriteByte('\n')
	return b.Bytes()
}

// newlines drops the \r of HTTP.
type newlines struct{ to *bytes.Buffer }

func (n newlines) Write(p []byte) (int, error) {
	n.to.Write(bytes.ReplaceAll(p, []byte("\r"), nil))
	return len(p), nil
}

// short gives a body, or of a huge one its sum.
func short(body []byte) []byte {
	if len(body) <= maxGolden {
		return body
	}
	return fmt.Appendf(nil, "%s... %d bytes, sha256 %x", body[:200], len(body), sha256.Sum256(body))
}

// Golden compares got with testdata/name.golden, or writes that file.
func Golden(t *testing.T, name string, got []byte, update bool) {
	t.Helper()
	path := filepath.Join("testdata", filepath.FromSlash(name)+".golden")
	if update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("no golden file: %v (run with -update, and read what it writes)", err)
	}
	if !bytes.Equal(got, want) {
		at := parting(got, want)
		t.Errorf("%s differs at byte %d\ngot:\n%s\nwant:\n%s", path, at, around(got, at), around(want, at))
	}
}

// parting is where two texts begin to differ.
func parting(a, b []byte) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	return min(len(a), len(b))
}

// around gives what a person needs to see of a difference in a long line.
func around(text []byte, at int) string {
	return strings.ToValidUTF8(string(text[max(at-300, 0):min(at+300, len(text))]), "")
}
