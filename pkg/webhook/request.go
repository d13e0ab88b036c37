// Package webhook holds the two nouns of the inbound side: Request, the exact
// bytes and headers that arrived, and Event, what happened. It verifies
// nothing and knows no sender.
package webhook

import (
	"net/http"
	"net/netip"
	"net/url"
	"time"
)

// Request is one HTTP call as it arrived, byte for byte. It is read-only: who
// is given one may keep it and must not change it. Safe for concurrent reads.
type Request struct {
	Method     string
	Path       string            // the endpoint part, as escaped on the wire: "/resource/42"
	Params     map[string]string // path parameters by name, unescaped: {"id": "42"}
	RawQuery   string            // as on the wire
	Host       string            // as the caller named it, who may name any; not stored
	Header     http.Header       // canonical names
	Body       []byte            // the exact bytes
	RemoteIP   netip.Addr        // the caller, behind trusted proxies the one they name
	ReceivedAt time.Time         // when the first byte of it was read; freshness is judged against this
	URL        string            // the public URL as the sender was told it: base_url, path and query
}

// Query gives the query parameters; what cannot be parsed is left out.
func (r *Request) Query() url.Values {
	v, _ := url.ParseQuery(r.RawQuery)
	return v
}
