// Package telegram understands the updates that Telegram sends to a bot. It
// tells of them; it never answers as the bot.
package telegram

import (
	"maps"
	"slices"

	"postern/pkg/chat"
	"postern/pkg/source"
	"postern/pkg/verify"
	"postern/pkg/verify/token"
	"postern/pkg/webhook"
)

const (
	number    = "update_id"
	otherType = "update" // of one that holds nothing else
)

// Source is Telegram.
type Source struct{}

var (
	_ source.Source = Source{}
	_ source.Signed = Source{}
)

// Definition registers this source as "telegram".
func Definition() source.Definition {
	d := source.Definition{Name: "telegram", Duplicates: true, Marks: []string{"X-Telegram-Bot-Api-Secret-Token"}, Ranges: ranges(), Samples: samples}
	return source.Define(d, func(struct{}) (Source, error) { return Source{}, nil })
}

// Verification wants the secret_token of setWebhook. Telegram signs nothing.
func (Source) Verification(keys verify.Keys) (verify.Verifier, error) {
	return token.Verifier{Header: "X-Telegram-Bot-Api-Secret-Token", Tokens: keys.Secrets}, nil
}

// Identify takes the kind of update, and its number.
func (Source) Identify(r *webhook.Request) (source.Identity, error) {
	id, _, err := read(r)
	return id, err
}

// Events gives the one event of an update.
func (Source) Events(r *webhook.Request) ([]webhook.Event, error) {
	id, payload, err := read(r)
	if err != nil {
		return nil, err
	}
	what := payload.Object(id.Type)
	e := webhook.Event{
		Source: "telegram", Type: id.Type, DeliveryID: id.DeliveryID,
		Severity: webhook.Info, OccurredAt: what.Time(r.ReceivedAt, "edit_date", "date"),
	}
	tell(&e, what)
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
	return source.Identity{Type: kind(payload), DeliveryID: payload.Line(number)}, payload, nil
}

// kind is the one member beside the number: it names what the update is.
func kind(payload source.Object) string {
	for _, name := range slices.Sorted(maps.Keys(payload)) {
		if payload.Object(name) != nil && name == source.Line(name) && name != "" {
			return name
		}
	}
	return otherType
}
