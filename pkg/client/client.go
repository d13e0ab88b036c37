// Package client asks a Postern server what became of its events, and changes
// it: the job API over HTTP. It sends no events, keeps nothing, and follows no
// redirect: the token goes to the server it is for and nowhere else.
package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"time"

	"postern/pkg/secret"
)

// Options are what a Client is made of.
type Options struct {
	BaseURL string      // of the server, as in its config: "https://hooks.example.org"
	Token   secret.Text // empty on the server's own machine, where it lets its users in
	// HTTP makes the calls; nil: a client of its own. A time-out of it bounds
	// streams too, so bound calls by their contexts instead.
	HTTP *http.Client
	// Patience is for how long in all a call that reads waits, or one page of a
	// change of many, where the server asks it to come again later; 0: a minute,
	// negative: not at all.
	Patience time.Duration
}

// Client calls the API of one server. It is safe for concurrent use.
type Client struct {
	base     *url.URL
	token    secret.Text
	http     *http.Client
	patience time.Duration
}

// usualPatience is what Patience is where nobody says it.
const usualPatience = time.Minute

// mostJSON bounds an answer, in bytes.
const mostJSON = 256 << 20

// New makes a Client. An address that is none is an error.
func New(o Options) (*Client, error) {
	base, err := url.Parse(strings.TrimRight(o.BaseURL, "/"))
	if err != nil || base.Scheme != "http" && base.Scheme != "https" || base.Host == "" || base.User != nil || base.RawQuery != "" {
		return nil, errors.New("client: the base URL must be an absolute http or https URL without user and query")
	}
	c := &Client{base: base, token: o.Token, http: &http.Client{}, patience: o.Patience}
	if o.HTTP != nil {
		own := *o.HTTP
		c.http = &own
	}
	c.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	if c.patience == 0 {
		c.patience = usualPatience
	}
	return c, nil
}

// read is a call that may be made again: where the server asks to come again
// later, it does, for as long as its patience lasts.
func (c *Client) read(ctx context.Context, path string, query url.Values, into any) error {
	response, err := c.get(ctx, path, query, nil) //nolint:bodyclose // decode closes it
	if err != nil {
		return err
	}
	return decode(response, into)
}

func (c *Client) get(ctx context.Context, path string, query url.Values, header http.Header) (*http.Response, error) {
	return c.patiently(ctx, http.MethodGet, path, query, header)
}

// patiently makes a call again where the server refused it, asking to come again
// later.
func (c *Client) patiently(ctx context.Context, method, path string, query url.Values, header http.Header) (*http.Response, error) {
	ends := time.Now().Add(c.patience)
	for {
		response, err := c.call(ctx, method, path, query, header)
		var refusal *Error
		if !errors.As(err, &refusal) || refusal.RetryAfter == 0 || time.Now().Add(refusal.RetryAfter).After(ends) {
			return response, err
		}
		if !wait(ctx, refusal.RetryAfter) {
			return nil, errors.Join(ctx.Err(), err)
		}
	}
}

func wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// change is a call that is made once: who wants it again must want it.
func (c *Client) change(ctx context.Context, method, path string, query url.Values, into any) error {
	response, err := c.call(ctx, method, path, query, nil) //nolint:bodyclose // decode closes it
	if err != nil {
		return err
	}
	return decode(response, into)
}

// call makes one call. What is no success is an *Error; of others the caller
// closes the body.
func (c *Client) call(ctx context.Context, method, path string, query url.Values, header http.Header) (*http.Response, error) {
	target := c.base.JoinPath(path)
	target.RawQuery = query.Encode()
	r, err := http.NewRequestWithContext(ctx, method, target.String(), nil)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", method, path, err)
	}
	maps.Copy(r.Header, header)
	if !c.token.Empty() {
		r.Header.Set("Authorization", "Bearer "+c.token.Reveal())
	}
	response, err := c.http.Do(r)
	if err != nil {
		return nil, err // of net/http, with method and URL; neither holds the token
	}
	if response.StatusCode >= http.StatusOK && response.StatusCode < http.StatusMultipleChoices {
		return response, nil
	}
	defer func() { _ = response.Body.Close() }()
	return nil, refusalOf(response)
}

func decode(response *http.Response, into any) error {
	defer func() { _ = response.Body.Close() }()
	if into == nil {
		return nil
	}
	if err := json.NewDecoder(io.LimitReader(response.Body, mostJSON)).Decode(into); err != nil {
		return fmt.Errorf("%s %s: decode the answer: %w", response.Request.Method, response.Request.URL.Path, err)
	}
	return nil
}
