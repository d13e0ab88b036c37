package sourcetest

import (
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"postern/pkg/webhook"
)

// arrived is a request with nothing in it, at a fixed time.
func arrived() *webhook.Request {
	return &webhook.Request{
		Method: http.MethodPost, Path: "/hook", Header: http.Header{},
		RemoteIP:   netip.MustParseAddr("192.0.2.7"),
		ReceivedAt: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		URL:        "https://hooks.example.com/hook",
	}
}

// parseRequest reads "METHOD /path?query", header lines, an empty line, and
// the body less its last line break.
func parseRequest(text string) (*webhook.Request, error) {
	head, body, _ := strings.Cut(text, "\n\n")
	first, header, _ := strings.Cut(head, "\n")
	method, target, ok := strings.Cut(first, " ")
	if !ok {
		return nil, fmt.Errorf("the request begins with %q, not with METHOD /path", first)
	}
	r := arrived()
	r.Method = method
	r.Path, r.RawQuery, _ = strings.Cut(target, "?")
	r.URL = "https://hooks.example.com" + target
	r.Header = parseHeader(header)
	r.Body = []byte(strings.TrimSuffix(body, "\n"))
	return r, nil
}

func parseHeader(text string) http.Header {
	h := http.Header{}
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		if name != "" {
			h.Add(name, strings.TrimSpace(value))
		}
	}
	return h
}

func headerText(h http.Header) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(h)) {
		for _, value := range h[name] {
			b.WriteString(name + ": " + value + "\n")
		}
	}
	return b.String()
}

// copied shares nothing with r.
func copied(r *webhook.Request) *webhook.Request {
	c := *r
	c.Params = maps.Clone(r.Params)
	c.Header = r.Header.Clone()
	c.Body = bytes.Clone(r.Body)
	return &c
}

func withBody(r *webhook.Request, body []byte) *webhook.Request {
	c := copied(r)
	c.Body = body
	return c
}
