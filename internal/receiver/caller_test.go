package receiver_test

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"postern/internal/receiver"
)

func proxies() []netip.Prefix {
	return []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
}

func TestCaller(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		peer string
		xff  []string
		want string
	}{
		"the peer":                        {"203.0.113.9:1", nil, "203.0.113.9"},
		"a stranger's word is nothing":    {"203.0.113.9:1", []string{"192.0.2.1"}, "203.0.113.9"},
		"behind a proxy":                  {"10.0.0.1:1", []string{"192.0.2.1"}, "192.0.2.1"},
		"behind a proxy that says none":   {"10.0.0.1:1", nil, "10.0.0.1"},
		"the right-most stranger":         {"10.0.0.1:1", []string{"198.51.100.7, 192.0.2.1, 10.1.1.1"}, "192.0.2.1"},
		"several headers":                 {"10.0.0.1:1", []string{"198.51.100.7", "192.0.2.1", "10.1.1.1"}, "192.0.2.1"},
		"all are proxies":                 {"10.0.0.1:1", []string{"10.3.3.3, 10.2.2.2"}, "10.3.3.3"},
		"garbage":                         {"10.0.0.1:1", []string{"unknown"}, "10.0.0.1"},
		"garbage behind another proxy":    {"10.0.0.1:1", []string{"192.0.2.1, unknown, 10.2.2.2"}, "10.0.0.1"},
		"garbage beyond the caller":       {"10.0.0.1:1", []string{"<script>, 192.0.2.1"}, "192.0.2.1"},
		"an empty place":                  {"10.0.0.1:1", []string{"192.0.2.1,,10.2.2.2"}, "10.0.0.1"},
		"an address with a port":          {"10.0.0.1:1", []string{"192.0.2.1:555"}, "192.0.2.1"},
		"IPv6":                            {"[fd00::1]:1", []string{"2001:db8::1"}, "2001:db8::1"},
		"IPv6 in brackets":                {"[fd00::1]:1", []string{"[2001:db8::1]"}, "2001:db8::1"},
		"IPv6 with a port":                {"[fd00::1]:1", []string{"[2001:db8::1]:80"}, "2001:db8::1"},
		"IPv4 in IPv6 clothes":            {"[::ffff:10.0.0.1]:1", []string{"::ffff:192.0.2.1"}, "192.0.2.1"},
		"a zone is dropped":               {"[fe80::1%eth0]:1", nil, "fe80::1"},
		"a peer without an address":       {"@", []string{"192.0.2.1"}, "invalid IP"},
		"half a bracket is no address":    {"10.0.0.1:1", []string{"[2001:db8::1"}, "10.0.0.1"},
		"a host name is not an address":   {"10.0.0.1:1", []string{"example.org"}, "10.0.0.1"},
		"leading zeros are not an IPv4":   {"10.0.0.1:1", []string{"192.0.2.010"}, "10.0.0.1"},
		"a claimed proxy of the outside":  {"10.0.0.1:1", []string{"10.9.9.9, 192.0.2.1"}, "192.0.2.1"},
		"other headers are not looked at": {"10.0.0.1:1", nil, "10.0.0.1"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := &http.Request{RemoteAddr: tt.peer, Header: http.Header{"X-Forwarded-For": tt.xff, "X-Real-Ip": {"192.0.2.99"}}}
			if got := receiver.Caller(proxies())(r).String(); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func FuzzCaller(f *testing.F) {
	f.Add("203.0.113.9:1", "192.0.2.1")
	f.Add("10.0.0.1:1", "192.0.2.1, 10.0.0.2")
	f.Add("10.0.0.1:1", "[::1]:80,[fe80::1%25eth0],,%")
	f.Add("[::ffff:10.0.0.1]:1", "::ffff:10.1.1.1,1.2.3.4:99999")
	f.Fuzz(func(t *testing.T, peer, xff string) {
		r := &http.Request{RemoteAddr: peer, Header: http.Header{"X-Forwarded-For": {xff}}}
		got := receiver.Caller(proxies())(r)
		alone := receiver.Caller(nil)(r)
		if got == alone {
			return
		}
		if !proxies()[0].Contains(alone) && !proxies()[1].Contains(alone) {
			t.Fatalf("%q said that %q is %s, and is no proxy", peer, xff, got)
		}
		said := func(s string) netip.Addr {
			return receiver.Caller(nil)(&http.Request{RemoteAddr: strings.TrimSpace(s)})
		}
		for hop := range strings.SplitSeq(xff, ",") {
			if said(hop) == got {
				return
			}
		}
		t.Fatalf("%s is not in %q", got, xff)
	})
}
