package verifytest

import (
	"bytes"
	"maps"
	"net/http"
	"net/netip"
	"net/textproto"
	"net/url"
	"strings"
	"time"

	"postern/pkg/verify"
	"postern/pkg/webhook"
)

func sample() *webhook.Request {
	return &webhook.Request{
		Method:     http.MethodPost,
		Path:       "/hook",
		Header:     http.Header{"Content-Type": {"application/json"}},
		Body:       []byte(`{"hello":"wörld"}`),
		RemoteIP:   netip.MustParseAddr("192.0.2.1"),
		ReceivedAt: time.Unix(1_700_000_000, 0).UTC(),
		URL:        "https://hooks.example.com/api/plugin/acme.test/webhook/hook",
	}
}

func clone(r *webhook.Request) *webhook.Request {
	c := *r
	c.Params = maps.Clone(r.Params)
	c.Body = bytes.Clone(r.Body)
	c.Header = r.Header.Clone()
	if c.Header == nil {
		c.Header = http.Header{}
	}
	return &c
}

// without gives the request as it is stored: less its credentials.
func without(r *webhook.Request, c verify.Credentials) *webhook.Request {
	kept := clone(r)
	for _, name := range c.Headers {
		delete(kept.Header, textproto.CanonicalMIMEHeaderKey(name))
	}
	query := kept.Query()
	for _, name := range c.Query {
		query.Del(name)
	}
	if len(c.Query) > 0 {
		setQuery(kept, query)
	}
	for _, name := range c.Params {
		setParam(kept, name, "***")
	}
	return kept
}

// setParam changes a path parameter in each place where a Request holds it.
func setParam(r *webhook.Request, name, value string) {
	if old := "/" + url.PathEscape(r.Params[name]); r.Params[name] != "" {
		r.Path = strings.ReplaceAll(r.Path, old, "/"+url.PathEscape(value))
		r.URL = strings.ReplaceAll(r.URL, old, "/"+url.PathEscape(value))
	}
	if r.Params == nil {
		r.Params = map[string]string{}
	}
	r.Params[name] = value
}

// setQuery changes the query in both places where a Request holds it.
func setQuery(r *webhook.Request, query url.Values) {
	r.RawQuery = query.Encode()
	if u, err := url.Parse(r.URL); err == nil {
		u.RawQuery = r.RawQuery
		r.URL = u.String()
	}
}
