// Package zoom understands Zoom's webhooks: meetings, webinars, recordings. It
// tells neither the password of a meeting nor an address that lets anybody in.
package zoom

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"sync/atomic"
	"time"

	"postern/pkg/chat"
	"postern/pkg/secret"
	"postern/pkg/source"
	"postern/pkg/verify"
	scheme "postern/pkg/verify/hmac"
	"postern/pkg/webhook"
)

const (
	validation = "endpoint.url_validation"
	otherType  = "event" // of a payload without an event
)

// maxToken bounds what is signed for whoever asks; Zoom's tokens have 22
// characters.
const maxToken = 200

// Source is Zoom. Its handshake is answered with the secret, so it remembers
// that of its endpoint from Verification on.
type Source struct{ secret atomic.Pointer[secret.Text] }

var (
	_ source.Source     = (*Source)(nil)
	_ source.Signed     = (*Source)(nil)
	_ source.Challenger = (*Source)(nil)
	_ source.Answerer   = (*Source)(nil)
)

// Definition registers this source as "zoom".
func Definition() source.Definition {
	d := source.Definition{Name: "zoom", Duplicates: true, Marks: []string{"x-zm-signature"}, Samples: samples}
	return source.Define(d, func(struct{}) (*Source, error) { return &Source{}, nil })
}

// Verification checks x-zm-signature, over the time and the raw body. The first
// secret is the one that answers the handshake: the current one is to be
// written first.
func (s *Source) Verification(keys verify.Keys) (verify.Verifier, error) {
	v, err := scheme.Scheme{
		Header: "X-Zm-Signature", Prefix: "v0=", TimestampHeader: "X-Zm-Request-Timestamp",
		Signed: "v0:{timestamp}:{body}",
	}.Verifier(keys)
	if err != nil {
		return nil, err // never a typed nil in a Verifier
	}
	if secrets := secret.NonEmpty(keys.Secrets); len(secrets) > 0 {
		s.secret.Store(&secrets[0])
	}
	return v, nil
}

// Challenge proves to Zoom that we have the secret: it sends a token when the
// address is saved, and every three days after that.
func (s *Source) Challenge(r *webhook.Request) (webhook.Response, bool) {
	payload, err := source.ParseObject(r)
	key := s.secret.Load()
	if err != nil || key == nil || payload.Text("event") != validation {
		return webhook.Response{}, false
	}
	token := payload.Text("payload.plainToken")
	if token == "" || len(token) > maxToken {
		return webhook.Response{}, false
	}
	mac := hmac.New(sha256.New, []byte(key.Reveal()))
	mac.Write([]byte(token))
	answer, err := webhook.JSON(http.StatusOK, struct {
		Plain     string `json:"plainToken"`
		Encrypted string `json:"encryptedToken"`
	}{token, hex.EncodeToString(mac.Sum(nil))})
	return answer, err == nil
}

// Answer is 204: Zoom takes nothing but 200 and 204 for a success, and would
// send the event again.
func (*Source) Answer(*webhook.Request) (webhook.Response, bool) {
	return webhook.Response{Status: http.StatusNoContent}, true
}

// Identify takes the event, and a hash of what tells it from others: Zoom gives
// it no id.
func (*Source) Identify(r *webhook.Request) (source.Identity, error) {
	id, _, err := read(r)
	return id, err
}

// Events gives the one event of a delivery.
func (*Source) Events(r *webhook.Request) ([]webhook.Event, error) {
	id, payload, err := read(r)
	if err != nil {
		return nil, err
	}
	e := webhook.Event{
		Source: "zoom", Type: id.Type, DeliveryID: id.DeliveryID,
		Severity: webhook.Info, OccurredAt: occurred(payload, r.ReceivedAt),
	}
	tell(&e, payload)
	return []webhook.Event{e}, nil
}

// Message words an event.
func (*Source) Message(e webhook.Event, l source.Locale, v source.Verbosity) chat.Message {
	return source.Translate(source.Message(e, headline(e, l), v), l, labels())
}

func read(r *webhook.Request) (source.Identity, source.Object, error) {
	payload, err := source.ParseObject(r)
	if err != nil {
		return source.Identity{}, nil, err
	}
	return source.Identity{
		Type: cmp.Or(payload.Line("event"), otherType), DeliveryID: hash(payload, r.Body), Window: time.Minute,
	}, payload, nil
}

// hash is that of event, time and thing; several people may join one meeting in
// one millisecond.
func hash(payload source.Object, body []byte) string {
	sum := sha256.New()
	if payload.At("event_ts") == nil {
		sum.Write(body)
		return hex.EncodeToString(sum.Sum(nil))
	}
	// encoding what was decoded from JSON cannot fail, and a hash never does
	_ = json.NewEncoder(sum).Encode([]any{
		payload.At("event"), payload.At("event_ts"), payload.At("payload.object"), payload.At("payload.account_id"),
	})
	return hex.EncodeToString(sum.Sum(nil))
}

// occurred reads Zoom's milliseconds.
func occurred(payload source.Object, otherwise time.Time) time.Time {
	ms, _ := payload.At("event_ts").(int64)
	if t := time.UnixMilli(ms).UTC(); ms > 0 && t.Year() <= 9999 {
		return t
	}
	return otherwise
}
