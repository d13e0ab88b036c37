// Package slack understands what Slack sends to an app: events, slash commands
// and interactions. It answers Slack's handshakes and nothing else: it calls no
// response_url, and never tells one, for whoever has it may answer in the app's
// name.
package slack

import (
	"cmp"
	"net/http"
	"strings"

	"postern/pkg/chat"
	"postern/pkg/source"
	"postern/pkg/verify"
	"postern/pkg/verify/hmac"
	"postern/pkg/webhook"
)

const (
	slashCommand = "slash_command" // our word: Slack names no type for these
	otherType    = "event"         // of a payload without a type
)

// Source is Slack.
type Source struct{}

var (
	_ source.Source     = Source{}
	_ source.Signed     = Source{}
	_ source.Challenger = Source{}
	_ source.Answerer   = Source{}
)

// Definition registers this source as "slack".
func Definition() source.Definition {
	d := source.Definition{Name: "slack", Duplicates: true, Marks: []string{"X-Slack-Signature"}, Samples: samples}
	return source.Define(d, func(struct{}) (Source, error) { return Source{}, nil })
}

// Verification checks X-Slack-Signature, over the time and the raw body.
func (Source) Verification(keys verify.Keys) (verify.Verifier, error) {
	v, err := hmac.Scheme{
		Header: "X-Slack-Signature", Prefix: "v0=", TimestampHeader: "X-Slack-Request-Timestamp",
		Signed: "v0:{timestamp}:{body}",
	}.Verifier(keys)
	if err != nil {
		return nil, err // never a typed nil in a Verifier
	}
	return v, nil
}

// Challenge echoes the challenge of url_verification, and answers the probe of
// our certificate.
func (Source) Challenge(r *webhook.Request) (webhook.Response, bool) {
	_, payload, err := read(r)
	if err != nil {
		return webhook.Response{}, false
	}
	if r.IsForm() {
		return webhook.Response{Status: http.StatusOK}, payload.Text("ssl_check") == "1"
	}
	if payload.Text("type") != "url_verification" {
		return webhook.Response{}, false
	}
	answer, err := webhook.JSON(http.StatusOK, struct {
		Challenge string `json:"challenge"`
	}{payload.Text("challenge")})
	return answer, err == nil
}

// Answer is 200 without a body to a command or an interaction: a body would be
// shown in Slack as a reply. Events take the 202.
func (Source) Answer(r *webhook.Request) (webhook.Response, bool) {
	return webhook.Response{Status: http.StatusOK}, r.IsForm()
}

// Identify takes the type of the event, command or interaction, and its id.
func (Source) Identify(r *webhook.Request) (source.Identity, error) {
	id, _, err := read(r)
	return id, err
}

// Events gives the one event of a delivery; none for what the app itself said,
// or a chat of this app would talk to itself for ever.
func (Source) Events(r *webhook.Request) ([]webhook.Event, error) {
	id, payload, err := read(r)
	if err != nil {
		return nil, err
	}
	if own(payload) {
		return nil, nil
	}
	e := webhook.Event{
		Source: "slack", Type: id.Type, Action: id.Action, DeliveryID: id.DeliveryID,
		Severity: webhook.Info, OccurredAt: payload.Time(r.ReceivedAt, "event_time"),
	}
	tell(&e, payload)
	return []webhook.Event{e}, nil
}

// Message words an event.
func (Source) Message(e webhook.Event, l source.Locale, v source.Verbosity) chat.Message {
	return source.Translate(source.Message(e, headline(e, l), v), l, labels())
}

func read(r *webhook.Request) (source.Identity, source.Object, error) {
	payload, err := parse(r)
	if err != nil {
		return source.Identity{}, nil, err
	}
	if command := payload.Line("command"); command != "" && r.IsForm() {
		return source.Identity{
			Type: slashCommand, Action: strings.TrimPrefix(command, "/"), DeliveryID: payload.Line("trigger_id"),
		}, payload, nil
	}
	if event := payload.Object("event"); event != nil {
		return source.Identity{
			Type: cmp.Or(event.Line("type"), otherType), Action: event.Line("subtype"), DeliveryID: payload.Line("event_id"),
		}, payload, nil
	}
	return source.Identity{
		Type:       cmp.Or(payload.Line("type"), otherType),
		Action:     cmp.Or(pressed(payload).Line("action_id"), payload.Line("callback_id"), payload.Line("view.callback_id")),
		DeliveryID: cmp.Or(payload.Line("event_id"), payload.Line("trigger_id")),
	}, payload, nil
}

// parse gives the JSON of an event or interaction, or a command's form.
func parse(r *webhook.Request) (source.Object, error) {
	if !r.IsForm() {
		return source.ParseObject(r)
	}
	form, err := r.Form()
	if err != nil {
		return nil, err
	}
	if form.Values.Has("payload") {
		return source.ParseObject(r)
	}
	fields := source.Object{}
	for name, values := range form.Values {
		fields[name] = values[0]
	}
	return fields, nil
}

// own reports whether the app that is told of a message is who wrote it.
func own(payload source.Object) bool {
	app := payload.Text("api_app_id")
	if app == "" {
		return false
	}
	event := payload.Object("event")
	return app == event.Text("app_id") || app == event.Text("bot_profile.app_id") ||
		app == event.Text("message.app_id") || app == event.Text("message.bot_profile.app_id")
}

// pressed is the first element that a person used in an interaction.
func pressed(payload source.Object) source.Object {
	if actions := payload.Objects("actions"); len(actions) > 0 {
		return actions[0]
	}
	return nil
}
