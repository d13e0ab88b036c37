// Package notion understands Notion's webhooks: pages, databases and comments.
// They name things by their ids only; what changed is never fetched.
package notion

import (
	"cmp"
	"fmt"
	"net/http"
	"strings"

	"postern/pkg/chat"
	"postern/pkg/secret"
	"postern/pkg/source"
	"postern/pkg/verify"
	"postern/pkg/verify/hmac"
	"postern/pkg/webhook"
)

const (
	otherType = "event" // of a payload without a type
	tokenKey  = "verification_token"
	longest   = 1 << 10 // of an echoed token, in bytes
)

// Source is Notion.
type Source struct{}

var (
	_ source.Source    = Source{}
	_ source.Signed    = Source{}
	_ source.Greeter   = Source{}
	_ source.Entruster = Source{}
)

// Definition registers this source as "notion".
func Definition() source.Definition {
	d := source.Definition{Name: "notion", Duplicates: true, Marks: []string{"X-Notion-Signature"}, Samples: samples}
	return source.Define(d, func(struct{}) (Source, error) { return Source{}, nil })
}

// Verifier checks X-Notion-Signature, whose key is the verification token.
type Verifier struct{ *hmac.Verifier }

// Configured is true without a secret too: the token is known only after the
// first request, and till then nothing else is let in.
func (Verifier) Configured() bool { return true }

// Verification checks X-Notion-Signature over the raw body.
func (Source) Verification(keys verify.Keys) (verify.Verifier, error) {
	v, err := hmac.Scheme{Header: "X-Notion-Signature", Prefix: "sha256="}.Verifier(keys)
	if err != nil {
		return nil, err // never a typed nil in a Verifier
	}
	return Verifier{v}, nil
}

// Greet echoes the token of the first request, which holds nothing else.
func (Source) Greet(r *webhook.Request) (webhook.Response, bool) {
	token := tokenOf(r)
	if token == "" {
		return webhook.Response{}, false
	}
	return webhook.Plain(http.StatusOK, token), true
}

// Entrust gives that token: Notion signs with it from then on.
func (Source) Entrust(r *webhook.Request) secret.Text { return secret.New(tokenOf(r)) }

// tokenOf gives the token of the first request; of any other, nothing.
func tokenOf(r *webhook.Request) string {
	if r.Method != http.MethodPost || r.IsForm() || len(r.Body) > 2*longest {
		return ""
	}
	payload, err := source.ParseObject(r)
	token := payload.Text(tokenKey)
	if err != nil || !first(payload) || len(token) > longest || strings.ContainsFunc(token, unprintable) {
		return ""
	}
	return token
}

// first tells the request that holds the token, and is no event.
func first(payload source.Object) bool {
	_, text := payload[tokenKey].(string)
	return text && len(payload) == 1
}

func unprintable(r rune) bool { return r <= ' ' || r > '~' }

// Identify takes type and id of the event from the body.
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
		Source: "notion", Type: id.Type, DeliveryID: id.DeliveryID,
		Severity: webhook.Info, OccurredAt: payload.Time(r.ReceivedAt, "timestamp"),
		Container: webhook.Party{Name: cmp.Or(payload.Line("workspace_name"), "Notion")},
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
	if first(payload) {
		return source.Identity{}, nil, fmt.Errorf("%w: a verification token is no event", webhook.ErrPayload)
	}
	return source.Identity{
		Type: cmp.Or(payload.Line("type"), otherType), DeliveryID: payload.Line("id"),
	}, payload, nil
}

func tell(e *webhook.Event, payload source.Object) {
	e.Subject.Title = payload.Line("entity.id")
	thing := e.Subject.Title
	if page := payload.Line("data.page_id"); page != "" { // of a comment
		thing = page
	}
	if thing != "" {
		e.Thread = "notion:" + thing
	}
	e.URL = page(thing, payload.Text("entity.type"))
	e.Subject.URL = e.URL
	switch e.Type {
	case "page.created", "comment.created", "database.created", "data_source.created":
		e.Default, e.Severity = true, webhook.Notice
	case "page.deleted", "database.deleted", "data_source.deleted":
		e.Default, e.Severity = true, webhook.Warning
	case "page.locked", "page.unlocked", "page.undeleted", "database.undeleted", "comment.deleted":
		e.Severity = webhook.Notice
	}
	e.Fields = source.Fields("Kind", payload.Line("entity.type"),
		"Changed by", strings.Join(payload.Lines("authors", "type"), ", "))
	e.Title = headline(*e, source.English)
}

// page is where a page or database opens: its id without the hyphens.
func page(id, kind string) string {
	id = strings.ReplaceAll(id, "-", "")
	if kind == "data_source" || len(id) != 32 || strings.Trim(id, "0123456789abcdef") != "" {
		return ""
	}
	return "https://www.notion.so/" + id
}
