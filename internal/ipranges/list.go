package ipranges

import (
	"errors"
	"fmt"
	"math"
	"net/netip"

	"postern/pkg/source"
)

// What a list may hold at most. A provider's real list is far below, and one
// above would let in whoever asks.
const (
	mostRanges  = 10_000
	widestIPv4  = 8
	widestIPv6  = 19
	largestIPv4 = 1.0 / (1 << 6) // all ranges together, of all addresses
	largestIPv6 = 1.0 / (1 << 14)
)

var errEmpty = errors.New("the list holds no address")

// list is a set of prefixes, asked in one step for each length of them. It
// does not change once it is made.
type list struct {
	in         map[netip.Prefix]bool
	ipv4, ipv6 []int // the lengths there are
}

func newList(ranges []netip.Prefix) *list {
	l := &list{in: make(map[netip.Prefix]bool, len(ranges))}
	seen := map[[2]int]bool{}
	for _, p := range ranges {
		l.in[p] = true
		kind := [2]int{p.Addr().BitLen(), p.Bits()}
		switch {
		case seen[kind]:
		case p.Addr().Is4():
			l.ipv4 = append(l.ipv4, p.Bits())
		default:
			l.ipv6 = append(l.ipv6, p.Bits())
		}
		seen[kind] = true
	}
	return l
}

// has reports whether one of the ranges holds an address.
func (l *list) has(ip netip.Addr) bool {
	lengths := l.ipv6
	if ip.Is4() {
		lengths = l.ipv4
	}
	for _, bits := range lengths {
		if p, err := ip.Prefix(bits); err == nil && l.in[p] {
			return true
		}
	}
	return false
}

// parse reads a list, and refuses one that is absurd: empty, endless, not of
// public addresses, or so wide that it would keep nobody out.
func parse(texts []string) (*list, error) {
	switch {
	case len(texts) == 0:
		return nil, errEmpty
	case len(texts) > mostRanges:
		return nil, fmt.Errorf("the list holds %d ranges, more than %d", len(texts), mostRanges)
	}
	ranges := make([]netip.Prefix, 0, len(texts))
	for _, text := range texts {
		p, err := parseRange(text)
		if err != nil {
			return nil, err
		}
		ranges = append(ranges, p)
	}
	l := newList(ranges)
	if share4, share6 := l.shares(); share4 > largestIPv4 || share6 > largestIPv6 {
		return nil, fmt.Errorf("the list's %d ranges hold too many addresses", len(l.in))
	}
	return l, nil
}

func parseRange(text string) (netip.Prefix, error) {
	p, err := source.ParsePrefix(text)
	if err != nil {
		return p, fmt.Errorf("the list holds %.60q: %w", text, err)
	}
	widest := widestIPv6
	if p.Addr().Is4() {
		widest = widestIPv4
	}
	switch {
	case p.Bits() < widest:
		return p, fmt.Errorf("the list holds %s, wider than /%d", p, widest)
	case !p.Addr().IsGlobalUnicast() || p.Addr().IsPrivate():
		return p, fmt.Errorf("the list holds %s, from where no provider calls", p)
	}
	return p, nil
}

// shares are the parts of all IPv4 and IPv6 addresses that the ranges hold.
func (l *list) shares() (ipv4, ipv6 float64) {
	for p := range l.in {
		if p.Addr().Is4() {
			ipv4 += math.Ldexp(1, -p.Bits())
		} else {
			ipv6 += math.Ldexp(1, -p.Bits())
		}
	}
	return ipv4, ipv6
}
