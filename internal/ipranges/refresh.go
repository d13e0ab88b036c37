package ipranges

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"
)

// How often a list is looked for. Providers announce new addresses days before
// they call from them.
const (
	refreshEvery = 6 * time.Hour
	retryAfter   = 10 * time.Minute // where an older list is in force
	retrySoon    = 30 * time.Second // where nothing is known, and callers are turned away
	fetchTimeout = 30 * time.Second
	keepTimeout  = 5 * time.Second
	loadTimeout  = 2 * time.Second // of all copies, before the first request
	clockSkew    = time.Minute     // between receivers
)

// Kept is where the last good copies lie, for all receivers. Safe for
// concurrent use.
type Kept interface {
	// IPRanges gives a provider's copy and when it was read; nothing where
	// none is kept.
	IPRanges(ctx context.Context, provider string) (ranges []string, at time.Time, err error)
	// KeepIPRanges puts one in place of the last.
	KeepIPRanges(ctx context.Context, provider string, ranges []string, at time.Time) error
}

// Refresher keeps the lists of providers fresh. All of its fields must be set.
type Refresher struct {
	Providers []*Provider // those without a published list are left alone
	// Fetch gets the answer of a provider's address: bounded in time and size,
	// https, no redirect.
	Fetch func(ctx context.Context, url string) ([]byte, error)
	Kept  Kept
	Log   *slog.Logger
}

// Load puts the kept copies in force, within 2 seconds. Where they cannot be
// had, Run goes on trying.
func (r *Refresher) Load(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, loadTimeout)
	defer cancel()
	for _, p := range r.published() {
		if err := r.adopt(ctx, p); err != nil {
			r.Log.WarnContext(ctx, "kept ip ranges not read", "provider", p.name, "error", err)
		}
	}
}

// Run refreshes until ctx ends. A failure is told once, and so is its end; the
// last good list stays in force meanwhile.
func (r *Refresher) Run(ctx context.Context) {
	var all sync.WaitGroup
	for _, p := range r.published() {
		all.Go(func() { r.follow(ctx, p) })
	}
	all.Wait()
}

func (r *Refresher) published() []*Provider {
	var list []*Provider
	for _, p := range r.Providers {
		if p.Publishes() {
			list = append(list, p)
		}
	}
	return list
}

func (r *Refresher) follow(ctx context.Context, p *Provider) {
	failing := false
	for ctx.Err() == nil {
		wait := r.round(ctx, p, &failing)
		select {
		case <-ctx.Done():
		case <-time.After(wait + rand.N(wait/8)): //nolint:gosec // so that receivers do not all ask at once
		}
	}
}

// round refreshes one provider's list if that is due, and says how long to wait
// for the next one.
func (r *Refresher) round(ctx context.Context, p *Provider, failing *bool) time.Duration {
	_ = r.adopt(ctx, p) // another receiver may have been first; without its copy this one asks itself
	if left := refreshEvery - time.Since(p.readAt()); left > 0 {
		r.recovered(ctx, p, failing)
		return min(left, refreshEvery) // of a clock a little ahead
	}
	err := r.Refresh(ctx, p)
	switch {
	case ctx.Err() != nil:
		return refreshEvery
	case err == nil:
		r.recovered(ctx, p, failing)
		return refreshEvery
	case !*failing:
		*failing = true
		r.Log.WarnContext(ctx, "ip ranges not refreshed", "provider", p.name, "known", p.Known(), "error", err)
	}
	if p.Known() {
		return retryAfter
	}
	return retrySoon
}

func (r *Refresher) recovered(ctx context.Context, p *Provider, failing *bool) {
	if *failing {
		*failing = false
		r.Log.InfoContext(ctx, "ip ranges refreshed again", "provider", p.name)
	}
}

// adopt takes the kept copy where it is newer.
func (r *Refresher) adopt(ctx context.Context, p *Provider) error {
	ctx, cancel := context.WithTimeout(ctx, keepTimeout)
	defer cancel()
	texts, at, err := r.Kept.IPRanges(ctx, p.name)
	if err != nil || at.IsZero() {
		return err
	}
	if now := time.Now(); at.After(now.Add(clockSkew)) { // else it would count as fresh for as long
		at = now.Add(-refreshEvery)
	}
	_, err = p.take(texts, at)
	return err
}

// Refresh fetches, judges, takes and keeps a list. An answer that cannot be
// read, or is absurd, changes nothing.
func (r *Refresher) Refresh(ctx context.Context, p *Provider) error {
	texts, err := r.fetch(ctx, p)
	if err != nil {
		return err
	}
	at := time.Now()
	news, err := p.take(texts, at)
	if err != nil {
		return err
	}
	if news {
		r.Log.InfoContext(ctx, "ip ranges changed", "provider", p.name, "ranges", len(texts))
	}
	ctx, cancel := context.WithTimeout(ctx, keepTimeout)
	defer cancel()
	if err := r.Kept.KeepIPRanges(ctx, p.name, texts, at); err != nil {
		r.Log.WarnContext(ctx, "ip ranges not kept", "provider", p.name, "error", err)
	}
	return nil
}

// fetch gets the whole list; a part of it is none.
func (r *Refresher) fetch(ctx context.Context, p *Provider) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	var all []string
	for _, url := range p.source.URLs {
		answer, err := r.Fetch(ctx, url)
		if err != nil {
			return nil, err
		}
		texts, err := read(p, answer)
		switch {
		case err != nil:
			return nil, fmt.Errorf("read the answer of %s: %w", url, err)
		case len(texts) == 0:
			return nil, fmt.Errorf("read the answer of %s: %w", url, errEmpty)
		}
		all = append(all, texts...)
	}
	return all, nil
}

// read calls the source's code: a panic in it is an error.
func read(p *Provider, answer []byte) (texts []string, err error) {
	defer func() {
		if broke := recover(); broke != nil {
			texts, err = nil, fmt.Errorf("panic: %v", broke)
		}
	}()
	return p.source.Read(answer)
}
