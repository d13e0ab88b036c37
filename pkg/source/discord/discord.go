// Package discord understands what Discord sends to an app: interactions
// (commands, buttons, forms) and webhook events. It answers PINGs and says that
// an interaction was taken; it never follows up, so the token of an interaction
// is neither read nor told.
package discord

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"strings"

	"postern/pkg/chat"
	"postern/pkg/secret"
	"postern/pkg/source"
	"postern/pkg/verify"
	"postern/pkg/verify/ed25519"
	"postern/pkg/webhook"
)

// The types of an interaction, by Discord's numbers, in Discord's own names.
const (
	command      = "application_command"
	component    = "message_component"
	autocomplete = "application_command_autocomplete"
	modal        = "modal_submit"
	otherType    = "interaction"
)

// Settings are the endpoint's own keys.
type Settings struct {
	PublicKey string `yaml:"public_key"` // 64 hex digits, from the app's page
}

// Source is Discord.
type Source struct{ settings Settings }

var (
	_ source.Source     = Source{}
	_ source.Signed     = Source{}
	_ source.Challenger = Source{}
	_ source.Answerer   = Source{}
	_ verify.KeySigner  = Source{}
)

// Definition registers this source as "discord". Discord tries wrong signatures
// and removes an address that does not answer them with 401.
func Definition() source.Definition {
	return source.Define(source.Definition{Name: "discord", Duplicates: true, Unauthorized: true, Marks: []string{"X-Signature-Ed25519"}, Samples: samples}, New)
}

// New checks the settings. The key may be missing: `verify` can replace the
// check that needs it.
func New(s Settings) (Source, error) {
	if s.PublicKey == "" {
		return Source{}, nil
	}
	_, err := ed25519.New(scheme(s), verify.Keys{})
	return Source{settings: s}, err
}

func scheme(s Settings) ed25519.Config {
	return ed25519.Config{
		Header: "X-Signature-Ed25519", TimestampHeader: "X-Signature-Timestamp", PublicKey: s.PublicKey,
	}
}

// Verification checks the signature over the time and the raw body.
func (s Source) Verification(keys verify.Keys) (verify.Verifier, error) {
	if s.settings.PublicKey == "" {
		return nil, errors.New("public_key: none is written")
	}
	v, err := ed25519.New(scheme(s.settings), keys)
	if err != nil {
		return nil, err // never a typed nil in a Verifier
	}
	return verifier{v}, nil
}

// verifier needs no secret: its key is public.
type verifier struct{ *ed25519.Verifier }

// Configured is true: without the key there is no verifier.
func (verifier) Configured() bool { return true }

// SignerOf signs as Discord does, with an app's private key: Ed25519 in hex.
func (s Source) SignerOf(private secret.Text) (verify.Signer, error) {
	return ed25519.Signer(scheme(s.settings), private)
}

// Challenge answers both kinds of PING: an interaction of type 1, and a webhook
// event of type 0. Of who is typing, an interaction of type 4 for each letter, it
// makes nothing either: there is nothing to choose from.
func (Source) Challenge(r *webhook.Request) (webhook.Response, bool) {
	payload, err := source.ParseObject(r)
	if err != nil || payload.Object("event") != nil {
		return webhook.Response{}, false
	}
	switch payload["type"] {
	case int64(0):
		return webhook.Response{Status: http.StatusNoContent}, true
	case int64(1):
		answer, err := webhook.JSON(http.StatusOK, struct {
			Type int `json:"type"`
		}{1})
		return answer, err == nil
	case int64(4):
		answer, err := webhook.JSON(http.StatusOK, reply{Type: withChoices, Data: replyData{Choices: &[]string{}}})
		return answer, err == nil
	default:
		return webhook.Response{}, false
	}
}

// Identify takes the kind of interaction, or a webhook event's type. Webhook
// events have no id: a hash of the content stands in.
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
		Source: "discord", Type: id.Type, Action: id.Action, DeliveryID: id.DeliveryID,
		Severity: webhook.Info, OccurredAt: payload.Time(r.ReceivedAt, "event.timestamp"),
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
	if event := payload.Object("event"); event != nil {
		sum := sha256.Sum256(r.Body)
		return source.Identity{
			Type: cmp.Or(event.Line("type"), otherType), DeliveryID: hex.EncodeToString(sum[:]), Window: source.ContentWindow,
		}, payload, nil
	}
	return source.Identity{
		Type: kind(payload), DeliveryID: payload.Line("id"),
		Action: cmp.Or(payload.Line("data.name"), payload.Line("data.custom_id")),
	}, payload, nil
}

func kind(payload source.Object) string {
	switch payload["type"] {
	case int64(2):
		return command
	case int64(3):
		return component
	case int64(4):
		return autocomplete
	case int64(5):
		return modal
	default:
		return otherType
	}
}

// reply is an answer to an interaction.
type reply struct {
	Type int       `json:"type"`
	Data replyData `json:"data"`
}

type replyData struct {
	Content  string    `json:"content,omitempty"`
	Flags    int       `json:"flags,omitempty"`
	Choices  *[]string `json:"choices,omitempty"`
	Mentions *mentions `json:"allowed_mentions,omitempty"`
}

type mentions struct {
	Parse []string `json:"parse"`
}

// What a reply may be, in Discord's numbers.
const (
	withMessage = 4
	withChoices = 8
	ephemeral   = 1 << 6 // only who acted sees it
)

// Answer tells who acted that it was taken, and gives a webhook event its 204.
func (Source) Answer(r *webhook.Request) (webhook.Response, bool) {
	payload, err := source.ParseObject(r)
	if err != nil {
		return webhook.Response{}, false
	}
	if payload.Object("event") != nil {
		return webhook.Response{Status: http.StatusNoContent}, true
	}
	taken := reply{Type: withMessage, Data: replyData{
		Content: source.Words{English: "Accepted.", Japanese: "受け付けました。", Chinese: "已受理。"}.In(locale(payload)),
		Flags:   ephemeral, Mentions: &mentions{Parse: []string{}},
	}}
	answer, err := webhook.JSON(http.StatusOK, taken)
	return answer, err == nil
}

// locale is the language of who acted: "zh-CN" is Chinese.
func locale(payload source.Object) source.Locale {
	language, _, _ := strings.Cut(payload.Text("locale"), "-")
	return source.Locale(language)
}
