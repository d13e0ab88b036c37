// Package meta understands the webhooks of Meta's platforms: pages, Instagram,
// WhatsApp, Messenger. It greets Meta with its challenge; it answers nobody who
// wrote.
package meta

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"

	"postern/pkg/chat"
	"postern/pkg/secret"
	"postern/pkg/source"
	"postern/pkg/verify"
	"postern/pkg/verify/hmac"
	"postern/pkg/webhook"
)

const (
	otherType    = "event" // of a payload without an object
	maxChallenge = 1 << 10
	tokenParam   = "hub.verify_token" // of the query that Meta asks with
)

// Settings are the endpoint's own keys.
type Settings struct {
	VerifyToken secret.Text `yaml:"verify_token"` // the word that was given to Meta; not written: no greeting
}

// Source is Meta.
type Source struct{ settings Settings }

var (
	_ source.Source  = Source{}
	_ source.Signed  = Source{}
	_ source.Greeter = Source{}
)

// Definition registers this source as "meta".
func Definition() source.Definition {
	return source.Define(source.Definition{Name: "meta", Duplicates: true, Samples: samples}, New)
}

// New checks the settings.
func New(s Settings) (Source, error) {
	if s.VerifyToken != (secret.Text{}) && s.VerifyToken.Empty() {
		return Source{}, errors.New("verify_token: it is empty")
	}
	return Source{settings: s}, nil
}

// Verification checks the signature over the raw body. The secret is the App
// Secret.
func (s Source) Verification(keys verify.Keys) (verify.Verifier, error) {
	v, err := hmac.Scheme{Header: "X-Hub-Signature-256", Prefix: "sha256="}.Verifier(keys)
	if err != nil {
		return nil, err // never a typed nil in a Verifier
	}
	return verifier{v, s.settings.VerifyToken}, nil
}

// Greet echoes the challenge to whoever knows the verify_token, as Meta asks
// when the address is saved. What has a body is an event.
func (s Source) Greet(r *webhook.Request) (webhook.Response, bool) {
	token, challenge, ok := greeting(r)
	if !ok || !verify.Match(token, []secret.Text{s.settings.VerifyToken}) {
		return webhook.Response{}, false
	}
	return webhook.Plain(http.StatusOK, challenge), true
}

// greeting reads what Meta asks with.
func greeting(r *webhook.Request) (token, challenge string, ok bool) {
	if r.Method != http.MethodGet || len(r.Body) > 0 {
		return "", "", false
	}
	q := r.Query()
	mode, tokens, challenges := q["hub.mode"], q[tokenParam], q["hub.challenge"]
	if len(mode) != 1 || len(tokens) != 1 || len(challenges) != 1 {
		return "", "", false
	}
	if mode[0] != "subscribe" || challenges[0] == "" || len(challenges[0]) > maxChallenge {
		return "", "", false
	}
	return tokens[0], challenges[0], true
}

// Identify takes the object and, where all changes are of one, its field. Meta
// gives a delivery no id: a hash of the content stands in.
func (Source) Identify(r *webhook.Request) (source.Identity, error) {
	d, err := read(r)
	return d.id, err
}

// Events gives an event for each change: Meta sends many at once.
func (Source) Events(r *webhook.Request) ([]webhook.Event, error) {
	d, err := read(r)
	if err != nil {
		return nil, err
	}
	base := webhook.Event{
		Source: "meta", Type: d.id.Type, DeliveryID: d.id.DeliveryID, Severity: webhook.Info, OccurredAt: r.ReceivedAt,
		Container: webhook.Party{Name: "Meta"},
	}
	return source.Each(base, d.changes, func(e *webhook.Event, c change) {
		e.Action = c.field
		tell(e, c, r.ReceivedAt)
	}), nil
}

// Message words an event.
func (Source) Message(e webhook.Event, l source.Locale, v source.Verbosity) chat.Message {
	return source.Translate(source.Message(e, headline(e, l), v), l, labels())
}

// delivery is a request as it was read.
type delivery struct {
	id      source.Identity
	changes []change
}

// change is one of the things that a delivery tells.
type change struct {
	field string
	entry source.Object
	value source.Object
}

func read(r *webhook.Request) (delivery, error) {
	payload, err := source.ParseObject(r)
	if err != nil {
		return delivery{}, err
	}
	sum := sha256.Sum256(r.Body)
	d := delivery{changes: changes(payload)}
	d.id = source.Identity{
		Type: cmp.Or(payload.Line("object"), otherType), Action: d.changes[0].field,
		DeliveryID: hex.EncodeToString(sum[:]), Window: source.ContentWindow,
	}
	for _, c := range d.changes {
		if c.field != d.id.Action {
			d.id.Action = ""
		}
	}
	return d, nil
}

// changes are those of all entries; what holds none is a change itself.
func changes(payload source.Object) []change {
	var all []change
	for _, entry := range payload.Objects("entry") {
		for _, c := range entry.Objects("changes") {
			value := c.Object("value")
			if value == nil {
				value = source.Object{"value": c.At("value")}
			}
			all = append(all, change{field: c.Line("field"), entry: entry, value: value})
		}
		for _, m := range entry.Objects("messaging") {
			all = append(all, change{field: messaging(m), entry: entry, value: m})
		}
		for _, name := range entry.List("changed_fields") {
			all = append(all, change{field: source.Line(source.Scalar(name)), entry: entry})
		}
	}
	if len(all) == 0 {
		all = append(all, change{entry: payload})
	}
	return all
}

// messaging names what Messenger tells by Meta's own names of its fields.
func messaging(m source.Object) string {
	switch {
	case m.Flag("message.is_echo"):
		return "message_echoes"
	case m.Object("message") != nil:
		return "messages"
	case m.Object("postback") != nil:
		return "messaging_postbacks"
	case m.Object("reaction") != nil:
		return "message_reactions"
	case m.Object("delivery") != nil:
		return "message_deliveries"
	case m.Object("read") != nil:
		return "message_reads"
	default:
		return "messaging"
	}
}
