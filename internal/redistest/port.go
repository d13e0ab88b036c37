package redistest

import (
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"sync"
	"testing"
)

// Ports that the system gives to no connection of its own accord: on Linux it takes
// those from 32768, so that between our look and a program's start nothing but
// another test can take one of these.
const (
	firstPort = 12000
	ports     = 20000
)

// given are the ports that this process has given away.
type given struct {
	sync.Mutex
	ports map[int]bool
}

var taken = given{ports: map[int]bool{}}

// Port gives a port of 127.0.0.1 that was free a moment ago, and gives it to nobody
// else in this process. It is safe for concurrent use.
func Port() (string, error) {
	taken.Lock()
	defer taken.Unlock()
	var err error
	for range 100 {
		port := firstPort + rand.IntN(ports)
		if taken.ports[port] {
			continue
		}
		var l net.Listener
		if l, err = net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port))); err != nil {
			continue
		}
		taken.ports[port] = true
		return strconv.Itoa(port), l.Close()
	}
	return "", fmt.Errorf("look for a free port: %w", err)
}

// FreePort is Port in a test.
func FreePort(tb testing.TB) string {
	tb.Helper()
	port, err := Port()
	if err != nil {
		tb.Fatal(err)
	}
	return port
}
