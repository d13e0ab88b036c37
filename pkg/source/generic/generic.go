// Package generic understands what any system sends: JSON, a form, text, or a
// query alone. It shows what it finds under the usual names. It verifies
// nothing: the endpoint says how, with verify.
package generic

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"postern/pkg/chat"
	"postern/pkg/source"
	"postern/pkg/webhook"
)

// defaultType is the event type where none is configured or sent.
const defaultType = "event"

// Settings are the endpoint's own keys. A key that is not written is nil.
type Settings struct {
	EventType  *Place `yaml:"event_type"`
	DeliveryID *Place `yaml:"delivery_id"`
}

// Place is where in a request something stands: a header, or a field of the
// body (of the query, where there is no body) by its path "a.b".
type Place struct {
	Header string `yaml:"header"`
	Field  string `yaml:"field"`
}

// Source is any sender.
type Source struct{ settings Settings }

var _ source.Source = Source{}

// Definition registers this source as "generic".
func Definition() source.Definition {
	return source.Define(source.Definition{Name: "generic", Samples: samples}, New)
}

// New checks the settings, and names the key at fault.
func New(s Settings) (Source, error) {
	return Source{settings: s}, errors.Join(
		s.EventType.check("event_type"),
		s.DeliveryID.check("delivery_id"),
	)
}

func (p *Place) check(key string) error {
	switch {
	case p == nil:
		return nil
	case (p.Header == "") == (p.Field == ""):
		return fmt.Errorf("%s: one of header and field is needed", key)
	case strings.ContainsAny(p.Header, " \t\r\n:"):
		return fmt.Errorf("%s: %q is no name of a header", key, p.Header)
	case strings.Contains("."+p.Field+".", "..") && p.Field != "":
		return fmt.Errorf("%s: the path %q has an empty step", key, p.Field)
	default:
		return nil
	}
}

// in gives what stands at the place, empty where nothing does.
func (p *Place) in(r *webhook.Request, c content) string {
	switch {
	case p == nil:
		return ""
	case p.Header != "":
		return r.Header.Get(p.Header)
	default:
		return c.object.Text(p.Field)
	}
}

// Identify reads type and delivery id where the settings say; what is missing
// there is no error: the type is then "event", the id empty.
func (s Source) Identify(r *webhook.Request) (source.Identity, error) {
	c, err := read(r)
	if err != nil {
		return source.Identity{}, err
	}
	return s.identity(r, c), nil
}

func (s Source) identity(r *webhook.Request, c content) source.Identity {
	kind := source.Line(s.settings.EventType.in(r, c))
	return source.Identity{
		Type:       cmp.Or(kind, defaultType),
		DeliveryID: strings.TrimSpace(s.settings.DeliveryID.in(r, c)),
	}
}

// Events gives the one event of a request. All are default events.
func (s Source) Events(r *webhook.Request) ([]webhook.Event, error) {
	c, err := read(r)
	if err != nil {
		return nil, err
	}
	id := s.identity(r, c)
	title, titleKey := c.title(id.Type)
	body, bodyKey := c.body(title)
	address, addressKey := c.address()
	return []webhook.Event{{
		Source: "generic", Type: id.Type, DeliveryID: id.DeliveryID,
		Severity:   c.severity(),
		Title:      source.Title("", title, ""),
		Body:       body,
		URL:        address,
		OccurredAt: c.object.Time(r.ReceivedAt, "timestamp", "time", "occurred_at"),
		Fields:     c.fields(titleKey, bodyKey, addressKey),
		Default:    true,
	}}, nil
}

// Message shows an event as it is: the sender's words are in the sender's
// language.
func (Source) Message(e webhook.Event, l source.Locale, v source.Verbosity) chat.Message {
	title := cmp.Or(e.Title, e.Type)
	if title == defaultType || title == "" {
		title = source.Words{English: "Event", Japanese: "イベント", Chinese: "事件"}.In(l)
	}
	return source.Message(e, title, v)
}
