// Package fetch gets what verifying needs from elsewhere: public keys,
// certificates, lists of addresses; and calls where a handshake wants a call in
// return. https only, never a private address, never after a redirect, bounded in
// time and size, remembered, one call at a time per address. It decides nothing
// about what it got: who asks has pinned the host and checks the bytes.
package fetch

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"sync"
	"syscall"
	"time"
)

// Bounds of one call for a key, which a sender waits for.
const (
	Timeout  = 2 * time.Second
	MaxBytes = 256 << 10
)

// Bounds of one call for a list: nobody waits for it, and GitHub's names the
// addresses of all its services.
const (
	ListTimeout  = 15 * time.Second
	MaxListBytes = 4 << 20
)

const (
	remembered = time.Hour
	refused    = 10 * time.Second // a failure is remembered too, so that a storm asks once
	maxKept    = 256
)

var (
	errAddress = errors.New("not a public https address")
	errAnswer  = errors.New("no usable answer")
)

// Fetcher gets documents. It is safe for concurrent use.
type Fetcher struct {
	client     *http.Client
	maxBytes   int64
	remembered time.Duration

	mu   sync.Mutex
	kept map[string]*document
}

// document is what one address gave; its lock makes callers wait for the one
// that asks.
type document struct {
	mu    sync.Mutex
	body  []byte
	err   error
	until time.Time
}

// New makes a Fetcher of keys. Addresses are checked when they are dialed,
// after names were resolved.
func New() *Fetcher { return NewWith(transport(Timeout)) }

// NewWith makes a Fetcher of keys on a transport of one's own, for tests.
func NewWith(t http.RoundTripper) *Fetcher { return newFetcher(t, Timeout, MaxBytes, remembered) }

// NewLists makes a Fetcher of lists, which are not remembered: who asks for one
// wants it fresh. It dials as New's does.
func NewLists() *Fetcher { return NewListsWith(transport(ListTimeout)) }

// NewListsWith makes a Fetcher of lists on a transport of one's own, for tests.
func NewListsWith(t http.RoundTripper) *Fetcher {
	return newFetcher(t, ListTimeout, MaxListBytes, 0)
}

func newFetcher(t http.RoundTripper, timeout time.Duration, maxBytes int64, remembered time.Duration) *Fetcher {
	return &Fetcher{
		client: &http.Client{
			Transport: t, Timeout: timeout,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		maxBytes: maxBytes, remembered: remembered, kept: map[string]*document{},
	}
}

func transport(timeout time.Duration) *http.Transport {
	dialer := &net.Dialer{Timeout: timeout, Control: Guard(nil)}
	return &http.Transport{
		DialContext: dialer.DialContext, TLSHandshakeTimeout: timeout, ForceAttemptHTTP2: true,
		TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12}, MaxIdleConns: 4, IdleConnTimeout: time.Minute,
	}
}

// Guard makes the check of a net.Dialer that refuses what is not on the public
// internet, but for the networks that are allowed.
func Guard(allowed []netip.Prefix) func(network, address string, conn syscall.RawConn) error {
	return func(_, address string, _ syscall.RawConn) error {
		at, err := netip.ParseAddrPort(address)
		if err != nil {
			return fmt.Errorf("%w: %w", errAddress, err)
		}
		ip := at.Addr().Unmap()
		if slices.ContainsFunc(allowed, func(p netip.Prefix) bool { return p.Contains(ip) }) {
			return nil
		}
		if !ip.IsGlobalUnicast() || ip.IsPrivate() || ip.IsLoopback() || special(ip) {
			return errAddress
		}
		return nil
	}
}

// special tells the networks that net/netip counts as global and that lead to
// somebody's inside: RFC 6598's carrier-grade addresses, RFC 6890's protocol
// assignments, RFC 2544's benchmarks, IPv4 behind NAT64, 6to4, Teredo or written
// as IPv6, RFC 3879's site-local addresses, and Azure's host of a machine, which
// hands out its settings: https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16.
func special(ip netip.Addr) bool {
	for _, p := range []string{
		"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "198.18.0.0/15", "240.0.0.0/4", "168.63.129.16/32",
		"64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "::/96", "fec0::/10",
	} {
		if netip.MustParsePrefix(p).Contains(ip) {
			return true
		}
	}
	return false
}

// Get gives what an https address holds. The caller must not change it.
func (f *Fetcher) Get(ctx context.Context, address string) ([]byte, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil {
		return nil, errAddress
	}
	d := f.document(address)
	d.mu.Lock()
	defer d.mu.Unlock()
	if now := time.Now(); now.After(d.until) {
		d.body, d.err = f.call(ctx, address)
		d.until = now.Add(f.remembered)
		if d.err != nil {
			d.until = now.Add(refused)
		}
		if ctx.Err() != nil {
			d.until = now // the caller's own end says nothing of the address
		}
	}
	return d.body, d.err
}

func (f *Fetcher) document(address string) *document {
	f.mu.Lock()
	defer f.mu.Unlock()
	d, ok := f.kept[address]
	if !ok {
		if len(f.kept) >= maxKept {
			clear(f.kept)
		}
		d = &document{}
		f.kept[address] = d
	}
	return d
}

func (f *Fetcher) call(ctx context.Context, address string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return nil, errAddress
	}
	answer, err := f.client.Do(request)
	if err != nil {
		return nil, fmt.Errorf("fetch: %w", unnamed(err))
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("fetch: %w: %s", errAnswer, answer.Status)
	}
	body, err := io.ReadAll(io.LimitReader(answer.Body, f.maxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("fetch: %w", err)
	}
	if int64(len(body)) > f.maxBytes {
		return nil, fmt.Errorf("fetch: %w: longer than %d bytes", errAnswer, f.maxBytes)
	}
	return body, nil
}

// unnamed is an error of the client less the address, which may hold a token
// that is good for something.
func unnamed(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}
