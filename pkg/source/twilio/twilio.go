// Package twilio understands Twilio's webhooks: messages, calls and what
// becomes of them. It answers with nothing to say, so no call and no message is
// steered from here.
package twilio

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
	"time"

	"postern/pkg/chat"
	"postern/pkg/source"
	"postern/pkg/verify"
	scheme "postern/pkg/verify/twilio"
	"postern/pkg/webhook"
)

const otherType = "event" // of parameters that name nothing we know

// Source is Twilio.
type Source struct{}

var (
	_ source.Source   = Source{}
	_ source.Signed   = Source{}
	_ source.Answerer = Source{}
)

// Definition registers this source as "twilio".
func Definition() source.Definition {
	d := source.Definition{Name: "twilio", Duplicates: true, Marks: []string{"X-Twilio-Signature"}, Samples: samples}
	return source.Define(d, func(struct{}) (Source, error) { return Source{}, nil })
}

// Verification checks X-Twilio-Signature, over the public URL and the fields.
// The secret is the account's Auth Token.
func (Source) Verification(keys verify.Keys) (verify.Verifier, error) {
	v, err := scheme.New(scheme.Config{}, keys)
	if err != nil {
		return nil, err // never a typed nil in a Verifier
	}
	return v, nil
}

// Answer is 204: Twilio reads any body as commands for the call or message.
func (Source) Answer(*webhook.Request) (webhook.Response, bool) {
	return webhook.Response{Status: http.StatusNoContent}, true
}

// Identify takes kind and status, and of both with the thing's Sid the delivery
// id. The header that Twilio has for it is not signed.
func (Source) Identify(r *webhook.Request) (source.Identity, error) {
	id, _, err := read(r)
	return id, err
}

// Events gives the one event of a request.
func (Source) Events(r *webhook.Request) ([]webhook.Event, error) {
	id, fields, err := read(r)
	if err != nil {
		return nil, err
	}
	e := webhook.Event{
		Source: "twilio", Type: id.Type, Action: id.Action, DeliveryID: id.DeliveryID, OccurredAt: occurred(fields, r.ReceivedAt),
	}
	tell(&e, fields)
	return []webhook.Event{e}, nil
}

// Message words an event.
func (Source) Message(e webhook.Event, l source.Locale, v source.Verbosity) chat.Message {
	return source.Translate(source.Message(e, headline(e, l), v), l, labels())
}

// parse gives the fields of a form, of the query where there is no body, or
// the members of a JSON object.
func parse(r *webhook.Request) (source.Object, error) {
	values := r.Query()
	switch {
	case r.IsForm():
		form, err := r.Form()
		if err != nil {
			return nil, err
		}
		values = form.Values
	case len(r.Body) > 0 || r.IsJSON():
		return source.ParseObject(r)
	}
	fields := source.Object{}
	for name, all := range values {
		fields[name] = all[0]
	}
	return fields, nil
}

func read(r *webhook.Request) (source.Identity, source.Object, error) {
	fields, err := parse(r)
	if err != nil {
		return source.Identity{}, nil, err
	}
	id := source.Identity{}
	var sid string
	id.Type, id.Action, sid = kind(fields)
	number := fields.Line("SequenceNumber")
	if sid != "" && id.Action != "" && (id.Type == "message" || number != "") {
		id.DeliveryID = strings.TrimSuffix(sid+":"+id.Action+":"+number, ":")
		return id, fields, nil
	}
	sum := sha256.Sum256(append([]byte(r.RawQuery+"\n"), r.Body...))
	id.DeliveryID, id.Window = hex.EncodeToString(sum[:]), source.ContentWindow
	return id, fields, nil
}

// kind tells what a request is about by the fields that it has, the narrower
// things first: a recording has the Sid of its call, too.
func kind(f source.Object) (kind, status, sid string) {
	line := func(name string) string { return strings.ToLower(f.Line(name)) }
	switch {
	case f.Line("TranscriptionSid") != "":
		return "transcription", cmp.Or(line("TranscriptionStatus"), line("TranscriptionEvent")), f.Line("TranscriptionSid")
	case f.Line("RecordingSid") != "":
		return "recording", line("RecordingStatus"), f.Line("RecordingSid")
	case f.Line("ConferenceSid") != "":
		return "conference", line("StatusCallbackEvent"), f.Line("ConferenceSid")
	case f.Line("MessageSid") != "" || f.Line("SmsSid") != "":
		return "message", cmp.Or(line("MessageStatus"), line("SmsStatus")), cmp.Or(f.Line("MessageSid"), f.Line("SmsSid"))
	case f.Line("CallSid") != "":
		return "call", line("CallStatus"), f.Line("CallSid")
	case f.Line("PayloadType") != "" || f.Line("Level") != "":
		return "debugger", line("Level"), f.Line("Sid")
	default:
		return cmp.Or(f.Line("EventType"), f.Line("type"), otherType), "", ""
	}
}

// occurred reads the times that Twilio writes, in two forms.
func occurred(f source.Object, otherwise time.Time) time.Time {
	if t, err := time.Parse(time.RFC1123Z, f.Text("Timestamp")); err == nil && t.Year() >= 1970 {
		return t.UTC()
	}
	return f.Time(otherwise, "Timestamp")
}
