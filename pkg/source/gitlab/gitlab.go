// Package gitlab understands GitLab's webhooks, of projects, groups and whole
// instances. It reads what chat shows and no more; what it does not know
// becomes a plain line, never an error. It accepts nothing that carries
// neither GitLab's token nor its signature.
package gitlab

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"postern/pkg/chat"
	"postern/pkg/source"
	"postern/pkg/source/forge"
	"postern/pkg/webhook"
)

// maxBody is GitLab's own limit.
const maxBody = 25 << 20

// Source is GitLab.
type Source struct{}

var (
	_ source.Source = Source{}
	_ source.Signed = Source{}
)

// Definition registers this source as "gitlab".
func Definition() source.Definition {
	d := source.Definition{Name: "gitlab", MaxBody: maxBody, Duplicates: true, Marks: []string{"X-Gitlab-Event"}, Ranges: ranges(), Samples: samples}
	return source.Define(d, func(struct{}) (Source, error) { return Source{}, nil })
}

// Identify takes the type from the body, as object_kind or event_name, or from
// the header where a custom template left them out.
func (Source) Identify(r *webhook.Request) (source.Identity, error) {
	id, _, err := read(r)
	return id, err
}

// Events gives the one event of a delivery; a note that GitLab wrote itself is
// none.
func (Source) Events(r *webhook.Request) ([]webhook.Event, error) {
	id, payload, err := read(r)
	if err != nil {
		return nil, err
	}
	if id.Type == "note" && payload.Flag("object_attributes.system") {
		return nil, nil
	}
	e := base(id, payload, r)
	tell, known := readers[id.Type]
	switch {
	case ownKind(payload) == "":
		tell = custom
	case !known:
		tell = other
	}
	tell(&e, payload)
	return []webhook.Event{e}, nil
}

// Message words an event.
func (Source) Message(e webhook.Event, l source.Locale, v source.Verbosity) chat.Message {
	return forge.Message(e, l, v)
}

func read(r *webhook.Request) (source.Identity, source.Object, error) {
	payload, err := source.ParseAny(r)
	if err != nil {
		return source.Identity{}, nil, err
	}
	kind := cmp.Or(ownKind(payload), headerKind(r))
	if kind == "" {
		return source.Identity{}, nil, fmt.Errorf(
			"%w: neither object_kind nor the X-Gitlab-Event header names the event", webhook.ErrPayload)
	}
	return source.Identity{Type: kind, Action: action(kind, payload), DeliveryID: deliveryID(r)}, payload, nil
}

// ownKind is what a payload of GitLab's own calls its event.
func ownKind(payload source.Object) string {
	return cmp.Or(payload.Line("object_kind"), payload.Line("event_name"))
}

// headerKind reads "Merge Request Hook" as merge_request.
func headerKind(r *webhook.Request) string {
	kind := source.Line(r.Header.Get("X-Gitlab-Event"))
	return strings.ToLower(strings.ReplaceAll(strings.TrimSuffix(kind, " Hook"), " ", "_"))
}

// action is GitLab's own; a machine's event has its status in that place, so
// that pipeline.failed can be asked for.
func action(kind string, payload source.Object) string {
	switch kind {
	case "pipeline":
		return payload.Line("object_attributes.status")
	case "build":
		return payload.Line("build_status")
	case "deployment":
		return payload.Line("status")
	default:
		return cmp.Or(payload.Line("object_attributes.action"), payload.Line("action"))
	}
}

// deliveryID is the key that GitLab keeps through all resends. Older versions
// have only the id of the cause, which hooks that set off one another share:
// there the content tells deliveries apart.
func deliveryID(r *webhook.Request) string {
	own := cmp.Or(r.Header.Get("Idempotency-Key"), r.Header.Get("Webhook-Id"))
	if own = strings.TrimSpace(own); own != "" {
		return own
	}
	cause := strings.TrimSpace(r.Header.Get("X-Gitlab-Event-UUID"))
	if cause == "" {
		return ""
	}
	sum := sha256.Sum256(r.Body)
	return cause + ":" + hex.EncodeToString(sum[:8])
}

// base is what all of GitLab's events tell in the same way.
func base(id source.Identity, payload source.Object, r *webhook.Request) webhook.Event {
	e := webhook.Event{
		Source: "gitlab", Type: id.Type, Action: id.Action, DeliveryID: id.DeliveryID,
		Severity:   webhook.Info,
		OccurredAt: r.ReceivedAt,
		Actor: webhook.Party{Name: cmp.Or(
			payload.Line("user.name"), payload.Line("user_name"), payload.Line("user.username"), payload.Line("user_username"))},
		Container: webhook.Party{
			Name: cmp.Or(
				payload.Line("project.path_with_namespace"), payload.Line("path_with_namespace"),
				payload.Line("project_path_with_namespace"),
				payload.Line("group.full_path"), payload.Line("group.group_path"), payload.Line("full_path"),
				payload.Line("group_path"), payload.Line("project_name")),
			URL: cmp.Or(payload.Link("project.web_url"), payload.Link("repository.homepage"), payload.Link("group.web_url")),
		},
		Confidential: confidential(id.Type, payload, r),
	}
	return e
}

// confidential tells what GitLab shows to members only: issues and notes that
// it marks, in one way or another, and every vulnerability.
func confidential(kind string, payload source.Object, r *webhook.Request) bool {
	return kind == "vulnerability" ||
		strings.HasPrefix(payload.Text("event_type"), "confidential_") ||
		strings.HasPrefix(r.Header.Get("X-Gitlab-Event"), "Confidential ") ||
		payload.Flag("object_attributes.confidential") || payload.Flag("object_attributes.internal") ||
		payload.Flag("issue.confidential")
}

// when gives the first path that holds a time in one of the ways that GitLab
// writes it.
func when(otherwise time.Time, o source.Object, paths ...string) time.Time {
	for _, path := range paths {
		for _, layout := range []string{time.RFC3339, "2006-01-02 15:04:05 MST", "2006-01-02 15:04:05 -0700"} {
			t, err := time.Parse(layout, o.Text(path))
			if t = t.UTC(); err == nil && t.Year() >= 1970 && t.Year() <= 9999 {
				return t
			}
		}
	}
	return otherwise
}
