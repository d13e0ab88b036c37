// Package routing holds what an endpoint is and who hears of its events:
// Endpoint, the Table that finds one, the Directory of chats, the filters and
// the templates. It talks to nobody: no Redis, no HTTP server, no platform.
package routing

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/textproto"
	"slices"
	"time"

	"postern/internal/ipranges"
	"postern/internal/job"
	"postern/pkg/chat"
	"postern/pkg/plugin"
	"postern/pkg/secret"
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
	AllowFrom   []*ipranges.Provider // beside AllowIPs
	Verifier    verify.Verifier      // never nil; allow_ips alone is none.Verifier with AllowIPs or AllowFrom set
	Keys        verify.Keys          // for the handshakes that take them
	Source      source.Source        // never nil
	SourceName  string
	// Unauthorized: the sender demands 401 where verification fails.
	Unauthorized bool
	Asked        bool          // the sender shows its credentials only once a 401 asks for them
	Window       time.Duration // of duplicates; 0: no check
	Content      bool          // the same bytes are a duplicate too
	AllowChats   []string
	Rules        []Rule
	Locale       source.Locale
	Verbosity    source.Verbosity
	Disabled     bool
	Go           *plugin.Endpoint // where a Go plugin mounted it
}

// ErrIPNotAllowed is a caller whom allow_ips does not let in.
var ErrIPNotAllowed = errors.New("the address is not in allow_ips")

// CheckIP says whether a caller may call; without allow_ips everybody may. The
// error is ErrIPNotAllowed, or verify.ErrUnavailable where it is not known yet
// from where a provider calls: it may be this one.
func (e *Endpoint) CheckIP(ip netip.Addr) error {
	if len(e.AllowIPs) == 0 && len(e.AllowFrom) == 0 {
		return nil
	}
	ip = ip.Unmap()
	if slices.ContainsFunc(e.AllowIPs, func(p netip.Prefix) bool { return p.Contains(ip) }) {
		return nil
	}
	refusal := ErrIPNotAllowed
	for _, p := range e.AllowFrom {
		switch allowed, known := p.Allows(ip); {
		case allowed:
			return nil
		case !known:
			refusal = verify.Unavailable(fmt.Errorf("it is not known yet from where %s calls", p.Name()))
		}
	}
	return refusal
}

// Verify proves a request genuine.
func (e *Endpoint) Verify(ctx context.Context, r *webhook.Request) error {
	return e.Verifier.Verify(ctx, r)
}

// Handshake answers a verified handshake or ping; false: an ordinary request.
// An error refuses it, and is one of verify's.
func (e *Endpoint) Handshake(ctx context.Context, r *webhook.Request) (webhook.Response, bool, error) {
	if c, ok := e.Source.(source.Challenger); ok {
		if response, ok := c.Challenge(r); ok {
			return response, true, nil
		}
	}
	if h, ok := e.Source.(source.Handshaker); ok {
		return h.Handshake(ctx, r, e.Keys)
	}
	return webhook.Response{}, false, nil
}

// Greet answers a handshake that its platform cannot sign; it is asked before
// verification.
func (e *Endpoint) Greet(r *webhook.Request) (webhook.Response, bool) {
	if g, ok := e.Source.(source.Greeter); ok {
		return g.Greet(r)
	}
	return webhook.Response{}, false
}

// Entrust gives the secret that a greeting entrusted to us; of most there is
// none.
func (e *Endpoint) Entrust(r *webhook.Request) secret.Text {
	if g, ok := e.Source.(source.Entruster); ok {
		return g.Entrust(r)
	}
	return secret.Text{}
}

// Answer gives what the sender demands to hear of an accepted event; false: the
// 202.
func (e *Endpoint) Answer(r *webhook.Request) (webhook.Response, bool) {
	if a, ok := e.Source.(source.Answerer); ok {
		return a.Answer(r)
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
		Event: job.EventSummary{
			Source: e.SourceName, Type: shortened(id.Type), Action: shortened(id.Action), DeliveryID: shortened(id.DeliveryID),
		},
		Request: e.kept(r),
		Window:  e.window(id), DuplicateKeys: keys, ShardKey: shard,
	}, nil
}

// longestWord bounds, in bytes, what is kept of a word that the sender chose.
const longestWord = 200

// shortened keeps a long word's beginning, and its hash so that two long ones stay
// two.
func shortened(word string) string {
	if len(word) <= longestWord {
		return word
	}
	sum := sha256.Sum256([]byte(word))
	return chat.Cut(word, longestWord/2, chat.Bytes) + " sha256:" + hex.EncodeToString(sum[:])
}

// contentWindow is the longest that a hash of the content is remembered.
const contentWindow = time.Minute

func (e *Endpoint) window(id source.Identity) time.Duration {
	if id.Window > 0 {
		return min(id.Window, contentWindow, e.Window)
	}
	return e.Window
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
		if soundsSecret(name) {
			delete(header, name)
		}
	}
	return job.Request{
		Method: r.Method, Path: e.MaskPath(r.Path), Params: maskParams(r.Params, drop.Params),
		RawQuery: MaskQuery(r.RawQuery, drop.Query), Header: header, RemoteIP: r.RemoteIP.String(), ReceivedAt: r.ReceivedAt,
		URL: e.maskURL(r, drop.Query), Body: r.Body,
	}
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
