// Package ipranges knows from which addresses a provider calls: what is
// configured or documented, until the list that it publishes is had. It
// refreshes that list while a receiver runs, and keeps the last good copy for
// all of them. It never judges a request, and it never takes a list that would
// let everybody in.
package ipranges

import (
	"fmt"
	"net/netip"
	"slices"
	"sync/atomic"
	"time"

	"postern/pkg/source"
)

// Provider is who calls, by the name that allow_ips writes. It is safe for
// concurrent use, and asking it takes no lock.
type Provider struct {
	name    string
	source  source.Ranges
	written *list // configured, else documented; nil: nothing is
	now     atomic.Pointer[published]
}

// published is a published list as it was when it was read.
type published struct {
	*list
	texts []string
	at    time.Time
}

// New makes a Provider of what a source says and what an operator wrote; own
// wins over what is documented. The error is a source whose documented ranges
// are none.
func New(name string, s source.Ranges, own []netip.Prefix) (*Provider, error) {
	p := &Provider{name: name, source: s}
	switch {
	case len(own) > 0: // the operator's word, however wide
		p.written = newList(own)
	case len(s.Known) > 0:
		known, err := parse(s.Known)
		if err != nil {
			return nil, fmt.Errorf("the known ranges of %s: %w", name, err)
		}
		p.written = known
	}
	return p, nil
}

// Name is what allow_ips writes.
func (p *Provider) Name() string { return p.name }

// Publishes reports whether there is a list to fetch.
func (p *Provider) Publishes() bool { return len(p.source.URLs) > 0 && p.source.Read != nil }

// Known reports whether anything is known of where it calls from.
func (p *Provider) Known() bool { return p.inForce() != nil }

// Allows reports whether it calls from an address; known is false where nothing
// is known of it yet, and then nobody may call.
func (p *Provider) Allows(ip netip.Addr) (allowed, known bool) {
	l := p.inForce()
	return l != nil && l.has(ip.Unmap()), l != nil
}

// inForce is the published list, else what is written; nil: nothing is known.
func (p *Provider) inForce() *list {
	if now := p.now.Load(); now != nil {
		return now.list
	}
	return p.written
}

// take puts a published list in force, and reports whether that is news. A copy
// older than the one it has is left.
func (p *Provider) take(texts []string, at time.Time) (news bool, err error) {
	l, err := parse(texts)
	if err != nil {
		return false, err
	}
	next := &published{list: l, texts: slices.Sorted(slices.Values(texts)), at: at}
	for {
		now := p.now.Load()
		if now != nil && now.at.After(at) {
			return false, nil
		}
		if p.now.CompareAndSwap(now, next) {
			return now == nil || !slices.Equal(now.texts, next.texts), nil
		}
	}
}

// readAt is when its list was read; the zero time is never.
func (p *Provider) readAt() time.Time {
	if now := p.now.Load(); now != nil {
		return now.at
	}
	return time.Time{}
}
