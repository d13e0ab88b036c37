package routing

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"

	"postern/internal/config"
	"postern/internal/ipranges"
)

// allowIPs takes the allow-list of an endpoint apart: prefixes, and providers
// whose ranges may change while the program runs.
func (b *builder) allowIPs(c *config.Endpoint) (prefixes []netip.Prefix, from []*ipranges.Provider) {
	for i, entry := range c.AllowIPs {
		switch at := c.At.Field("allow_ips").Item(i); {
		case entry.Provider != "":
			if p := b.provider(at, entry.Provider); p != nil {
				from = append(from, p)
			}
		case entry.Prefix.IsValid(): // else its fault is told
			prefixes = append(prefixes, entry.Prefix)
		}
	}
	return prefixes, from
}

// provider gives who is named, one for all endpoints; nil where a fault is told.
func (b *builder) provider(at config.Node, name string) *ipranges.Provider {
	if p, made := b.providers[name]; made {
		return p
	}
	own := b.cfg.IPRanges[name]
	published, builtIn := b.ranges[name]
	if !builtIn && len(own) == 0 {
		if b.cfg.Complete("ip_ranges") && b.cfg.At("ip_ranges").Field(name).IsZero() { // else its fault is told
			b.fault(at.Wrap(at.Shown(unknown("provider", name, b.allProviders()), "no such provider")))
		}
		return nil
	}
	if !b.cfg.IPRangesRefresh { // what is written is what holds
		published.URLs = nil
	}
	p, err := ipranges.New(name, published, own)
	switch {
	case err != nil:
		b.fault(at.Wrap(err))
	case !p.Known() && !p.Publishes():
		b.fault(at.Errorf("nothing is known of where %s calls from and ip_ranges_refresh is false: write ip_ranges.%s", name, name))
	}
	b.providers[name] = p
	return p
}

// allProviders are the names that allow_ips may write.
func (b *builder) allProviders() map[string]bool {
	all := map[string]bool{}
	for name := range b.ranges {
		all[name] = true
	}
	for name := range b.cfg.IPRanges {
		all[name] = true
	}
	return all
}

// checkIPRanges warns of ranges that let nobody in: their name is of no built-in
// provider, and no endpoint writes it.
func (b *builder) checkIPRanges() {
	for _, name := range slices.Sorted(maps.Keys(b.cfg.IPRanges)) {
		_, builtIn := b.ranges[name]
		if _, named := b.providers[name]; !named && !builtIn {
			b.warn(b.cfg.At("ip_ranges").Field(name), fmt.Sprintf("no allow_ips names %s, these ranges have no use", name))
		}
	}
}

// named gives the providers of enabled endpoints.
func (b *builder) named() []*ipranges.Provider {
	used := map[string]*ipranges.Provider{}
	for _, m := range b.mounted {
		if m.endpoint.Disabled {
			continue
		}
		for _, p := range m.endpoint.AllowFrom {
			used[p.Name()] = p
		}
	}
	list := make([]*ipranges.Provider, 0, len(used))
	for _, name := range slices.Sorted(maps.Keys(used)) {
		list = append(list, used[name])
	}
	return list
}
