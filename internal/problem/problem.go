// Package problem writes refusals as RFC 9457 problem details, the same from
// every path of the server. It decides nothing: who refuses says why.
package problem

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// The codes that more than one path of the server answers with.
const (
	NotFound         = "not_found"
	MethodNotAllowed = "method_not_allowed"
	BadRequest       = "bad_request"
	QueueUnavailable = "queue_unavailable"
	InternalError    = "internal_error"
)

// ContentType is the media type of a problem.
const ContentType = "application/problem+json"

// namespace makes a problem's type of its code.
const namespace = "urn:postern:problem:"

// Header is one header field of an answer.
type Header struct {
	Name  string
	Value string
}

// RetryAfter tells when to come again, in whole seconds, at least one.
func RetryAfter(d time.Duration) Header {
	seconds := int64((d + time.Second - 1) / time.Second)
	return Header{"Retry-After", strconv.FormatInt(max(1, seconds), 10)}
}

// Allow tells the methods that would do.
func Allow(methods []string) Header {
	return Header{"Allow", strings.Join(methods, ", ")}
}

// Authenticate tells what credentials would do.
func Authenticate(challenge string) Header { return Header{"WWW-Authenticate", challenge} }

// body is the order in which a person reads it.
type body struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
	Code   string `json:"code"`
}

// JSON gives the body of a problem.
func JSON(status int, code, detail string) []byte {
	// A struct of strings and a number always encodes; what is no UTF-8 in
	// detail is replaced.
	b, _ := json.Marshal(body{
		Type: namespace + code, Title: http.StatusText(status), Status: status, Detail: detail, Code: code,
	})
	return append(b, '\n')
}

// Write answers with a problem. A caller that has gone is nobody's error.
func Write(w http.ResponseWriter, status int, code, detail string, header ...Header) {
	h := w.Header()
	h.Set("Content-Type", ContentType)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	for _, f := range header {
		h.Set(f.Name, f.Value)
	}
	w.WriteHeader(status)
	_, _ = w.Write(JSON(status, code, detail))
}
