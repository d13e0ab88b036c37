// Package shopify understands Shopify's webhooks. It shows amounts, numbers and
// states; of a customer's e-mail address it shows what tells customers apart,
// and of names, addresses, telephone numbers and the pages that open to whoever
// has their address, nothing.
package shopify

import (
	"cmp"
	"strings"

	"postern/pkg/chat"
	"postern/pkg/source"
	"postern/pkg/verify"
	"postern/pkg/verify/hmac"
	"postern/pkg/webhook"
)

const otherType = "event" // of a request without a topic

// Source is Shopify.
type Source struct{}

var (
	_ source.Source = Source{}
	_ source.Signed = Source{}
)

// Definition registers this source as "shopify". Shopify tries its privacy
// webhooks with a wrong signature, and wants 401 for it.
func Definition() source.Definition {
	d := source.Definition{Name: "shopify", Duplicates: true, Unauthorized: true, Marks: []string{"X-Shopify-Topic"}, Samples: samples}
	return source.Define(d, func(struct{}) (Source, error) { return Source{}, nil })
}

// Verification checks X-Shopify-Hmac-Sha256 over the raw body. The secret is
// that of the app, or of the store for webhooks made by hand.
func (Source) Verification(keys verify.Keys) (verify.Verifier, error) {
	v, err := hmac.Scheme{Header: "X-Shopify-Hmac-Sha256", Encoding: "base64"}.Verifier(keys)
	if err != nil {
		return nil, err // never a typed nil in a Verifier
	}
	return v, nil
}

// Identify takes topic and id of the delivery from the headers.
func (Source) Identify(r *webhook.Request) (source.Identity, error) {
	id, _, err := read(r)
	return id, err
}

// Events gives the one event of a delivery.
func (Source) Events(r *webhook.Request) ([]webhook.Event, error) {
	id, o, err := read(r)
	if err != nil {
		return nil, err
	}
	e := webhook.Event{
		Source: "shopify", Type: id.Type, DeliveryID: id.DeliveryID,
		OccurredAt: o.Time(r.ReceivedAt, "updated_at", "processed_at", "created_at"),
	}
	tell(&e, o, header(r, "X-Shopify-Shop-Domain"), header(r, "X-Shopify-Test") == "true")
	return []webhook.Event{e}, nil
}

// Message words an event.
func (Source) Message(e webhook.Event, l source.Locale, v source.Verbosity) chat.Message {
	return source.Translate(source.Message(e, headline(e, l), v), l, labels())
}

// read gives an empty object for the XML that Shopify sends where it is told
// to: topic and shop stand in the headers.
func read(r *webhook.Request) (source.Identity, source.Object, error) {
	id := source.Identity{
		Type: cmp.Or(header(r, "X-Shopify-Topic"), otherType), DeliveryID: header(r, "X-Shopify-Webhook-Id"),
	}
	if strings.HasSuffix(r.MediaType(), "/xml") {
		return id, nil, nil
	}
	o, err := source.ParseObject(r)
	if err != nil {
		return source.Identity{}, nil, err
	}
	return id, o, nil
}

func header(r *webhook.Request, name string) string {
	return source.Line(r.Header.Get(name))
}
