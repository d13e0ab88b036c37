package receiver

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"postern/internal/job"
	"postern/pkg/webhook"
)

// acceptedMessage is what a 202 says where the endpoint has no words of its own.
const acceptedMessage = "Event accepted."

// accepted makes the 202. What the endpoint adds never replaces what every 202
// has.
func (s *Server) accepted(in job.Intake, receipt job.Receipt, extra addition) (answer, error) {
	url := "/api/jobs/" + string(receipt.ID)
	members := map[string]any{}
	for name, value := range extra.fields {
		if !standard(name) {
			members[name] = value
		}
	}
	members["status"], members["message"] = "accepted", extra.message
	members["job_id"], members["status_url"] = receipt.ID, url
	if in.TaskID != nil {
		members["task_id"] = *in.TaskID
	}
	if receipt.Duplicate {
		members["duplicate"] = true
	}
	if receipt.Spooled {
		members["spooled"] = true
	}
	if !s.opt.Durable {
		members["durable"] = false
	}
	response, err := webhook.JSON(http.StatusAccepted, members)
	if err != nil {
		return answer{}, internalError(err)
	}
	response.Header.Set("Location", url)
	a := answer{Response: response, outcome: "event accepted", receipt: &receipt, event: in.Event}
	if receipt.Duplicate {
		a.outcome = "event duplicate"
	}
	return a, nil
}

// instead answers as the sender demands; where the job is to be asked is told in
// any case.
func (a answer) instead(own webhook.Response) (answer, error) {
	location := a.Header.Get("Location")
	a.Response = own
	a.Header = own.Header.Clone()
	if a.Header == nil {
		a.Header = http.Header{}
	}
	a.Header.Set("Location", location)
	return checked(a)
}

// standard tells the members that only the receiver sets, whether or not they
// are in this answer: a reader must be able to believe them.
func standard(name string) bool {
	switch name {
	case "status", "job_id", "status_url", "message", "task_id", "duplicate", "spooled", "durable":
		return true
	default:
		return false
	}
}

// encoded makes raw JSON of an endpoint's fields: what cannot be written must
// be known before anything is stored.
func encoded(fields map[string]any) (map[string]json.RawMessage, error) {
	raw := make(map[string]json.RawMessage, len(fields))
	for name, value := range fields {
		b, err := json.Marshal(value)
		if err != nil {
			return nil, fmt.Errorf("encode the field %q: %w", name, err)
		}
		raw[name] = b
	}
	return raw, nil
}

// checked refuses what is no answer: a status that HTTP does not have, or that
// says there is more to come.
func checked(a answer) (answer, error) {
	if a.Status == 0 {
		a.Status = http.StatusOK
	}
	if a.Status < http.StatusOK || a.Status > 599 {
		return answer{}, internalError(fmt.Errorf("the endpoint answered with status %d", a.Status))
	}
	return a, nil
}

// reply sends an answer and logs it.
func (s *Server) reply(v *call, a answer) {
	attrs := []slog.Attr{slog.Int("status", a.Status)}
	if a.receipt != nil {
		attrs = append(attrs, slog.String("job_id", string(a.receipt.ID)), slog.String("event", a.event.Type),
			slog.String("delivery_id", clip(a.event.DeliveryID, longValue)), slog.Bool("spooled", a.receipt.Spooled))
	}
	s.log(v, slog.LevelInfo, a.outcome, attrs...)
	write(v.w, a.Response)
}

// write puts a Response on the wire. A caller that has gone is nobody's error.
func write(w http.ResponseWriter, response webhook.Response) {
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(replyTimeout))
	body := response.Body
	if response.Status == http.StatusNoContent || response.Status == http.StatusNotModified {
		body = nil
	}
	h := w.Header()
	for name, values := range response.Header {
		for _, value := range values {
			h.Add(name, value)
		}
	}
	// The server frames the answer; a plugin's word on it could only be wrong.
	h.Del("Content-Length")
	h.Del("Transfer-Encoding")
	h.Del("Connection")
	if h.Get("Content-Type") == "" && len(body) > 0 {
		h.Set("Content-Type", "text/plain; charset=utf-8") // else net/http guesses, HTML too
	}
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(response.Status)
	if len(body) > 0 {
		_, _ = w.Write(body)
	}
}
