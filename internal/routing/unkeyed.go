package routing

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"postern/pkg/verify"
	"postern/pkg/webhook"
)

// unkeyed reports whether a Verifier says that it has no secret, when it is
// shown made-up credentials. It serves a warning at start and nothing else: a
// Verifier that looks at something else first is not found out. The context
// has ended already, so that nobody fetches a key for this.
func unkeyed(v verify.Verifier) bool {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for _, made := range []string{"x", "Bearer x", "Basic eDp4"} {
		_, err := guard(func() (any, error) { return nil, v.Verify(ctx, madeUp(v.Credentials(), made)) })
		if errors.Is(err, verify.ErrNotConfigured) {
			return true
		}
	}
	return false
}

func madeUp(c verify.Credentials, value string) *webhook.Request {
	r := &webhook.Request{Method: http.MethodPost, Header: http.Header{}, Params: map[string]string{}}
	for _, p := range c.Params {
		r.Params[p] = value
	}
	for _, h := range c.Headers {
		r.Header.Set(h, value)
	}
	query := url.Values{}
	for _, p := range c.Query {
		query.Set(p, value)
	}
	r.RawQuery = query.Encode()
	return r
}
