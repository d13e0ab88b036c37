package api

import (
	"maps"
	"net/netip"
	"sync"
	"time"
)

// Bounds on wrong tokens.
const (
	maxBad     = 10 // from one network in one period
	badPeriod  = time.Minute
	maxTracked = 4096 // networks at a time
)

// counter counts wrong tokens by network: an IPv4 address, or the /64 that a
// single IPv6 customer has. Safe for concurrent use.
type counter struct {
	mu   sync.Mutex
	from map[netip.Prefix]tally
}

type tally struct {
	count int
	ends  time.Time
}

func newCounter() *counter { return &counter{from: map[netip.Prefix]tally{}} }

// wait says how long a network must wait; 0: it need not.
func (c *counter) wait(ip netip.Addr, now time.Time) time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := c.from[network(ip)]
	if t.count < maxBad {
		return 0
	}
	return max(0, t.ends.Sub(now))
}

// add counts one wrong token.
func (c *counter) add(ip netip.Addr, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := network(ip)
	t, known := c.from[n]
	if !known {
		c.makeRoom(now)
	}
	if !now.Before(t.ends) {
		t = tally{ends: now.Add(badPeriod)}
	}
	t.count++
	c.from[n] = t
}

// makeRoom keeps the map bounded: what has ended goes, and if that is not
// enough, any one.
func (c *counter) makeRoom(now time.Time) {
	if len(c.from) < maxTracked {
		return
	}
	maps.DeleteFunc(c.from, func(_ netip.Prefix, t tally) bool { return !now.Before(t.ends) })
	for n := range c.from {
		if len(c.from) < maxTracked {
			return
		}
		delete(c.from, n)
	}
}

func network(ip netip.Addr) netip.Prefix {
	bits := ip.BitLen()
	if ip.Is6() {
		bits = 64
	}
	p, _ := ip.Prefix(bits) // the zero Prefix is the network of who has no address
	return p
}
