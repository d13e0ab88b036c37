package chat

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"

	"postern/pkg/retry"
	"postern/pkg/secret"
)

// How much of a reply is read: a yes as far as its ids may stand, of a no only words.
const (
	maxReply = 1 << 20
	maxWrong = 64 << 10
)

// userAgent says who calls; some platforms refuse Go's own name.
const userAgent = "Postern (webhook gateway)"

// Call is one HTTP request to a platform.
type Call struct {
	Method  string // empty: POST
	URL     string // taken for a secret: no error shows it
	Header  http.Header
	Body    []byte
	Secrets []secret.Text // what no error may show either
}

// Post makes one call and gives the platform's answer, whatever its status,
// save that a redirect is refused: it is never followed. It neither retries
// nor reads more than 1 MiB of a 2xx, and 64 KiB of anything else. A nil client means
// one without time-outs.
//
// Where no answer came, the error says what that means: plain where the
// request cannot have arrived (refused, no such host, TLS), retry.Unknown
// where it had left. No error shows the URL or a secret.
func Post(ctx context.Context, client *http.Client, c Call) (Answer, error) {
	hide := redactor(c)
	journey := &journey{}
	req, err := newRequest(httptrace.WithClientTrace(ctx, journey.trace()), c)
	if err != nil {
		return Answer{}, retry.Never(errors.New("the address is no URL")) // the cause would show it
	}
	res, err := unredirected(client).Do(req)
	if err != nil {
		return Answer{}, journey.fault(err, hide)
	}
	defer func() { _ = res.Body.Close() }()
	a := Answer{Status: res.StatusCode, Header: res.Header, hide: hide}
	most := int64(maxWrong)
	if a.OK() {
		most = maxReply
	}
	// An answer torn off is judged by what came: its status is known.
	a.Body, _ = io.ReadAll(io.LimitReader(res.Body, most))
	if a.Status >= 300 && a.Status < 400 {
		return a, retry.Never(a.Err("redirects are not followed"))
	}
	return a, nil
}

func newRequest(ctx context.Context, c Call) (*http.Request, error) {
	method := c.Method
	if method == "" {
		method = http.MethodPost
	}
	req, err := http.NewRequestWithContext(ctx, method, c.URL, bytes.NewReader(c.Body))
	if err != nil {
		return nil, err
	}
	if req.URL.Host == "" {
		return nil, errors.New("no host")
	}
	for name, values := range c.Header {
		req.Header[http.CanonicalHeaderKey(name)] = values
	}
	if req.Header.Get("User-Agent") == "" {
		req.Header.Set("User-Agent", userAgent)
	}
	return req, nil
}

// unredirected is client with redirects off, whatever the program gave us.
func unredirected(client *http.Client) *http.Client {
	own := http.Client{}
	if client != nil {
		own = *client
	}
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &own
}

// How far a request got.
const (
	waiting int32 = iota // no connection yet
	leaving              // its bytes are on their way
	left                 // all of it is written
	torn                 // the connection broke before all of it was written
)

// journey watches how far a request gets. The transport reports from
// goroutines of its own.
type journey struct{ stage atomic.Int32 }

func (j *journey) trace() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GotConn:      func(httptrace.GotConnInfo) { j.stage.Store(waiting) }, // also at the transport's own second try
		WroteHeaders: func() { j.stage.Store(leaving) },
		WroteRequest: func(i httptrace.WroteRequestInfo) {
			if i.Err != nil {
				j.stage.Store(torn)
				return
			}
			j.stage.Store(left)
		},
	}
}

// fault says what became of a request that got no answer.
func (j *journey) fault(err error, hide func(string) string) error {
	stage := j.stage.Load()
	if stage == left || stage == leaving { // leaving: perhaps all of it
		return retry.Unknown(stripped("sent, but no answer came", err, hide))
	}
	return stripped("not sent", err, hide)
}

// stripped keeps of err its words, redacted, and whether the context ended it;
// the error itself would print the URL.
func stripped(doing string, err error, hide func(string) string) error {
	var u *url.Error
	for errors.As(err, &u) {
		err = u.Err
	}
	for _, end := range []error{context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, end) {
			return fmt.Errorf("%s: %w", doing, end)
		}
	}
	words := err.Error()
	if cert, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		words = "certificate: " + cert.Err.Error()
	}
	return fmt.Errorf("%s: %s", doing, blankless(hide(Clean(words))))
}
