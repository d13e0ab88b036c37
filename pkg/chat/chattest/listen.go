package chattest

import (
	"net"
	"sync"
	"testing"
)

// Listen is a server for protocols that are not HTTP: it has talk speak on each
// connection, closes that when talk returns, and gives its address, a port of
// loopback. The test's end waits for all of them; talk may be called concurrently.
func Listen(tb testing.TB, talk func(net.Conn)) (address string) {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	var all sync.WaitGroup
	tb.Cleanup(func() {
		_ = l.Close()
		all.Wait()
	})
	all.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() {
				defer func() { _ = conn.Close() }()
				talk(conn)
			})
		}
	})
	return l.Addr().String()
}
