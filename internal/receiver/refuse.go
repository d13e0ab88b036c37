package receiver

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"postern/internal/problem"
	"postern/internal/routing"
	"postern/pkg/plugin"
	"postern/pkg/secret"
	"postern/pkg/verify"
	"postern/pkg/webhook"
)

// When a caller may come again.
const (
	queueRetry  = 10 * time.Second
	keyRetry    = 5 * time.Second
	acceptRetry = 5 * time.Second
	roomRetry   = 5 * time.Second
)

// refusal is an error that is an answer: what the caller hears, and the cause,
// which only the log does.
type refusal struct {
	status int
	code   string
	detail string
	header []problem.Header
	cause  error
}

func (r *refusal) Error() string { return fmt.Sprintf("%d %s: %v", r.status, r.code, r.cause) }
func (r *refusal) Unwrap() error { return r.cause }

func notFound() *refusal {
	return &refusal{
		status: http.StatusNotFound, code: problem.NotFound,
		detail: "There is no such endpoint.", cause: routing.ErrNotFound,
	}
}

func notFoundFor(err error) *refusal {
	if m, ok := errors.AsType[*routing.MethodError](err); ok {
		allow := problem.Allow(m.Allow)
		return &refusal{
			status: http.StatusMethodNotAllowed, code: problem.MethodNotAllowed,
			detail: "Only " + allow.Value + " will do here.", header: []problem.Header{allow}, cause: err,
		}
	}
	if errors.Is(err, routing.ErrNotFound) {
		r := notFound()
		r.cause = err
		return r
	}
	return internalError(err)
}

func ipNotAllowed(err error) *refusal {
	if errors.Is(err, verify.ErrUnavailable) {
		return keyUnavailable("The addresses that may call this endpoint cannot be fetched now.", err)
	}
	return &refusal{
		status: http.StatusForbidden, code: "ip_not_allowed",
		detail: "This address may not call this endpoint.", cause: err,
	}
}

func keyUnavailable(detail string, cause error) *refusal {
	return &refusal{
		status: http.StatusServiceUnavailable, code: "key_unavailable", detail: detail,
		header: []problem.Header{problem.RetryAfter(keyRetry)}, cause: cause,
	}
}

// unread is a body that did not arrive whole. The connection is of no further
// use: the rest of the body may still be on it.
func unread(err error, limit int64) *refusal {
	r := &refusal{
		status: http.StatusBadRequest, code: "incomplete_body", detail: "The body did not arrive whole.",
		header: []problem.Header{{Name: "Connection", Value: "close"}}, cause: err,
	}
	switch {
	case errors.Is(err, errTooLarge):
		r.status, r.code = http.StatusRequestEntityTooLarge, "body_too_large"
		r.detail = fmt.Sprintf("The body is longer than the %d bytes this endpoint takes.", limit)
	case errors.Is(err, errNoRoom):
		r.status, r.code = http.StatusServiceUnavailable, "receiver_busy"
		r.detail = "Too many large bodies are arriving at once."
		r.header = append(r.header, problem.RetryAfter(roomRetry))
	case errors.Is(err, os.ErrDeadlineExceeded):
		r.status, r.code = http.StatusRequestTimeout, "request_timeout"
		r.detail = "The body took too long to arrive."
	}
	return r
}

// unverified says why a request is not believed, and to the caller no more
// than a forger knows already. Some senders demand 401 for it, and some show
// their credentials only then, if ask can ask for what is missing.
func unverified(err error, e *routing.Endpoint, ask string) *refusal {
	r := notGenuine(err)
	demanded := e.Unauthorized && (r.status == http.StatusBadRequest || r.status == http.StatusForbidden)
	awaited := e.Asked && ask != "" && errors.Is(err, verify.ErrMissing)
	if demanded || awaited {
		r.status = http.StatusUnauthorized
		r.header = append(r.header, problem.Authenticate(cmp.Or(ask, unasked)))
	}
	return r
}

// unasked is what a 401 names where nothing that HTTP has a name for is wanted:
// it must name something (RFC 9110, section 15.5.2).
const unasked = `Signature realm="postern"`

func notGenuine(err error) *refusal {
	switch {
	case errors.Is(err, verify.ErrMissing):
		return &refusal{status: http.StatusBadRequest, code: "signature_missing", detail: sentence(err), cause: err}
	case errors.Is(err, verify.ErrNotConfigured):
		return &refusal{
			status: http.StatusInternalServerError, code: "secret_not_configured",
			detail: "No secret is configured for this endpoint.", cause: err,
		}
	case errors.Is(err, verify.ErrUnavailable):
		return keyUnavailable("A key or a confirmation that this request needs cannot be had now.", err)
	case errors.Is(err, verify.ErrOutOfRange):
		return &refusal{
			status: http.StatusForbidden, code: "timestamp_out_of_range",
			detail: "The signed timestamp is too old or too new.", cause: err,
		}
	default: // could not tell is refused like no
		return &refusal{
			status: http.StatusForbidden, code: "signature_mismatch",
			detail: "The signature does not match.", cause: err,
		}
	}
}

// notTaken is what a verified request is told that its endpoint does not take.
func notTaken(err error) *refusal {
	if p, ok := plugin.RefusalIn(err); ok && p.Status >= 400 && p.Status <= 599 {
		return &refusal{status: p.Status, code: cmp.Or(p.Code, "refused"), detail: p.Detail, cause: err}
	}
	if errors.Is(err, webhook.ErrPayload) {
		return &refusal{status: http.StatusBadRequest, code: "invalid_payload", detail: sentence(err), cause: err}
	}
	return internalError(err)
}

func chatNotAllowed(cause error) *refusal {
	return &refusal{
		status: http.StatusForbidden, code: "chat_not_allowed",
		detail: "The chat is not one that this endpoint allows.", cause: cause,
	}
}

func acceptTimeout(limit time.Duration) *refusal {
	return &refusal{
		status: http.StatusServiceUnavailable, code: "accept_timeout", detail: "The endpoint took too long to decide.",
		header: []problem.Header{problem.RetryAfter(acceptRetry)},
		cause:  fmt.Errorf("accept took longer than %s", limit),
	}
}

func notStored(err error) *refusal {
	return &refusal{
		status: http.StatusServiceUnavailable, code: problem.QueueUnavailable,
		detail: "The event cannot be stored now.", header: []problem.Header{problem.RetryAfter(queueRetry)}, cause: err,
	}
}

func internalError(err error) *refusal {
	return &refusal{
		status: http.StatusInternalServerError, code: problem.InternalError,
		detail: "The server failed to handle this request.", cause: err,
	}
}

// sentence makes an error's text one for the caller.
func sentence(err error) string {
	text := strings.TrimPrefix(err.Error(), webhook.ErrPayload.Error()+": ")
	first, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(first)) + strings.TrimSuffix(text[size:], ".") + "."
}

// refuse answers with a problem and tells the operator the cause: the log at
// once, and who explains it when the answer is written.
func (s *Server) refuse(v *call, err error) {
	r, ok := errors.AsType[*refusal](err)
	if !ok {
		r = internalError(err)
	}
	attrs := []slog.Attr{
		slog.Int("status", r.status), slog.String("code", r.code), slog.String("error", fmt.Sprint(r.cause)),
	}
	if p, ok := errors.AsType[*panicError](r.cause); ok {
		attrs = append(attrs, slog.String("stack", p.stack))
	}
	s.log(v, levelOf(v, r), "request refused", attrs...)
	problem.Write(v.w, r.status, r.code, r.detail, r.header...)
	s.keep(v, r, secret.Text{})
}

// levelOf says who acts: we, now; the operator, soon; nobody.
func levelOf(v *call, r *refusal) slog.Level {
	switch {
	case r.code == "incomplete_body" || v.r.Context().Err() != nil && errors.Is(r.cause, context.Canceled):
		return slog.LevelInfo // the caller went away
	case r.status >= http.StatusInternalServerError:
		return slog.LevelError
	case v.endpoint == nil:
		return slog.LevelInfo // anybody's guess at a path
	default:
		return slog.LevelWarn
	}
}
