package config

import (
	"net/netip"
	"regexp"

	"postern/pkg/source"
)

// AllowIP is an entry of allow_ips: a CIDR, an address as the prefix that
// holds it alone, or the name of a provider, whose ranges others know.
type AllowIP struct {
	Prefix   netip.Prefix
	Provider string // empty: Prefix holds
}

// String gives the entry as it is written.
func (a AllowIP) String() string {
	if a.Provider != "" {
		return a.Provider
	}
	return a.Prefix.String()
}

var providerName = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

// parseAllowIP cannot mistake one for the other: every address has a dot or a
// colon.
func parseAllowIP(text string) (AllowIP, error) {
	if providerName.MatchString(text) {
		return AllowIP{Provider: text}, nil
	}
	p, err := source.ParsePrefix(text)
	return AllowIP{Prefix: p}, err
}

// checkIPRanges looks at the operator's own ranges: a name that nobody could
// write in allow_ips, or that stands for nothing, is a mistake.
func (b *builder) checkIPRanges(n Node) {
	for _, child := range n.children() {
		if !providerName.MatchString(child.name) {
			b.fault(child.key, "a provider's name is like [a-z][a-z0-9_]*")
		}
		b.need(!child.is(listKind) || len(child.items()) > 0, child.Node, "names no range")
	}
}
