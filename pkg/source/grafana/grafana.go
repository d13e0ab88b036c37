// Package grafana understands Grafana's alerting webhooks: Alertmanager's
// payload with values and links of its own, signed where the contact point has
// a secret. It takes no picture from anywhere: it only names where one is.
package grafana

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"postern/pkg/chat"
	"postern/pkg/source"
	"postern/pkg/source/alertmanager"
	"postern/pkg/verify"
	"postern/pkg/verify/hmac"
	"postern/pkg/webhook"
)

const (
	defaultHeader = "X-Grafana-Alerting-Signature"
	otherType     = "alert" // of a custom payload without a status
)

// Settings are the endpoint's own keys. Both headers are named by whoever made
// the contact point.
type Settings struct {
	SignatureHeader string `yaml:"signature_header"`
	TimestampHeader string `yaml:"timestamp_header"` // empty: none is sent
}

// Source is Grafana.
type Source struct{ settings Settings }

var (
	_ source.Source = Source{}
	_ source.Signed = Source{}
)

// Definition registers this source as "grafana".
func Definition() source.Definition {
	return source.Define(source.Definition{Name: "grafana", Duplicates: true, Ranges: ranges(), Samples: samples}, New)
}

// New checks the settings, and names the key at fault.
func New(s Settings) (Source, error) {
	err := errors.Join(check("signature_header", s.SignatureHeader), check("timestamp_header", s.TimestampHeader))
	s.SignatureHeader = cmp.Or(s.SignatureHeader, defaultHeader)
	if http.CanonicalHeaderKey(s.SignatureHeader) == http.CanonicalHeaderKey(s.TimestampHeader) {
		err = errors.Join(err, errors.New("timestamp_header: it is the header of the signature"))
	}
	return Source{settings: s}, err
}

func check(key, header string) error {
	if strings.ContainsAny(header, " \t\r\n:{}") {
		return fmt.Errorf("%s: %q is no name of a header", key, header)
	}
	return nil
}

// Verification checks the signature over the body and, where a header for it
// is named, the time.
func (s Source) Verification(keys verify.Keys) (verify.Verifier, error) {
	scheme := hmac.Scheme{Header: cmp.Or(s.settings.SignatureHeader, defaultHeader)}
	if s.settings.TimestampHeader != "" {
		scheme.TimestampHeader = s.settings.TimestampHeader
		scheme.Signed = "{timestamp}:{body}"
	}
	v, err := scheme.Verifier(keys)
	if err != nil {
		return nil, err // never a typed nil in a Verifier
	}
	return v, nil
}

// Identify takes the status as the type, and a hash of the content as the
// delivery id: Grafana has none of its own.
func (Source) Identify(r *webhook.Request) (source.Identity, error) {
	n, err := read(r)
	return n.id, err
}

// Events gives the one event of a notification.
func (Source) Events(r *webhook.Request) ([]webhook.Event, error) {
	n, err := read(r)
	if err != nil {
		return nil, err
	}
	e := webhook.Event{
		Source: "grafana", Type: n.id.Type, DeliveryID: n.id.DeliveryID,
		Thread: n.group.Thread("grafana:" + cmp.Or(n.org, "1")), OccurredAt: r.ReceivedAt,
	}
	n.group.Tell(&e)
	return []webhook.Event{e}, nil
}

// Message words an event.
func (Source) Message(e webhook.Event, l source.Locale, v source.Verbosity) chat.Message {
	return alertmanager.Message(e, l, v)
}

// notification is a request as it was read.
type notification struct {
	id    source.Identity
	org   string
	group alertmanager.Group
}

func read(r *webhook.Request) (notification, error) {
	payload, err := source.ParseAny(r)
	if err != nil {
		return notification{}, err
	}
	n := notification{org: payload.Line("orgId"), group: alertmanager.Read(payload)}
	n.id = source.Identity{
		Type:       cmp.Or(n.group.Status, otherType),
		DeliveryID: n.group.Hash(r.Body, n.org),
		Window:     alertmanager.Window,
	}
	return n, nil
}
