package redistest

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// Match says whether a request is meant. It is given the whole command as it
// went over the wire (RESP) and must not keep it.
type Match func(request []byte) bool

// Command matches a command by its name, in any case: "evalsha", "xadd".
func Command(names ...string) Match {
	return func(request []byte) bool {
		_, rest, _ := bytes.Cut(request, []byte("\r\n")) // *<arguments>
		_, rest, _ = bytes.Cut(rest, []byte("\r\n"))     // $<length>
		name, _, _ := bytes.Cut(rest, []byte("\r\n"))
		for _, n := range names {
			if strings.EqualFold(n, string(name)) {
				return true
			}
		}
		return false
	}
}

// Containing matches a command that holds text anywhere: a key, a script.
func Containing(text string) Match {
	return func(request []byte) bool { return bytes.Contains(request, []byte(text)) }
}

// Proxy stands between a client and a Redis and misbehaves on demand. It is
// safe for concurrent use.
type Proxy struct {
	listener net.Listener
	upstream string
	work     sync.WaitGroup

	mu      sync.Mutex
	links   map[*link]struct{}
	refuse  bool
	delay   time.Duration
	drop    func(request []byte) bool // nil: lose nothing
	dropped int
}

// link is one client's connection and its counterpart.
type link struct {
	client, server net.Conn
	mu             sync.Mutex
	lose           bool // the next reply must not reach the client
}

// StartProxy starts a proxy in front of the Redis at addr; it ends with the
// test.
func StartProxy(tb testing.TB, addr string) *Proxy {
	tb.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatalf("listening for the proxy: %v", err)
	}
	p := &Proxy{listener: listener, upstream: addr, links: map[*link]struct{}{}}
	p.work.Go(p.accept)
	tb.Cleanup(func() {
		p.Refuse(true)
		_ = listener.Close()
		p.Cut()
		p.work.Wait()
	})
	return p
}

// Addr is the proxy's host and port.
func (p *Proxy) Addr() string { return p.listener.Addr().String() }

// URL is where redisconn.Open finds the Redis through the proxy.
func (p *Proxy) URL() string { return "redis://" + p.Addr() + "/0" }

// Cut breaks every connection there is.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for l := range p.links {
		l.cut()
	}
}

// Refuse says whether new connections are closed at once. Those that exist
// go on: Cut breaks them.
func (p *Proxy) Refuse(yes bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refuse = yes
}

// Down makes the Redis unreachable: refuse, then cut.
func (p *Proxy) Down() {
	p.Refuse(true)
	p.Cut()
}

// Up ends a Down.
func (p *Proxy) Up() { p.Refuse(false) }

// Delay holds each reply back for d; 0 ends it.
func (p *Proxy) Delay(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.delay = d
}

// DropReplies loses the replies to the next n requests that match: Redis
// carries the request out, the client's connection is closed before the
// reply. Replies to earlier requests of the same pipeline may be lost with
// it. A nil match means every request.
func (p *Proxy) DropReplies(n int, match Match) {
	left := n
	p.setDrop(func(request []byte) bool {
		if left == 0 || (match != nil && !match(request)) {
			return false
		}
		left--
		return true
	})
}

// DropRate loses the reply to each matching request with the given
// probability, drawn from a source with this seed. A nil match means every
// request, connection set-up included.
func (p *Proxy) DropRate(rate float64, seed uint64, match Match) {
	dice := rand.New(rand.NewPCG(seed, seed))
	p.setDrop(func(request []byte) bool {
		return (match == nil || match(request)) && dice.Float64() < rate
	})
}

// DropNone ends DropReplies and DropRate.
func (p *Proxy) DropNone() { p.setDrop(nil) }

// Dropped is how many replies were lost so far.
func (p *Proxy) Dropped() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.dropped
}

func (p *Proxy) setDrop(drop func([]byte) bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.drop = drop
}

// accept takes clients until the listener closes.
func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.work.Go(func() { p.serve(client) })
	}
}

// serve joins one client to the Redis until either side leaves.
func (p *Proxy) serve(client net.Conn) {
	defer func() { _ = client.Close() }()
	server, err := net.DialTimeout("tcp", p.upstream, patience)
	if err != nil {
		return
	}
	defer func() { _ = server.Close() }()
	l := &link{client: client, server: server}
	if !p.enter(l) {
		return
	}
	defer p.leave(l)
	p.work.Go(func() { p.requests(l) })
	p.replies(l)
}

func (p *Proxy) enter(l *link) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.refuse {
		return false
	}
	p.links[l] = struct{}{}
	return true
}

func (p *Proxy) leave(l *link) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.links, l)
}

// requests carries whole commands from the client to the Redis.
func (p *Proxy) requests(l *link) {
	in := bufio.NewReader(l.client)
	for {
		request, err := readCommand(in)
		if err != nil {
			break
		}
		if p.loses(request) {
			l.mu.Lock()
			l.lose = true
			l.mu.Unlock()
		}
		if _, err := l.server.Write(request); err != nil {
			break
		}
	}
	// Half-closed only: Redis carries out what it was sent, then hangs up.
	if tcp, ok := l.server.(*net.TCPConn); ok {
		_ = tcp.CloseWrite()
	}
}

// replies carries bytes from the Redis to the client, or loses them.
func (p *Proxy) replies(l *link) {
	buffer := make([]byte, 64<<10)
	for {
		n, err := l.server.Read(buffer)
		if n > 0 && l.losing() {
			_ = l.client.Close()
			_, _ = io.Copy(io.Discard, l.server) // until Redis has done all it was sent
			return
		}
		p.hold()
		if _, werr := l.client.Write(buffer[:n]); werr != nil || err != nil {
			return
		}
	}
}

// loses decides whether the reply to a request is to be lost.
func (p *Proxy) loses(request []byte) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.drop == nil || !p.drop(request) {
		return false
	}
	p.dropped++
	return true
}

// hold waits for as long as replies are delayed.
func (p *Proxy) hold() {
	p.mu.Lock()
	d := p.delay
	p.mu.Unlock()
	if d > 0 {
		<-time.After(d)
	}
}

func (l *link) losing() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lose
}

// cut closes both sides.
func (l *link) cut() {
	_ = l.client.Close()
	_ = l.server.Close()
}

// errNotCommand: the client spoke something else than RESP arrays.
var errNotCommand = errors.New("not a redis command")

// readCommand reads one command as go-redis writes it, an array of bulk
// strings, and gives its bytes.
func readCommand(in *bufio.Reader) ([]byte, error) {
	var raw []byte
	count, err := readLength(in, '*', &raw)
	if err != nil {
		return nil, err
	}
	for range count {
		size, err := readLength(in, '$', &raw)
		if err != nil {
			return nil, err
		}
		start := len(raw)
		raw = append(raw, make([]byte, size+len("\r\n"))...)
		if _, err := io.ReadFull(in, raw[start:]); err != nil {
			return nil, fmt.Errorf("reading an argument: %w", err)
		}
	}
	return raw, nil
}

// readLength reads a line such as *3 or $12 and appends it to raw.
func readLength(in *bufio.Reader, kind byte, raw *[]byte) (int, error) {
	line, err := in.ReadSlice('\n')
	if err != nil {
		return 0, fmt.Errorf("reading a length: %w", err)
	}
	*raw = append(*raw, line...)
	if line[0] != kind {
		return 0, errNotCommand
	}
	n, err := strconv.Atoi(strings.TrimRight(string(line[1:]), "\r\n"))
	if err != nil || n < 0 {
		return 0, errNotCommand
	}
	return n, nil
}
