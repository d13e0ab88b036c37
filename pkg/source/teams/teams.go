// Package teams understands the outgoing webhooks of Microsoft Teams: what a
// person says to them in a channel. Teams shows the answer as a reply; beyond
// that one, this package says nothing there.
package teams

import (
	"cmp"
	"html"
	"net/http"
	"regexp"
	"strings"

	"postern/pkg/chat"
	"postern/pkg/source"
	"postern/pkg/verify"
	"postern/pkg/verify/hmac"
	"postern/pkg/webhook"
)

const otherType = "message" // Teams sends nothing else

var (
	mention = regexp.MustCompile(`(?is)<at\b[^>]*>.*?</at>`)
	breaks  = regexp.MustCompile(`(?i)<br\s*/?>|</(?:p|div|li|h[1-6]|tr|pre|blockquote)>`)
	tags    = regexp.MustCompile(`(?i)</?(?:a|at|attachment|b|blockquote|code|div|em|h[1-6]|i|img|li|ol|p|pre|s|span|strong|table|tbody|td|th|tr|u|ul)(?:\s[^>]*)?/?>`)
)

// Source is Teams.
type Source struct{}

var (
	_ source.Source   = Source{}
	_ source.Signed   = Source{}
	_ source.Answerer = Source{}
)

// Definition registers this source as "teams".
func Definition() source.Definition {
	d := source.Definition{Name: "teams", Duplicates: true, Samples: samples}
	return source.Define(d, func(struct{}) (Source, error) { return Source{}, nil })
}

// Verification checks the HMAC in Authorization. The secret is the security
// token that Teams shows once: the key in base64.
func (Source) Verification(keys verify.Keys) (verify.Verifier, error) {
	v, err := hmac.Scheme{
		Header: "Authorization", Prefix: "HMAC ", Encoding: "base64", SecretEncoding: "base64",
	}.Verifier(keys)
	if err != nil {
		return nil, err // never a typed nil in a Verifier
	}
	return v, nil
}

// reply is a message as Teams wants it.
type reply struct {
	Type string `json:"type"`
	Text string `json:"text"`
}

// Answer is the message that Teams demands, in the language of who wrote.
func (Source) Answer(r *webhook.Request) (webhook.Response, bool) {
	payload, err := source.ParseObject(r)
	if err != nil {
		return webhook.Response{}, false
	}
	language, _, _ := strings.Cut(payload.Text("locale"), "-")
	taken := source.Words{English: "Accepted.", Japanese: "受け付けました。", Chinese: "已受理。"}
	answer, err := webhook.JSON(http.StatusOK, reply{Type: "message", Text: taken.In(source.Locale(language))})
	return answer, err == nil
}

// Identify takes type and id of the message.
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
		Source: "teams", Type: id.Type, DeliveryID: id.DeliveryID,
		Severity: webhook.Info, OccurredAt: payload.Time(r.ReceivedAt, "timestamp"),
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
		Type: cmp.Or(payload.Line("type"), otherType), DeliveryID: payload.Line("id"),
	}, payload, nil
}

func tell(e *webhook.Event, payload source.Object) {
	e.Actor.Name = payload.Line("from.name")
	e.Container.Name = cmp.Or(payload.Line("channelData.channel.name"), payload.Line("channelData.team.name"),
		payload.Line("conversation.name"))
	e.Body = source.Excerpt(plain(payload.Text("text")))
	e.Subject.Title = source.Clip(source.FirstLine(e.Body), source.MaxLine)
	if e.Subject.Title == e.Body {
		e.Body = ""
	}
	if id := payload.Line("conversation.id"); id != "" {
		e.Thread = "teams:" + id
	}
	e.Default = e.Type == "message"
	if team := payload.Line("channelData.team.name"); team != "" && team != e.Container.Name {
		e.Fields = []webhook.Field{{Name: "Team", Value: team}}
	}
	e.Title = headline(*e, source.English)
}

// plain takes the mention of the webhook and all markup out of a text.
func plain(text string) string {
	text = mention.ReplaceAllString(text, "")
	text = breaks.ReplaceAllString(text, "\n")
	text = html.UnescapeString(tags.ReplaceAllString(text, ""))
	return strings.TrimSpace(strings.ReplaceAll(text, "\u00a0", " "))
}

// headline is "[Ops] Message by who: deploy web".
func headline(e webhook.Event, l source.Locale) string {
	if e.Type != "message" {
		return source.Headline(e, l)
	}
	what := source.Words{English: "Message", Japanese: "メッセージ", Chinese: "消息"}.In(l)
	return source.Title(e.Container.Name, source.By(l, what, e.Actor.Name), e.Subject.Title)
}

// labels are the names of fields in every locale.
func labels() map[string]source.Words {
	return map[string]source.Words{"Team": {English: "Team", Japanese: "チーム", Chinese: "团队"}}
}
