package compat_test

import (
	"context"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"postern/internal/catalog"
	"postern/pkg/source"
	"postern/pkg/webhook"
)

// payload is one request that somebody else recorded.
type payload struct {
	name   string // of the file, or of the event and its number
	source string // ours, that reads it
	event  string // as its service names it in a header; empty where it does not
	header http.Header
	body   []byte
}

func (p payload) request() *webhook.Request {
	header := p.header.Clone()
	if header == nil {
		header = http.Header{}
	}
	if header.Get("Content-Type") == "" {
		header.Set("Content-Type", "application/json")
	}
	return &webhook.Request{
		Method: http.MethodPost, Path: "/hook", Header: header, Body: p.body,
		RemoteIP:   netip.MustParseAddr("192.0.2.1"),
		ReceivedAt: time.Date(2026, time.November, 24, 2, 0, 0, 0, time.UTC),
		URL:        "https://hooks.example.com/hook",
	}
}

// corpus is a collection of payloads, with its own count of them: one that has
// another number was not read whole, or is not the version that was judged.
type corpus struct {
	name     string
	payloads []payload
}

// sourceNamed gives a source of the catalog with no settings of its own.
func sourceNamed(t *testing.T, name string) (source.Source, bool) {
	t.Helper()
	for _, d := range catalog.Sources() {
		if d.Name != name {
			continue
		}
		s, err := d.Build(func(any) error { return nil })
		if err != nil {
			t.Fatalf("build the source %s: %v", name, err)
		}
		return s, true
	}
	return nil, false
}

// moduleFolder is where a required module lies, as the go command says.
func moduleFolder(t *testing.T, path string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", path).Output()
	folder := strings.TrimSpace(string(out))
	if err != nil || folder == "" {
		t.Fatalf("where is %s? %q, %v", path, folder, err)
	}
	return folder
}

func readFile(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// unavailable skips a test for lack of what .ci/corpora brings, or fails it
// where nothing may be skipped.
func unavailable(t *testing.T, why string) {
	t.Helper()
	if os.Getenv("POSTERN_TEST_FULL") == "1" {
		t.Fatal(why)
	}
	t.Skip(why)
}
