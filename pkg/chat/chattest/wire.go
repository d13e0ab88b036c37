package chattest

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"postern/pkg/chat"
	"postern/pkg/retry"
)

// Wire is a platform that speaks no HTTP, played for one test: a server on
// this machine that takes every message.
type Wire struct {
	// Base is what Suite.New is given: host:port.
	Base string
	// Sent gives the messages that it took, in their order. Body is what a
	// golden file holds of one; it must not differ between two attempts.
	Sent func() []Call
}

// nowhere is an address that nobody listens at, as Suite.New is given it.
func (s Suite) nowhere() string {
	if s.Wire != nil {
		return "127.0.0.1:1"
	}
	return "http://127.0.0.1:1"
}

// stage is where one test hears the Sender.
func (s Suite) stage(t *testing.T) *stage {
	t.Helper()
	if s.Wire == nil {
		return newStage(t, s.OK)
	}
	w := s.Wire(t)
	return &stage{url: w.Base, sent: w.Sent}
}

// wireFaults are those of faults that any protocol knows.
func (s Suite) wireFaults(t *testing.T) {
	t.Helper()
	t.Run("nobody listens", s.unreachable)
	t.Run("a server that leaves", s.leaving)
	t.Run("the context ends while a server is silent", s.silentServer)
}

// leaving: nothing was said before the server hung up.
func (s Suite) leaving(t *testing.T) {
	t.Parallel()
	base := listen(t, func(conn net.Conn) { _ = conn.Close() })
	_, err := s.sender(t, base, chat.Tools{}).Send(t.Context(), s.delivery(chat.Message{Title: "hello"}))
	s.check(t, err, retry.Advice{Kind: retry.Again})
}

// silentServer: Send ends with its context, and the server sees it go.
func (s Suite) silentServer(t *testing.T) {
	t.Parallel()
	arrived, gone := make(chan struct{}), make(chan struct{})
	base := listen(t, func(conn net.Conn) {
		close(arrived)
		_, _ = io.Copy(io.Discard, conn)
		close(gone)
	})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	sender := s.sender(t, base, chat.Tools{})
	done := make(chan error, 1)
	go func() {
		_, err := sender.Send(ctx, s.delivery(chat.Message{Title: "hello"}))
		done <- err
	}()
	await(t, arrived, "the connection")
	cancel()
	select {
	case err := <-done:
		s.check(t, err, retry.Advice{Kind: retry.Again})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("the error does not wrap context.Canceled: %v", err)
		}
	case <-time.After(patience):
		t.Fatal("Send did not end with its context")
	}
	await(t, gone, "the server to see the caller go")
}

// listen serves one connection, and gives host:port.
func listen(t *testing.T, serve func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		if conn, err := l.Accept(); err == nil {
			serve(conn)
			_ = conn.Close()
		}
	}()
	return l.Addr().String()
}

// trim gives base as Suite.New is given it.
func (s Suite) trim(base string) string {
	if s.Wire != nil {
		return strings.TrimPrefix(base, "http://")
	}
	return base
}
