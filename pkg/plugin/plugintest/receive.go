package plugintest

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"postern/pkg/plugin"
	"postern/pkg/source"
	"postern/pkg/verify"
	"postern/pkg/webhook"
)

// Answer is what a caller would be told.
type Answer struct {
	Status int
	// Of a refusal: its code, and the detail for the caller.
	Code   string
	Detail string
	// Of Respond, or of a source's handshake.
	Response webhook.Response
	// Of a 202: what Accept added.
	Acceptance plugin.Acceptance
}

// Receive answers a request in the receiver's order: method, signature,
// handshake, the source's own look at the body, its declared type, and then
// Respond or Accept. A 202 means that Handle would run: see NewJob and Run. A
// panic of the plugin is the test's.
func Receive(ctx context.Context, e plugin.Endpoint, r *webhook.Request) Answer {
	if len(e.Methods) > 0 && !slices.Contains(e.Methods, r.Method) {
		return Answer{Status: http.StatusMethodNotAllowed, Code: "method_not_allowed"}
	}
	if err := prove(ctx, e, r); err != nil {
		return refused(err)
	}
	if response, ok, err := handshake(ctx, e, r); err != nil || ok {
		return orRefused(response, err)
	}
	if e.Source != nil {
		if _, err := e.Source.Identify(r); err != nil {
			return refused(err)
		}
	}
	if err := e.Types.CheckBody(r); err != nil {
		return refused(err)
	}
	if e.Respond != nil {
		return orRefused(e.Respond(ctx, r))
	}
	return accepted(e, r)
}

// prove wants a Verify: the check that a source brings by itself needs an
// operator's secrets, which a test of the plugin does not have.
func prove(ctx context.Context, e plugin.Endpoint, r *webhook.Request) error {
	if e.Verify == nil {
		return verify.NotConfigured()
	}
	return e.Verify.Verify(ctx, r)
}

// handshake has no keys to give, as prove has not: what needs them is refused.
func handshake(ctx context.Context, e plugin.Endpoint, r *webhook.Request) (webhook.Response, bool, error) {
	if c, ok := e.Source.(source.Challenger); ok {
		if response, ok := c.Challenge(r); ok {
			return response, true, nil
		}
	}
	if h, ok := e.Source.(source.Handshaker); ok {
		return h.Handshake(ctx, r, verify.Keys{})
	}
	return webhook.Response{}, false, nil
}

func orRefused(response webhook.Response, err error) Answer {
	if err != nil {
		return refused(err)
	}
	if response.Status == 0 {
		response.Status = http.StatusOK
	}
	return Answer{Status: response.Status, Response: response}
}

func accepted(e plugin.Endpoint, r *webhook.Request) Answer {
	if e.Accept == nil {
		return Answer{Status: http.StatusAccepted}
	}
	acceptance, err := e.Accept(r)
	if err != nil {
		return refused(err)
	}
	return Answer{Status: http.StatusAccepted, Acceptance: acceptance}
}

func refused(err error) Answer {
	if refusal, ok := plugin.RefusalIn(err); ok {
		return Answer{Status: refusal.Status, Code: refusal.Code, Detail: refusal.Detail}
	}
	known := []struct {
		err    error
		status int
		code   string
	}{
		{webhook.ErrPayload, http.StatusBadRequest, "invalid_payload"},
		{verify.ErrMissing, http.StatusBadRequest, "signature_missing"},
		{verify.ErrRejected, http.StatusForbidden, "signature_mismatch"},
		{verify.ErrOutOfRange, http.StatusForbidden, "timestamp_out_of_range"},
		{verify.ErrNotConfigured, http.StatusInternalServerError, "secret_not_configured"},
		{verify.ErrUnavailable, http.StatusServiceUnavailable, "key_unavailable"},
	}
	for _, k := range known {
		if errors.Is(err, k.err) {
			return Answer{Status: k.status, Code: k.code, Detail: err.Error()}
		}
	}
	return Answer{Status: http.StatusInternalServerError, Detail: err.Error()}
}
