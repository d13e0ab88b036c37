package client

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// Codes of an Error that callers branch on.
const (
	NotFound         = "not_found"
	NotRetryable     = "not_retryable"
	AlreadyFinished  = "already_finished"
	NotFinished      = "not_finished"
	InvalidQuery     = "invalid_query"
	Unauthorized     = "unauthorized"
	ScopeMissing     = "scope_missing"
	APINotConfigured = "api_not_configured"
	QueueUnavailable = "queue_unavailable"
	TooManyRequests  = "too_many_requests"
)

// Error is a call that the server refused, for errors.As. A call that reached no
// server is another error.
type Error struct {
	Method string
	Path   string
	Status int
	Code   string // stable, see the constants; empty: the answer was no problem of Postern's
	Detail string // for a person
	// RetryAfter is when to come again; 0: the server did not say.
	RetryAfter time.Duration
}

// Error says what was asked and why it was refused.
func (e *Error) Error() string {
	why := e.Code
	if why == "" {
		why = http.StatusText(e.Status)
	}
	if e.Detail != "" {
		why += ": " + e.Detail
	}
	return fmt.Sprintf("%s %s: %d %s", e.Method, e.Path, e.Status, why)
}

// mostProblem bounds what is read of a refusal, in bytes.
const mostProblem = 64 << 10

func refusalOf(response *http.Response) *Error {
	e := &Error{Method: response.Request.Method, Path: response.Request.URL.Path, Status: response.StatusCode}
	var problem struct{ Code, Detail string }
	text, err := io.ReadAll(io.LimitReader(response.Body, mostProblem))
	if err == nil && json.Unmarshal(text, &problem) == nil {
		e.Code, e.Detail = problem.Code, problem.Detail
	}
	switch e.Status {
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		e.RetryAfter = retryAfter(response.Header.Get("Retry-After"), time.Now())
	}
	return e
}

// retryAfter reads seconds or a date (RFC 9110, 10.2.3); 0: neither.
func retryAfter(text string, now time.Time) time.Duration {
	if seconds, err := strconv.Atoi(text); err == nil && seconds >= 0 {
		return time.Duration(min(seconds, 24*60*60)) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(0, at.Sub(now))
	}
	return 0
}
