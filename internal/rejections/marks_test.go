package rejections_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"postern/internal/catalog"
	"postern/internal/rejections"
	"postern/internal/routing"
	"postern/pkg/source"
	"postern/pkg/webhook"
)

// golden reads the request's headers of a source's golden file.
func golden(t *testing.T, file string) *webhook.Request {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	_, wire, _ := strings.Cut(string(text), "-- request --\n")
	r := request("{}")
	for n, line := range strings.Split(wire, "\n") {
		name, value, ok := strings.Cut(line, ": ")
		switch {
		case n == 0:
		case !ok:
			return r
		default:
			r.Header.Set(name, value)
		}
	}
	return r
}

// TestNoRequestIsTakenForAnothers: the golden requests of every source, at its
// own endpoint and at another's.
func TestNoRequestIsTakenForAnothers(t *testing.T) {
	t.Parallel()
	marks := map[string][]string{}
	for _, d := range catalog.Sources() {
		marks[d.Name] = d.Marks
	}
	known := map[string]int{}
	for _, d := range catalog.Sources() {
		files, err := filepath.Glob("../../pkg/source/" + d.Name + "/testdata/*.txtar")
		if err != nil || len(files) == 0 && d.Name != "generic" {
			t.Errorf("no golden requests of %s: %v", d.Name, err)
		}
		for _, file := range files {
			if strings.HasPrefix(filepath.Base(file), "refused_") {
				continue // another's request on purpose
			}
			r := golden(t, file)
			if says := told(t, marks, d.Name, r); strings.Contains(says, "this is a") {
				t.Errorf("%s: got %q at its own endpoint", file, says)
			}
			says := told(t, marks, "uptime_kuma", r)
			if carries(d, r) {
				known[d.Name]++
				if !strings.Contains(says, "this is a "+d.Name+" request") {
					t.Errorf("%s: got %q elsewhere, want it known", file, says)
				}
			} else if strings.Contains(says, "this is a") {
				t.Errorf("%s: got %q, and it carries no marks", file, says)
			}
		}
	}
	for _, name := range []string{"github", "gitlab", "gogs", "bitbucket", "drone", "sentry"} {
		if known[name] == 0 {
			t.Errorf("no golden request of %s is known by its marks", name)
		}
	}
}

func carries(d source.Definition, r *webhook.Request) bool {
	for _, mark := range d.Marks {
		if r.Header.Get(mark) == "" {
			return false
		}
	}
	return len(d.Marks) > 0
}

// told is the cause of a payload that an endpoint of a source did not take.
func told(t *testing.T, marks map[string][]string, name string, r *webhook.Request) string {
	t.Helper()
	e := &routing.Endpoint{Plugin: "a.b", Path: "/x", SourceName: name, Verifier: anyone{}}
	b := &book{}
	k := rejections.New(rejections.Options{
		Store: b, Endpoints: func() []*routing.Endpoint { return nil }, Marks: marks, Log: slog.New(slog.DiscardHandler),
	})
	k.Add(rejections.Refusal{Endpoint: e, Request: r, Whole: true, Code: "invalid_payload", Cause: errors.New("x")})
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // what is left is explained at the end
	k.Run(ctx)
	return b.rows[0].Cause
}
