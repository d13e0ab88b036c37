// Package zoom understands Zoom's webhooks: meetings, webinars, recordings. It
// tells neither the password of a meeting nor an address that lets anybody in.
package zoom

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"

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

// Source is Zoom.
type Source struct{}

var (
	_ source.Source     = Source{}
	_ source.Signed     = Source{}
	_ source.Handshaker = Source{}
	_ source.Answerer   = Source{}
)

// Definition registers this source as "zoom".
func Definition() source.Definition {
	d := source.Definition{Name: "zoom", Duplicates: true, Marks: []string{"x-zm-signature"}, Samples: samples}
	return source.Define(d, func(struct{}) (Source, error) { return Source{}, nil })
}

// Verification checks x-zm-signature, over the time and the raw body.
func (Source) Verification(keys verify.Keys) (verify.Verifier, error) {
	v, err := scheme.Scheme{
		Header: "X-Zm-Signature", Prefix: "v0=", TimestampHeader: "X-Zm-Request-Timestamp",
		Signed: "v0:{timestamp}:{body}",
	}.Verifier(keys)
	if err != nil {
		return nil, err // never a typed nil in a Verifier
	}
	return v, nil
}

// Handshake proves to Zoom that we have the secret: it sends a token when the
// address is saved, and every three days after that.
func (s Source) Handshake(ctx context.Context, r *webhook.Request, keys verify.Keys) (webhook.Response, bool, error) {
	payload, err := source.ParseObject(r)
	token := payload.Text("payload.plainToken")
	if err != nil || payload.Text("event") != validation || token == "" || len(token) > maxToken {
		return webhook.Response{}, false, nil //nolint:nilerr // Identify says what is wrong with it
	}
	key, err := s.signer(ctx, r, keys)
	if err != nil {
		return webhook.Response{}, false, err
	}
	mac := hmac.New(sha256.New, []byte(key.Reveal()))
	mac.Write([]byte(token))
	answer, err := webhook.JSON(http.StatusOK, struct {
		Plain     string `json:"plainToken"`
		Encrypted string `json:"encryptedToken"`
	}{token, hex.EncodeToString(mac.Sum(nil))})
	return answer, err == nil, err
}

// signer gives the secret that signed a request: of several the one that Zoom
// has now. Whatever the endpoint verifies with, nobody else is given a proof.
func (s Source) signer(ctx context.Context, r *webhook.Request, keys verify.Keys) (secret.Text, error) {
	refused := verify.NotConfigured()
	for _, key := range secret.NonEmpty(keys.Secrets) {
		v, err := s.Verification(verify.Keys{Secrets: []secret.Text{key}, Tolerance: keys.Tolerance})
		if err != nil {
			return secret.Text{}, verify.Reject(err.Error())
		}
		if refused = v.Verify(ctx, r); refused == nil {
			return key, nil
		}
	}
	return secret.Text{}, refused
}

// Answer is 204: Zoom takes nothing but 200 and 204 for a success, and would
// send the event again.
func (Source) Answer(*webhook.Request) (webhook.Response, bool) {
	return webhook.Response{Status: http.StatusNoContent}, true
}

// Identify takes the event, and a hash of what tells it from others: Zoom gives
// it no id.
func (Source) Identify(r *webhook.Request) (source.Identity, error) {
	id, _, err := read(r)
	return id, err
}

// Events gives the one event of a delivery.
func (Source) Events(r *webhook.Request) ([]webhook.Event, error) {
	id, payload, err := read(r)
	if err != nil {
		return nil, err
	}
	e := webhook.Event{
		Source: "zoom", Type: id.Type, DeliveryID: id.DeliveryID,
		Severity: webhook.Info, OccurredAt: payload.Time(r.ReceivedAt, "event_ts"),
	}
	tell(&e, payload)
	return []webhook.Event{e}, nil
}

// Message words an event.
func (Source) Message(e webhook.Event, l source.Locale, v source.Verbosity) chat.Message {
	return source.Translate(source.Message(e, headline(e, l), v), l, labels())
}

func read(r *webhook.Request) (source.Identity, source.Object, error) {
	payload, err := source.ParseObject(r)
	if err != nil {
		return source.Identity{}, nil, err
	}
	return source.Identity{
		Type: cmp.Or(payload.Line("event"), otherType), DeliveryID: hash(payload, r.Body), Window: source.ContentWindow,
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
