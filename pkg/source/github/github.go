// Package github understands GitHub's webhooks. It reads what chat shows and
// no more; what it does not know becomes a plain line, never an error. It
// takes no SHA-1 signature and accepts nothing unsigned.
package github

import (
	"cmp"
	"fmt"
	"net/http"
	"strings"

	"postern/pkg/chat"
	"postern/pkg/source"
	"postern/pkg/source/forge"
	"postern/pkg/verify"
	"postern/pkg/verify/hmac"
	"postern/pkg/webhook"
)

// maxBody is GitHub's own limit: it sends no larger payload.
const maxBody = 25 << 20

// Source is GitHub.
type Source struct{}

var (
	_ source.Source     = Source{}
	_ source.Signed     = Source{}
	_ source.Challenger = Source{}
)

// Definition registers this source as "github".
func Definition() source.Definition {
	d := source.Definition{Name: "github", MaxBody: maxBody, Duplicates: true, Marks: []string{"X-GitHub-Event"}, Ranges: ranges(), Samples: samples}
	return source.Define(d, func(struct{}) (Source, error) { return Source{}, nil })
}

// Verification checks X-Hub-Signature-256 over the raw body, and nothing less:
// the older SHA-1 header beside it is not looked at.
func (Source) Verification(keys verify.Keys) (verify.Verifier, error) {
	v, err := hmac.Scheme{Header: "X-Hub-Signature-256", Prefix: "sha256="}.Verifier(keys)
	if err != nil {
		return nil, err // never a typed nil in a Verifier
	}
	return v, nil
}

// Challenge answers the ping that GitHub sends when a hook is made.
func (Source) Challenge(r *webhook.Request) (webhook.Response, bool) {
	if r.Header.Get("X-GitHub-Event") != "ping" {
		return webhook.Response{}, false
	}
	answer, err := webhook.JSON(http.StatusOK, struct {
		Status  string `json:"status"`
		Message string `json:"message"`
	}{"ok", "pong"})
	return answer, err == nil
}

// Identify takes type and delivery id from the headers, the action from the
// body.
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
	e := base(id, payload, r)
	fill, known := readers[id.Type]
	if !known {
		fill = other
	}
	fill(&e, payload)
	return []webhook.Event{e}, nil
}

// Message words an event.
func (Source) Message(e webhook.Event, l source.Locale, v source.Verbosity) chat.Message {
	switch d := e.Detail.(type) {
	case forge.Push:
		return forge.Message(e, l, v)
	case item:
		return d.message(e, l, v)
	default:
		return localized(source.Message(e, source.Headline(e, l), v), l)
	}
}

func read(r *webhook.Request) (source.Identity, source.Object, error) {
	kind := source.Line(r.Header.Get("X-GitHub-Event"))
	if kind == "" {
		return source.Identity{}, nil, fmt.Errorf("%w: the X-GitHub-Event header is missing", webhook.ErrPayload)
	}
	payload, err := source.ParseObject(r)
	if err != nil {
		return source.Identity{}, nil, err
	}
	return source.Identity{
		Type:       kind,
		Action:     payload.Line("action"),
		DeliveryID: strings.TrimSpace(r.Header.Get("X-GitHub-Delivery")),
	}, payload, nil
}

// base is what all of GitHub's events tell in the same way.
func base(id source.Identity, payload source.Object, r *webhook.Request) webhook.Event {
	e := webhook.Event{
		Source: "github", Type: id.Type, Action: id.Action, DeliveryID: id.DeliveryID,
		Severity:   webhook.Info,
		OccurredAt: r.ReceivedAt,
		Actor:      webhook.Party{Name: payload.Line("sender.login"), URL: payload.Link("sender.html_url")},
		Container: webhook.Party{
			Name: payload.Line("repository.full_name"), URL: payload.Link("repository.html_url"),
		},
	}
	if e.Container.Name == "" {
		e.Container = webhook.Party{Name: cmp.Or(payload.Line("organization.login"), payload.Line("enterprise.slug"))}
	}
	return e
}

// thread names the thing that several events are about; without a repository
// or a thing there is none.
func thread(e *webhook.Event, separator, thing string) string {
	if e.Container.Name == "" || thing == "" {
		return ""
	}
	return "github:" + e.Container.Name + separator + thing
}
