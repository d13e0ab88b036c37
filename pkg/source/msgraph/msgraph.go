// Package msgraph understands the change notifications of Microsoft Graph, and
// what it says of a subscription's life. They name things by their ids only:
// what changed is never fetched, and content that is sent encrypted stays so.
package msgraph

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"postern/pkg/chat"
	"postern/pkg/secret"
	"postern/pkg/source"
	"postern/pkg/verify"
	"postern/pkg/verify/field"
	"postern/pkg/webhook"
)

const (
	several   = "changes"   // the type of a request that holds several
	otherType = "change"    // of a notification that does not say
	lifecycle = "lifecycle" // our word: Graph names the events, not their kind
	longest   = 1 << 10     // of an echoed token, in bytes
	place     = "Microsoft Graph"
)

// Settings are the endpoint's own keys.
type Settings struct {
	ClientState secret.Text `yaml:"client_state"` // as it was given to each subscription
}

// Source is Microsoft Graph.
type Source struct{ settings Settings }

var (
	_ source.Source  = Source{}
	_ source.Signed  = Source{}
	_ source.Greeter = Source{}
)

// Definition registers this source as "msgraph".
func Definition() source.Definition {
	return source.Define(source.Definition{Name: "msgraph", Duplicates: true, Samples: samples}, New)
}

// New checks the settings. The state may be missing: `verify` can replace the
// check that needs it.
func New(s Settings) (Source, error) {
	if s.ClientState != (secret.Text{}) && s.ClientState.Empty() {
		return Source{}, errors.New("client_state: it is empty")
	}
	return Source{settings: s}, nil
}

// Verification wants the state in each item, for Graph signs nothing. The
// secrets are further states: those of subscriptions that were made with
// another.
func (s Source) Verification(keys verify.Keys) (verify.Verifier, error) {
	states := secret.NonEmpty(append([]secret.Text{s.settings.ClientState}, keys.Secrets...))
	if len(states) == 0 {
		return nil, errors.New("client_state: none is written")
	}
	return verifier{field.Verifier{Field: "value.*.clientState", Tokens: states}}, nil
}

// verifier has what it needs in a key of the source's own.
type verifier struct{ field.Verifier }

// Configured is true: without a state there is no verifier.
func (verifier) Configured() bool { return true }

// Greet echoes the token that Graph sends, and nothing else, before it makes or
// renews a subscription.
func (Source) Greet(r *webhook.Request) (webhook.Response, bool) {
	if r.Method != http.MethodPost || len(r.Body) > 0 {
		return webhook.Response{}, false
	}
	tokens := r.Query()["validationToken"]
	if len(tokens) != 1 || !echoed(tokens[0]) {
		return webhook.Response{}, false
	}
	return webhook.Plain(http.StatusOK, tokens[0]), true
}

func echoed(token string) bool {
	return token != "" && len(token) <= longest && utf8.ValidString(token) && !strings.ContainsFunc(token, unicode.IsControl)
}

// Identify takes the kind of thing and its change, and the id that Graph gives
// a notification.
func (Source) Identify(r *webhook.Request) (source.Identity, error) {
	id, _, err := read(r)
	return id, err
}

// Events gives an event for each item: Graph sends many at once.
func (Source) Events(r *webhook.Request) ([]webhook.Event, error) {
	id, items, err := read(r)
	if err != nil {
		return nil, err
	}
	base := webhook.Event{
		Source: "msgraph", DeliveryID: id.DeliveryID, Severity: webhook.Info, Default: true, OccurredAt: r.ReceivedAt,
		Container: webhook.Party{Name: place},
	}
	return source.Each(base, items, func(e *webhook.Event, item source.Object) {
		e.Type, e.Action = kind(item)
		tell(e, item)
	}), nil
}

// Message words an event.
func (Source) Message(e webhook.Event, l source.Locale, v source.Verbosity) chat.Message {
	return source.Translate(source.Message(e, headline(e, l), v), l, labels())
}

func read(r *webhook.Request) (source.Identity, []source.Object, error) {
	payload, err := source.ParseObject(r)
	if err != nil {
		return source.Identity{}, nil, err
	}
	items := payload.Objects("value")
	if len(items) == 0 {
		items = []source.Object{payload}
	}
	id := source.Identity{}
	id.Type, id.Action = kind(items[0])
	for _, item := range items[1:] {
		switch t, a := kind(item); {
		case t != id.Type:
			id.Type, id.Action = several, ""
		case a != id.Action:
			id.Action = ""
		}
	}
	id.DeliveryID, id.Window = delivery(items, r.Body)
	return id, items, nil
}

// delivery is the id of the one item, or a hash of all ids. Graph may leave
// them out: then it is a hash of the content, for a minute.
func delivery(items []source.Object, body []byte) (string, time.Duration) {
	sum := sha256.New()
	for _, item := range items {
		id := item.Line("id")
		switch {
		case id == "":
			content := sha256.Sum256(body)
			return hex.EncodeToString(content[:]), source.ContentWindow
		case len(items) == 1:
			return id, 0
		}
		sum.Write([]byte(id + "\n"))
	}
	return hex.EncodeToString(sum.Sum(nil)), 0
}
