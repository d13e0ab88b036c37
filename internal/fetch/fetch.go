// Package fetch gets the public keys and certificates that verifying needs, and
// calls where a handshake wants a call in return: https only, never a private
// address, never after a redirect, bounded in time and size, remembered, one
// call at a time per address. It decides nothing about what it got: who asks
// has pinned the host and checks the bytes.
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
	"sync"
	"syscall"
	"time"
)

// Bounds of one call, and of what is remembered.
const (
	Timeout    = 2 * time.Second
	MaxBytes   = 256 << 10
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
	client *http.Client

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

// New makes a Fetcher. Addresses are checked when they are dialed, after names
// were resolved.
func New() *Fetcher {
	dialer := &net.Dialer{Timeout: Timeout, Control: public}
	return NewWith(&http.Transport{
		DialContext: dialer.DialContext, TLSHandshakeTimeout: Timeout, ForceAttemptHTTP2: true,
		TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12}, MaxIdleConns: 4, IdleConnTimeout: time.Minute,
	})
}

// NewWith makes a Fetcher on a transport of one's own, for tests.
func NewWith(transport http.RoundTripper) *Fetcher {
	return &Fetcher{
		client: &http.Client{
			Transport: transport, Timeout: Timeout,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		kept: map[string]*document{},
	}
}

// public refuses to dial what is not on the public internet.
func public(_, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("%w: %w", errAddress, err)
	}
	ip := at.Addr().Unmap()
	if !ip.IsGlobalUnicast() || ip.IsPrivate() || ip.IsLoopback() || sharedSpace(ip) {
		return errAddress
	}
	return nil
}

// sharedSpace tells RFC 6598's carrier-grade addresses, which net/netip counts
// as global.
func sharedSpace(ip netip.Addr) bool {
	return ip.Is4() && netip.PrefixFrom(netip.AddrFrom4([4]byte{100, 64, 0, 0}), 10).Contains(ip)
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
		d.until = now.Add(remembered)
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
	body, err := io.ReadAll(io.LimitReader(answer.Body, MaxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("fetch: %w", err)
	}
	if len(body) > MaxBytes {
		return nil, fmt.Errorf("fetch: %w: longer than %d bytes", errAnswer, MaxBytes)
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
