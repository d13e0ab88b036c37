// Package sns understands Amazon SNS: notifications of the topics that its
// endpoint allows, CloudWatch's alarms above all. It confirms a subscription to
// one of them, and no other. It never tells an address that confirms or ends a
// subscription: a chat that looks at links would do so.
package sns

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"postern/pkg/chat"
	"postern/pkg/source"
	"postern/pkg/verify"
	scheme "postern/pkg/verify/sns"
	"postern/pkg/webhook"
)

// The types of a message, in SNS's own words.
const (
	notification = "Notification"
	confirmation = "SubscriptionConfirmation"
	farewell     = "UnsubscribeConfirmation"
)

// Settings are the endpoint's own keys.
type Settings struct {
	// Topics are the ARNs of the topics that are taken. Anybody may have a
	// topic, so SNS's signature proves little without them.
	Topics []string `yaml:"topics"`
}

// Source is SNS.
type Source struct{ settings Settings }

var (
	_ source.Source     = Source{}
	_ source.Signed     = Source{}
	_ source.Handshaker = Source{}
)

// Definition registers this source as "sns". SNS sends the user name and the
// password of a subscription's address only once it was asked for them.
func Definition() source.Definition {
	d := source.Definition{Name: "sns", Duplicates: true, Asked: true, Marks: []string{"X-Amz-Sns-Message-Type"}, Samples: samples}
	return source.Define(d, New)
}

var arn = regexp.MustCompile(`^arn:[a-z-]+:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]+(\.fifo)?$`)

// New checks the settings. The topics may be missing: `verify` can replace the
// check that needs them, but then no subscription is confirmed.
func New(s Settings) (Source, error) {
	if s.Topics != nil && len(s.Topics) == 0 {
		return Source{}, errors.New("topics: none is written")
	}
	for i, topic := range s.Topics {
		if !arn.MatchString(topic) {
			return Source{}, fmt.Errorf("topics: number %d is no ARN of a topic", i+1)
		}
	}
	return Source{settings: s}, nil
}

// Verification checks the signature, and that the topic is one of those
// allowed.
func (s Source) Verification(keys verify.Keys) (verify.Verifier, error) {
	if len(s.settings.Topics) == 0 {
		return nil, errors.New("topics: none is written")
	}
	return verifier{scheme.New(keys), s}, nil
}

// verifier believes what SNS signed for one of the source's topics.
type verifier struct {
	scheme.Verifier
	source Source
}

// Configured is true: without topics there is no verifier.
func (verifier) Configured() bool { return true }

// Verify looks at the topic last, which is believed only when it is signed.
func (v verifier) Verify(ctx context.Context, r *webhook.Request) error {
	if raw(r) {
		return verify.Missing("raw deliveries are not signed: write verify for what else proves them genuine")
	}
	if err := v.Verifier.Verify(ctx, r); err != nil {
		return err
	}
	m, err := read(r)
	if err != nil {
		return verify.Reject("the body is no message of SNS")
	}
	return v.source.allow(m.topic)
}

// allow refuses all topics but those written, of which there may be none.
func (s Source) allow(topic string) error {
	if slices.Contains(s.settings.Topics, topic) {
		return nil
	}
	return verify.Reject(fmt.Sprintf("the topic %.300q is not in topics", topic))
}

// Handshake confirms a subscription to a topic that is allowed. Of all else it
// looks at the topic alone, where there are topics: the endpoint may verify with
// something that knows none.
func (s Source) Handshake(ctx context.Context, r *webhook.Request, keys verify.Keys) (webhook.Response, bool, error) {
	m, err := read(r)
	switch {
	case err != nil:
		return webhook.Response{}, false, nil //nolint:nilerr // Identify says what is wrong with it
	case m.kind == confirmation:
		err := s.confirm(ctx, r, m, keys)
		return webhook.Plain(http.StatusOK, "confirmed"), err == nil, err
	case len(s.settings.Topics) > 0:
		return webhook.Response{}, false, s.allow(m.topic)
	default:
		return webhook.Response{}, false, nil
	}
}

// confirm calls the address in a message. That SNS signed it is checked in any
// case, whatever the endpoint verifies with: nobody else makes us call.
func (s Source) confirm(ctx context.Context, r *webhook.Request, m message, keys verify.Keys) error {
	if err := (verifier{scheme.New(keys), s}).Verify(ctx, r); err != nil {
		return err
	}
	address := m.payload.Text("SubscribeURL")
	if !scheme.Own(address) {
		return verify.Reject("the SubscribeURL is not one of SNS")
	}
	if _, err := keys.Fetch(ctx, address); err != nil {
		return verify.Unavailable(fmt.Errorf("confirm the subscription to %s: %w", m.topic, err))
	}
	return nil
}

// Identify takes type and id of the message, of a raw delivery from headers.
func (Source) Identify(r *webhook.Request) (source.Identity, error) {
	m, err := read(r)
	return source.Identity{Type: m.kind, Action: m.action(), DeliveryID: m.id}, err
}

// Events gives the one event of a message.
func (Source) Events(r *webhook.Request) ([]webhook.Event, error) {
	m, err := read(r)
	if err != nil {
		return nil, err
	}
	e := webhook.Event{
		Source: "sns", Type: m.kind, Action: m.action(), DeliveryID: m.id,
		Severity: webhook.Info, OccurredAt: m.payload.Time(r.ReceivedAt, "Timestamp"),
	}
	m.tell(&e)
	return []webhook.Event{e}, nil
}

// Message words an event.
func (Source) Message(e webhook.Event, l source.Locale, v source.Verbosity) chat.Message {
	return source.Translate(source.Message(e, headline(e, l), v), l, labels())
}

// raw tells a delivery that is the bare message of who published it.
func raw(r *webhook.Request) bool {
	return strings.EqualFold(r.Header.Get("X-Amz-Sns-Rawdelivery"), "true")
}

// message is a delivery as it was read.
type message struct {
	kind, id, topic string
	subject, text   string
	payload         source.Object // the envelope; nil of a raw delivery
	inner           source.Object // the text, where that is a JSON object
}

// read takes the body for JSON whatever its type is said to be, as the scheme
// does: SNS says text/plain, and a form would be read otherwise than it was
// verified.
func read(r *webhook.Request) (message, error) {
	m := message{
		kind: cmp.Or(source.Line(r.Header.Get("X-Amz-Sns-Message-Type")), notification),
		id:   source.Line(r.Header.Get("X-Amz-Sns-Message-Id")), topic: source.Line(r.Header.Get("X-Amz-Sns-Topic-Arn")),
		text: string(r.Body),
	}
	if !raw(r) {
		v, err := webhook.DecodeJSON(r.Body)
		if err != nil {
			return message{}, err
		}
		payload, ok := v.(map[string]any)
		if !ok {
			return message{}, fmt.Errorf("%w: the JSON is not an object", webhook.ErrPayload)
		}
		m.payload = payload
		m.kind = cmp.Or(m.payload.Line("Type"), notification)
		m.id, m.topic = m.payload.Line("MessageId"), m.payload.Text("TopicArn")
		m.subject, m.text = m.payload.Line("Subject"), m.payload.Text("Message")
	}
	if strings.HasPrefix(strings.TrimSpace(m.text), "{") && m.kind == notification {
		v, _ := webhook.DecodeJSON([]byte(m.text))
		m.inner, _ = v.(map[string]any)
	}
	return m, nil
}
