package receiver

import (
	"context"
	"net/http"
	"net/netip"
	"time"

	"github.com/gin-gonic/gin"

	"postern/internal/job"
	"postern/internal/routing"
	"postern/pkg/secret"
	"postern/pkg/verify"
	"postern/pkg/webhook"
)

// call is one request on its way through the receiver, and what is known of it
// so far.
type call struct {
	w        http.ResponseWriter
	r        *http.Request
	began    time.Time
	caller   netip.Addr
	endpoint *routing.Endpoint // nil until it is found
	params   map[string]string
	guest    guest            // the body's share of the room
	request  *webhook.Request // nil until it is read
}

// answer is what a request that was not refused is told.
type answer struct {
	webhook.Response
	outcome string       // for the log
	receipt *job.Receipt // nil where no job was made
	event   job.EventSummary
	// entrusted is the secret that a handshake handed over.
	entrusted secret.Text
}

// receive answers one call of a webhook.
func (s *Server) receive(c *gin.Context) {
	v := &call{
		w: c.Writer, r: c.Request, began: time.Now(), caller: s.caller(c.Request),
		guest: guest{body: c.Request.Body, room: &s.room},
	}
	defer v.guest.leave()
	a, err := s.answer(c.Request.Context(), v)
	if err != nil {
		s.refuse(v, err)
		return
	}
	s.reply(v, a)
	if !a.entrusted.Empty() {
		s.keep(v, &refusal{status: a.Status, code: job.Handshake, cause: errEntrusted}, a.entrusted)
	}
}

// answer is the whole inbound story: find, read, prove, store, answer. Every
// error of it is a refusal. A panic in a plugin's code is this call's error.
func (s *Server) answer(ctx context.Context, v *call) (a answer, err error) {
	defer catch(&err)
	if err := s.find(v); err != nil { // 404 before 405
		return answer{}, err
	}
	req, err := s.read(v) // the exact bytes, once, bounded
	if err != nil {
		return answer{}, err
	}
	if err := v.endpoint.CheckIP(req.RemoteIP); err != nil {
		return answer{}, ipNotAllowed(err)
	}
	if response, ok := v.endpoint.Greet(req); ok { // a handshake that cannot be signed
		return checked(answer{Response: response, outcome: "handshake answered", entrusted: v.endpoint.Entrust(req)})
	}
	if err := v.endpoint.Verify(ctx, req); err != nil {
		return answer{}, unverified(err, v.endpoint, verify.Ask(v.endpoint.Verifier, err))
	}
	response, ok, err := v.endpoint.Handshake(ctx, req)
	switch {
	case err != nil:
		return answer{}, unverified(err, v.endpoint, "")
	case ok:
		return checked(answer{Response: response, outcome: "handshake answered"})
	}
	if err := fits(v.endpoint.Go, req); err != nil {
		return answer{}, err
	}
	if g := v.endpoint.Go; g != nil && g.Respond != nil {
		return respond(ctx, g, req)
	}
	return s.accept(ctx, v, req)
}

// accept makes a verified request a job: what it is, what the plugin says of
// it, stored, 202.
func (s *Server) accept(ctx context.Context, v *call, req *webhook.Request) (answer, error) {
	in, err := v.endpoint.Intake(req) // type, delivery id, required fields
	if err != nil {
		return answer{}, notTaken(err)
	}
	extra, err := s.ask(v.endpoint, req)
	if err != nil {
		return answer{}, err
	}
	in.TaskID, in.Chats = extra.taskID, extra.chats
	// The event is proved and in hand: it is stored even where its sender has
	// lost patience, for many never call again.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeTimeout)
	defer cancel()
	receipt, err := s.opt.Jobs.Add(ctx, in)
	if err != nil {
		return answer{}, notStored(err)
	}
	a, err := s.accepted(in, receipt, extra)
	if own, ok := v.endpoint.Answer(req); ok && err == nil {
		return a.instead(own)
	}
	return a, err
}
