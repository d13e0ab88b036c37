package source

import (
	"encoding/json"
	"errors"
	"net/netip"
	"strings"
)

// Ranges says from which addresses a service calls, so that allow_ips may name
// it. Whoever uses them judges them: Read need not refuse what is absurd.
type Ranges struct {
	// Provider is the name in allow_ips; empty: the source's own. Sources of
	// one provider name it once, in one of their folders.
	Provider string
	// URLs are where the provider publishes its list, whole in all of them
	// together. Each is https and answers without a redirect. None: it
	// publishes no list, and Known is all there is.
	URLs []string
	// Read takes addresses and CIDRs out of the answer of one URL. An error, or
	// none of them, refuses the answer. Not nil where there are URLs.
	Read func(answer []byte) ([]string, error)
	// Known are the provider's documented addresses and CIDRs; they hold until
	// a published list is had. Empty where they change too often to be
	// written down.
	Known []string
}

// errNoList is a published list that is not of the documented shape.
var errNoList = errors.New("the answer holds no list of addresses where one is documented")

// ListIn makes a Ranges.Read for a JSON object that holds its list of addresses
// under a key.
func ListIn(key string) func([]byte) ([]string, error) {
	return func(answer []byte) ([]string, error) {
		var all map[string]json.RawMessage
		if err := json.Unmarshal(answer, &all); err != nil {
			return nil, err
		}
		var list []string
		if err := json.Unmarshal(all[key], &list); err != nil {
			return nil, errNoList
		}
		return list, nil
	}
}

var errNoAddress = errors.New("neither an address nor a CIDR")

// ParsePrefix takes a CIDR, or an address as the prefix that holds it alone.
// IPv4 in IPv6 clothes is IPv4, for so callers come; a zone is an error.
func ParsePrefix(text string) (netip.Prefix, error) {
	if !strings.Contains(text, "/") {
		a, err := netip.ParseAddr(text)
		if err != nil || a.Zone() != "" {
			return netip.Prefix{}, errNoAddress
		}
		a = a.Unmap()
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	p, err := netip.ParsePrefix(text)
	if err != nil {
		return netip.Prefix{}, errNoAddress
	}
	if p.Addr().Is4In6() && p.Bits() >= 96 {
		p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
	}
	return p.Masked(), nil
}
