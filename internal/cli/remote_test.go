package cli_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"postern/internal/cli"
)

// apiToken is what the servers of these tests want.
const apiToken = "hunter2-of-the-api"

// server answers as a Postern does: each call, as "GET /api/jobs?limit=50", in
// turn with what is told of it, the last for ever.
type server struct {
	*httptest.Server
	mu      sync.Mutex
	answers map[string][]answer
	calls   []string
}

type answer struct {
	status int
	body   string
	header http.Header
}

func serve(t *testing.T, answers map[string][]answer) *server {
	t.Helper()
	s := &server{answers: answers}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	call := r.Method + " " + r.URL.RequestURI()
	s.calls = append(s.calls, call)
	all, known := s.answers[call]
	switch {
	case r.Header.Get("Authorization") != "Bearer "+apiToken:
		problem(w, 401, "unauthorized", "This token is not known.")
	case !known:
		problem(w, 404, "not_found", "There is no such job, or it has expired.")
	default:
		if len(all) > 1 {
			s.answers[call] = all[1:]
		}
		maps.Copy(w.Header(), all[0].header)
		w.WriteHeader(all[0].status)
		_, _ = io.WriteString(w, all[0].body)
	}
}

func problem(w http.ResponseWriter, status int, code, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, `{"type":"about:blank","title":"x","status":%d,"detail":%q,"code":%q}`, status, detail, code)
}

func (s *server) called() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string{}, s.calls...)
}

// now is when the golden files are looked at.
var now = time.Date(2026, 11, 24, 2, 5, 0, 0, time.UTC)

// remoteCall is a call of a program that asks a server.
type remoteCall struct {
	width  int
	colour bool
	stdin  io.Reader
	env    map[string]string
}

func (c remoteCall) run(ctx context.Context, url string, args ...string) said {
	env := map[string]string{"POSTERN_URL": url, "POSTERN_API_TOKEN": apiToken}
	maps.Copy(env, c.env)
	var out, errors bytes.Buffer
	p := &cli.Program{
		Name: "postern", Args: args, Stdin: c.stdin, Stdout: &out, Stderr: &errors,
		Env: func(k string) (string, bool) { v, ok := env[k]; return v, ok },
	}
	p.On(c.width, c.colour, now)
	code := p.Main(ctx)
	return said{code, strings.ReplaceAll(out.String(), url, "URL"), strings.ReplaceAll(errors.String(), url, "URL")}
}

// TestTables looks at golden files: a server's answers, and of each command line
// what is printed on a terminal of some width (0: a pipe).
func TestTables(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/remote/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no golden files")
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			golden(t, file)
		})
	}
}

func golden(t *testing.T, file string) {
	t.Helper()
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	answers := map[string][]answer{}
	changed := false
	for i, f := range archive.Files {
		line, isRun := strings.CutPrefix(f.Name, "$ ")
		if !isRun {
			answers[f.Name] = append(answers[f.Name], answer{status: 200, body: string(f.Data)})
			continue
		}
		s := serve(t, answers)
		words := strings.Fields(line)
		var c remoteCall
		if _, err := fmt.Sscanf(words[0], "%d", &c.width); err != nil {
			t.Fatalf("%s: the width comes first", f.Name)
		}
		c.colour = strings.HasSuffix(words[0], "c")
		got := c.run(t.Context(), s.URL, words[1:]...)
		text := fmt.Sprintf("%s%s(exit %d)\n", strings.ReplaceAll(got.out, "\x1b", "^"), got.errors, got.code)
		if diff := cmp.Diff(string(f.Data), text); diff != "" && !*update {
			t.Errorf("%s: -want +got:\n%s", f.Name, diff)
		}
		changed = changed || string(f.Data) != text
		archive.Files[i].Data = []byte(text)
		for row := range strings.Lines(got.out) {
			if c.width > 0 && strings.HasSuffix(line, " list") && wide(row) > c.width {
				t.Errorf("%s: a row is wider than the terminal: %q", f.Name, row)
			}
		}
	}
	if *update && changed {
		if err := os.WriteFile(file, txtar.Format(archive), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// wide counts columns as a terminal does, of what the golden files hold.
func wide(row string) int {
	n := 0
	for _, r := range regexp.MustCompile("\x1b\\[[0-9]*m|\n").ReplaceAllString(row, "") {
		if n++; r >= 0x3000 && r < 0xff00 {
			n++
		}
	}
	return n
}

// until is an output that ends something once it holds a text.
type until struct {
	bytes.Buffer
	want string
	then func()
}

func (u *until) Write(b []byte) (int, error) {
	n, err := u.Buffer.Write(b)
	if strings.Contains(u.String(), u.want) {
		u.then()
	}
	return n, err
}

func program(out io.Writer, url string, args ...string) *cli.Program {
	env := map[string]string{"POSTERN_URL": url, "POSTERN_API_TOKEN": apiToken}
	return &cli.Program{
		Name: "postern", Args: args, Stdout: out, Stderr: io.Discard,
		Env: func(k string) (string, bool) { v, ok := env[k]; return v, ok },
	}
}
