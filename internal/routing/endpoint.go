// Package routing holds what an endpoint is and who hears of its events:
// Endpoint, the Table that finds one, the Directory of chats, the filters and
// the templates. It talks to nobody: no Redis, no HTTP server, no platform.
package routing

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/netip"
	"net/textproto"
	"net/url"
	"slices"
	"strings"
	"time"

	"postern/internal/job"
	"postern/pkg/plugin"
	"postern/pkg/source"
	"postern/pkg/verify"
	"postern/pkg/webhook"
)

// Endpoint is one URL: plugin key and path, verification, and what to do.
type Endpoint struct {
	Plugin      string // "acme.repos"
	Path        string // "/resource/{id}"
	Name        string
	Description string
	Methods     []string // upper case; none: all
	MaxBody     int64    // bytes, never 0
	AllowIPs    []netip.Prefix
	Verifier    verify.Verifier // never nil; allow_ips alone is none.Verifier with AllowIPs set
	Source      source.Source   // never nil
	SourceName  string
	Window      time.Duration // of duplicates; 0: no check
	Content     bool          // the same bytes are a duplicate too
	AllowChats  []string
	Rules       []Rule
	Locale      source.Locale
	Verbosity   source.Verbosity
	Disabled    bool
	Go          *plugin.Endpoint // where a Go plugin mounted it
}

// IPAllowed reports whether a caller may call; without allow_ips everybody may.
func (e *Endpoint) IPAllowed(ip netip.Addr) bool {
	if len(e.AllowIPs) == 0 {
		return true
	}
	ip = ip.Unmap()
	return slices.ContainsFunc(e.AllowIPs, func(p netip.Prefix) bool { return p.Contains(ip) })
}

// Verify proves a request genuine.
func (e *Endpoint) Verify(ctx context.Context, r *webhook.Request) error {
	return e.Verifier.Verify(ctx, r)
}

// Challenge answers a verified handshake or ping.
func (e *Endpoint) Challenge(r *webhook.Request) (webhook.Response, bool) {
	if c, ok := e.Source.(source.Challenger); ok {
		return c.Challenge(r)
	}
	return webhook.Response{}, false
}

// Intake makes what is stored of a verified request: its identity, and the
// request without its credentials. A body that is not what it is declared to
// be is webhook.ErrPayload.
func (e *Endpoint) Intake(r *webhook.Request) (job.Intake, error) {
	id, err := e.Source.Identify(r)
	if err != nil {
		return job.Intake{}, err
	}
	keys, shard := e.duplicateKeys(r, id.DeliveryID)
	return job.Intake{
		Plugin: e.Plugin, Endpoint: e.Path, Name: e.Name,
		Event:   job.EventSummary{Source: e.SourceName, Type: id.Type, Action: id.Action, DeliveryID: id.DeliveryID},
		Request: e.kept(r),
		Window:  e.Window, DuplicateKeys: keys, ShardKey: shard,
	}, nil
}

// duplicateKeys gives what makes a request a duplicate, and what decides its
// shard: the record and every key it is looked for under lie in one shard.
func (e *Endpoint) duplicateKeys(r *webhook.Request, deliveryID string) (keys []string, shard string) {
	if e.Window <= 0 {
		return nil, ""
	}
	scope := e.Plugin + "\n" + e.Path + "\n"
	if deliveryID != "" {
		keys = append(keys, scope+"id\n"+deliveryID)
	}
	switch {
	case e.Content:
		sum := sha256.Sum256(r.Body)
		return append(keys, scope+"body\n"+hex.EncodeToString(sum[:])), scope
	case deliveryID != "":
		return keys, scope + deliveryID
	default:
		return nil, ""
	}
}

// always are the headers that are never stored, whatever verifies.
func always() []string { return []string{"Authorization", "Proxy-Authorization", "Cookie"} }

// kept is the request less its credentials.
func (e *Endpoint) kept(r *webhook.Request) job.Request {
	drop := e.Verifier.Credentials()
	header := r.Header.Clone()
	for _, h := range slices.Concat(drop.Headers, always()) {
		delete(header, textproto.CanonicalMIMEHeaderKey(h))
	}
	for name := range header {
		if secretHeader(name) {
			delete(header, name)
		}
	}
	return job.Request{
		Method: r.Method, Path: r.Path, Params: r.Params, RawQuery: MaskQuery(r.RawQuery, drop.Query),
		Header: header, RemoteIP: r.RemoteIP.String(), ReceivedAt: r.ReceivedAt,
		URL: maskURL(r.URL, drop.Query), Body: r.Body,
	}
}

// secretHeader tells signature and token headers that no scheme of this
// endpoint named: a sender may send more than is verified.
func secretHeader(name string) bool {
	n := strings.ToLower(name)
	for _, word := range []string{"signature", "token", "secret", "hmac", "api-key", "apikey", "password"} {
		if strings.Contains(n, word) {
			return true
		}
	}
	return false
}

// MaskQuery replaces the values of the named parameters, as written on the
// wire, and keeps everything else to the byte.
func MaskQuery(raw string, names []string) string {
	if raw == "" || len(names) == 0 {
		return raw
	}
	pairs := strings.Split(raw, "&")
	for i, pair := range pairs {
		key, _, _ := strings.Cut(pair, "=")
		if k, err := url.QueryUnescape(key); err != nil || slices.Contains(names, k) {
			pairs[i] = key + "=***"
		}
	}
	return strings.Join(pairs, "&")
}

func maskURL(raw string, names []string) string {
	before, query, ok := strings.Cut(raw, "?")
	if !ok {
		return raw
	}
	return before + "?" + MaskQuery(query, names)
}

// Request gives back what was kept, as sources and plugins read it.
func Request(kept job.Request) *webhook.Request {
	ip, _ := netip.ParseAddr(kept.RemoteIP)
	header := kept.Header
	if header == nil {
		header = http.Header{}
	}
	return &webhook.Request{
		Method: kept.Method, Path: kept.Path, Params: kept.Params, RawQuery: kept.RawQuery, Header: header,
		Body: kept.Body, RemoteIP: ip, ReceivedAt: kept.ReceivedAt, URL: kept.URL,
	}
}
