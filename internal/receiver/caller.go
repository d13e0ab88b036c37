package receiver

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// Caller tells who sends a request: the TCP peer or, where that is a trusted
// proxy, the right-most address of X-Forwarded-For that is none. What cannot
// be read there is believed by nobody: then it is the peer. The zero Addr is
// a peer without an address.
func Caller(trusted []netip.Prefix) func(*http.Request) netip.Addr {
	isProxy := func(ip netip.Addr) bool {
		return slices.ContainsFunc(trusted, func(p netip.Prefix) bool { return p.Contains(ip) })
	}
	return func(r *http.Request) netip.Addr {
		peer := parseAddr(r.RemoteAddr)
		if !isProxy(peer) {
			return peer
		}
		caller := peer
		hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
		for _, hop := range slices.Backward(hops) {
			ip := parseAddr(strings.TrimSpace(hop))
			if !ip.IsValid() {
				return peer
			}
			caller = ip
			if !isProxy(ip) {
				break
			}
		}
		return caller
	}
}

// parseAddr reads an address, with a port or without; the zero Addr is
// anything else. An IPv4 address in IPv6 clothes is the IPv4 address, and a
// zone is dropped: prefixes match neither.
func parseAddr(s string) netip.Addr {
	ip, err := netip.ParseAddr(s)
	if err == nil {
		return ip.Unmap().WithZone("")
	}
	for _, withPort := range []string{s, s + ":0"} { // the second: brackets without a port
		if a, err := netip.ParseAddrPort(withPort); err == nil {
			return a.Addr().Unmap().WithZone("")
		}
	}
	return netip.Addr{}
}
