package receiver

import (
	"errors"

	"postern/internal/rejections"
	"postern/internal/routing"
	"postern/pkg/secret"
	"postern/pkg/webhook"
)

// errEntrusted is no error: a row of what happened needs a cause.
var errEntrusted = errors.New("a handshake entrusted a secret to us")

// keep hands a refusal over to be explained. The caller has its answer: what is
// found out is for the operator alone.
func (s *Server) keep(v *call, r *refusal, entrusted secret.Text) {
	if s.opt.Refused == nil {
		return
	}
	e := v.endpoint
	if m, ok := errors.AsType[*routing.MethodError](r.cause); ok {
		e = m.Endpoint
	}
	if d, ok := errors.AsType[*routing.DisabledError](r.cause); ok {
		e = d.Endpoint
	}
	req, whole := v.request, v.request != nil
	if !whole {
		req = &webhook.Request{
			Method: v.r.Method, RawQuery: v.r.URL.RawQuery, Host: v.r.Host, Header: v.r.Header,
			RemoteIP: v.caller, ReceivedAt: v.began,
		}
	}
	s.opt.Refused(rejections.Refusal{
		Endpoint: e, Request: req, Whole: whole, Path: s.shown(v, e),
		Status: r.status, Code: r.code, Cause: r.cause, Secret: entrusted,
	})
}
