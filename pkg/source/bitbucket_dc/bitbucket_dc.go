// Package bitbucket_dc understands the webhooks of Bitbucket Data Center;
// those of Bitbucket Cloud are another source. It reads what chat shows and no
// more; what it does not know becomes a plain line, never an error.
package bitbucket_dc

import (
	"cmp"
	"fmt"
	"net/http"
	"strings"
	"time"

	"postern/pkg/chat"
	"postern/pkg/source"
	"postern/pkg/source/forge"
	"postern/pkg/verify"
	"postern/pkg/verify/hmac"
	"postern/pkg/webhook"
)

// Source is Bitbucket Data Center.
type Source struct{}

var (
	_ source.Source     = Source{}
	_ source.Signed     = Source{}
	_ source.Challenger = Source{}
)

// Definition registers this source as "bitbucket_dc".
func Definition() source.Definition {
	d := source.Definition{Name: "bitbucket_dc", Duplicates: true, Marks: []string{"X-Request-Id", "X-Event-Key"}, Samples: samples}
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

// Challenge answers the button that tests a connection.
func (Source) Challenge(r *webhook.Request) (webhook.Response, bool) {
	if r.Header.Get("X-Event-Key") != "diagnostics:ping" {
		return webhook.Response{}, false
	}
	answer, err := webhook.JSON(http.StatusOK, struct {
		Status  string `json:"status"`
		Message string `json:"message"`
	}{"ok", "pong"})
	return answer, err == nil
}

// Identify takes type and delivery id from the headers. The type is the whole
// event key, as the documentation has it: "pr:opened".
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
	case id.Type == "repo:refs_changed" || id.Type == "mirror:repo_synchronized":
		if changes := payload.Objects("changes"); len(changes) > 0 {
			return pushes(e, payload, changes), nil
		}
		other(&e, payload)
	case group == "pr":
		pullRequest(&e, payload)
	case strings.HasPrefix(id.Type, "repo:comment:"):
		commitComment(&e, payload)
	case id.Type == "repo:forked":
		fork(&e, payload)
	case id.Type == "repo:modified":
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
	return source.Identity{Type: kind, DeliveryID: strings.TrimSpace(r.Header.Get("X-Request-Id"))}, payload, nil
}

// base is what all of Bitbucket's events tell in the same way.
func base(id source.Identity, payload source.Object, r *webhook.Request) webhook.Event {
	repository := payload.Object("repository")
	if repository == nil {
		repository = payload.Object("pullRequest.toRef.repository")
	}
	return webhook.Event{
		Source: "bitbucket_dc", Type: id.Type, DeliveryID: id.DeliveryID,
		Severity:   webhook.Info,
		OccurredAt: when(r.ReceivedAt, payload.Text("date")),
		Actor:      webhook.Party{Name: name(payload.Object("actor")), URL: self(payload.Object("actor"))},
		Container:  webhook.Party{Name: slug(repository), URL: home(repository, payload)},
	}
}

// slug is "PROJ/widgets", or what of it is known.
func slug(repository source.Object) string {
	project, repo := repository.Line("project.key"), cmp.Or(repository.Line("slug"), repository.Line("name"))
	if project == "" || repo == "" {
		return cmp.Or(repo, project)
	}
	return project + "/" + repo
}

// home is a repository's address: its own, which older versions leave out,
// else what stands before that of its pull request.
func home(repository, payload source.Object) string {
	own := self(repository)
	if own == "" {
		own, _, _ = strings.Cut(self(payload.Object("pullRequest")), "/pull-requests/")
	}
	return source.Link(strings.TrimSuffix(own, "/browse"))
}

// self is a thing's own address.
func self(thing source.Object) string {
	for _, link := range thing.Objects("links.self") {
		if address := link.Link("href"); address != "" {
			return address
		}
	}
	return ""
}

func name(user source.Object) string {
	return cmp.Or(user.Line("displayName"), user.Line("name"))
}

// when reads "2017-09-19T09:58:11+1000".
func when(otherwise time.Time, text string) time.Time {
	t, err := time.Parse("2006-01-02T15:04:05-0700", text)
	if t = t.UTC(); err == nil && t.Year() >= 1970 && t.Year() <= 9999 {
		return t
	}
	return otherwise
}
