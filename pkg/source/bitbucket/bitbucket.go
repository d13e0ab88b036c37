// Package bitbucket understands the webhooks of Bitbucket Cloud; those of
// Bitbucket Data Center are another source. It reads what chat shows and no
// more; what it does not know becomes a plain line, never an error. It takes
// no hook's id for a secret.
package bitbucket

import (
	"cmp"
	"fmt"
	"strings"

	"postern/pkg/chat"
	"postern/pkg/source"
	"postern/pkg/source/forge"
	"postern/pkg/verify"
	"postern/pkg/verify/hmac"
	"postern/pkg/webhook"
)

// Source is Bitbucket Cloud.
type Source struct{}

var (
	_ source.Source = Source{}
	_ source.Signed = Source{}
)

// Definition registers this source as "bitbucket".
func Definition() source.Definition {
	d := source.Definition{Name: "bitbucket", Duplicates: true, Marks: []string{"X-Request-UUID", "X-Hook-UUID", "X-Event-Key"}, Ranges: ranges(), Samples: samples}
	return source.Define(d, func(struct{}) (Source, error) { return Source{}, nil })
}

// Verification checks X-Hub-Signature over the raw body: here a SHA-256.
func (Source) Verification(keys verify.Keys) (verify.Verifier, error) {
	v, err := hmac.Scheme{Header: "X-Hub-Signature", Prefix: "sha256="}.Verifier(keys)
	if err != nil {
		return nil, err // never a typed nil in a Verifier
	}
	return v, nil
}

// Identify takes type and delivery id from the headers. The type is the whole
// event key, as the documentation has it: "pullrequest:created".
func (Source) Identify(r *webhook.Request) (source.Identity, error) {
	id, _, err := read(r)
	return id, err
}

// Events gives the one event of a delivery; a push is one event for each
// branch or tag that moved.
func (Source) Events(r *webhook.Request) ([]webhook.Event, error) {
	id, payload, err := read(r)
	if err != nil {
		return nil, err
	}
	e := base(id, payload, r)
	group, _, _ := strings.Cut(id.Type, ":")
	switch {
	case id.Type == "repo:push":
		if changes := payload.Objects("push.changes"); len(changes) > 0 {
			return source.Each(e, changes, push), nil
		}
		other(&e, payload)
	case strings.HasPrefix(id.Type, "repo:commit_status_"):
		status(&e, payload)
	case group == "pullrequest":
		pullRequest(&e, payload)
	case group == "issue":
		issue(&e, payload)
	case id.Type == "repo:fork":
		fork(&e, payload)
	case id.Type == "repo:commit_comment_created":
		commitComment(&e, payload)
	case id.Type == "repo:updated":
		repository(&e, payload)
	default:
		other(&e, payload)
	}
	return []webhook.Event{e}, nil
}

// Message words an event.
func (Source) Message(e webhook.Event, l source.Locale, v source.Verbosity) chat.Message {
	return forge.Message(e, l, v)
}

func read(r *webhook.Request) (source.Identity, source.Object, error) {
	kind := source.Line(r.Header.Get("X-Event-Key"))
	if kind == "" {
		return source.Identity{}, nil, fmt.Errorf("%w: the X-Event-Key header is missing", webhook.ErrPayload)
	}
	payload, err := source.ParseObject(r)
	if err != nil {
		return source.Identity{}, nil, err
	}
	return source.Identity{Type: kind, DeliveryID: strings.TrimSpace(r.Header.Get("X-Request-UUID"))}, payload, nil
}

// base is what all of Bitbucket's events tell in the same way.
func base(id source.Identity, payload source.Object, r *webhook.Request) webhook.Event {
	return webhook.Event{
		Source: "bitbucket", Type: id.Type, DeliveryID: id.DeliveryID,
		Severity:   webhook.Info,
		OccurredAt: r.ReceivedAt,
		Actor:      webhook.Party{Name: name(payload.Object("actor")), URL: payload.Link("actor.links.html.href")},
		Container: webhook.Party{
			Name: payload.Line("repository.full_name"), URL: payload.Link("repository.links.html.href"),
		},
	}
}

// name is what a user is called; a bot may have a username only.
func name(user source.Object) string {
	return cmp.Or(user.Line("display_name"), user.Line("nickname"), user.Line("username"))
}
