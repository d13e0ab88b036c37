package app_test

import (
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

// Senders that hold a connection without sending are cut, and do not keep
// others from being heard.
func TestSlowSendersAreCut(t *testing.T) {
	t.Parallel()
	const head = "POST " + stormPath + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
	tests := map[string]struct {
		sent   string
		within time.Duration
		want   string // how the answer begins; empty: none
	}{
		"in the middle of the headers": {sent: head + "X-Git", within: 15 * time.Second},
		"in the middle of the body":    {sent: head + "Content-Length: 100\r\n\r\n{\"ref\"", within: 40 * time.Second, want: "HTTP/1.1 408 "},
		"before the first byte of one": {sent: head + "Content-Length: 100\r\n\r\n", within: 40 * time.Second, want: "HTTP/1.1 408 "},
		"in the middle of a chunk":     {sent: head + "Transfer-Encoding: chunked\r\n\r\n64\r\n{\"ref\"", within: 40 * time.Second, want: "HTTP/1.1 408 "},
	}
	h := newStormHouse(t, stormWith([]string{"team"}, ""))
	h.mustStart("receiver", "r1")
	address := h.running["r1"].address
	results := make(chan error)
	for name, test := range tests {
		go func() {
			if err := cut(address, test.sent, test.within, test.want); err != nil {
				results <- fmt.Errorf("%s: %w", name, err)
				return
			}
			results <- nil
		}()
	}
	h.storm(50, 8, "r1")
	for range tests {
		if err := <-results; err != nil {
			t.Error(err)
		}
	}
}

// cut sends a part of a request and waits until the server ends it.
func cut(address, sent string, within time.Duration, want string) error {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	if err := conn.SetDeadline(time.Now().Add(within)); err != nil {
		return err
	}
	if _, err := io.WriteString(conn, sent); err != nil {
		return err
	}
	got, err := io.ReadAll(conn)
	if err != nil {
		return fmt.Errorf("was not cut within %v: %w", within, err)
	}
	if !strings.HasPrefix(string(got), want) || want == "" && strings.Contains(string(got), "HTTP/1.1 2") {
		return fmt.Errorf("was answered %q, want %q", got, want)
	}
	if want != "" && !strings.Contains(string(got), `"code":"request_timeout"`) {
		return fmt.Errorf("was answered %q, want the code request_timeout", got)
	}
	return nil
}
