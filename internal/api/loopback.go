package api

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// local reports whether a request is made by this machine's own user, by no
// proxy for another and by no web page of another: the TCP peer is loopback,
// the request names this machine as its host (a page that had its own name
// point here does not), no proxy left its mark, and no foreign page sent it.
func local(r *http.Request) bool {
	return peer(r).IsLoopback() && localHost(r.Host) && !proxied(r.Header) && !foreign(r, "http://"+r.Host)
}

// peer is the address at the other end of the connection; the zero Addr where
// it has none.
func peer(r *http.Request) netip.Addr {
	a, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return a.Addr().Unmap().WithZone("")
}

// localHost takes localhost and loopback addresses, with any port or none.
func localHost(host string) bool {
	bracketed := strings.HasPrefix(host, "[")
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = host
		if bracketed {
			if !strings.HasSuffix(host, "]") {
				return false
			}
			name = host[1 : len(host)-1]
		}
	}
	if strings.EqualFold(name, "localhost") {
		return !bracketed // brackets are for addresses
	}
	ip, err := netip.ParseAddr(name)
	return err == nil && ip.Unmap().IsLoopback()
}

// proxied reports whether a proxy left its mark, an empty one too.
func proxied(h http.Header) bool {
	for name := range h {
		n := strings.ToLower(name)
		if n == "forwarded" || n == "x-real-ip" || strings.HasPrefix(n, "x-forwarded-") {
			return true
		}
	}
	return false
}

// foreign reports whether another site's page sent the request: one that is of
// none of these origins. What the browser does not say is no page's; "null" is
// anybody's.
func foreign(r *http.Request, own ...string) bool {
	for _, origin := range r.Header.Values("Origin") {
		if !slices.ContainsFunc(own, func(o string) bool { return strings.EqualFold(o, origin) }) {
			return true
		}
	}
	for _, site := range r.Header.Values("Sec-Fetch-Site") {
		if site != "same-origin" && site != "none" {
			return true
		}
	}
	return false
}
