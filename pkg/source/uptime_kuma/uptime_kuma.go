// Package uptimekuma understands Uptime Kuma's notifications in each shape it
// sends them: JSON, a form, and a query alone. Uptime Kuma signs nothing, so
// its endpoint must say with verify who may call; this package proves nobody
// genuine.
package uptimekuma

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"
	"unicode/utf8"

	"postern/pkg/chat"
	"postern/pkg/source"
	"postern/pkg/webhook"
)

// Source is Uptime Kuma.
type Source struct{}

var _ source.Source = Source{}

// Definition registers this source as "uptime_kuma".
func Definition() source.Definition {
	d := source.Definition{Name: "uptime_kuma", Duplicates: true, Samples: samples}
	return source.Define(d, func(struct{}) (Source, error) { return Source{}, nil })
}

// Identify takes the monitor's state as the type, and a hash of the content as
// the delivery id: Uptime Kuma has none of its own.
func (Source) Identify(r *webhook.Request) (source.Identity, error) {
	n, err := read(r)
	if err != nil {
		return source.Identity{}, err
	}
	return n.identity(), nil
}

// Events gives the one event of a notification.
func (Source) Events(r *webhook.Request) ([]webhook.Event, error) {
	n, err := read(r)
	if err != nil {
		return nil, err
	}
	id := n.identity()
	e := webhook.Event{
		Source: "uptime_kuma", Type: id.Type, DeliveryID: id.DeliveryID,
		OccurredAt: n.at(r.ReceivedAt), Default: true,
	}
	n.tell(&e)
	return []webhook.Event{e}, nil
}

// Message words an event.
func (Source) Message(e webhook.Event, l source.Locale, v source.Verbosity) chat.Message {
	return source.Translate(source.Message(e, headline(e, l), v), l, labels())
}

// notification is what was sent. Heartbeat and monitor are nil in tests and
// where it is about no heartbeat, as with certificates.
type notification struct {
	heartbeat, monitor source.Object
	msg                string
}

func read(r *webhook.Request) (notification, error) {
	payload, err := parse(r)
	if err != nil {
		return notification{}, err
	}
	return notification{
		heartbeat: payload.Object("heartbeat"), monitor: payload.Object("monitor"),
		// a body of the operator's own may use other names
		msg: cmp.Or(payload.Text("msg"), payload.Text("message"), payload.Text("text"), payload.Text("title")),
	}, nil
}

// parse reads the JSON, the form's field data, a body of the operator's own, or
// the query of a request without a body.
func parse(r *webhook.Request) (source.Object, error) {
	switch {
	case len(r.Body) == 0:
		return query(r)
	case r.IsForm():
		form, err := r.Form()
		if err == nil && form.Values.Has("data") {
			return object([]byte(form.Values.Get("data")))
		}
		if r.MediaType() == "multipart/form-data" {
			return nil, cmp.Or(err, fmt.Errorf("%w: the form has no data field", webhook.ErrPayload))
		}
		return custom(r.Body)
	case r.IsText():
		return custom(r.Body)
	default:
		return object(r.Body)
	}
}

// custom reads what the operator wrote under "Custom Body": Uptime Kuma sends
// it, JSON or not, as a form or as whatever its headers say.
func custom(body []byte) (source.Object, error) {
	if v, err := webhook.DecodeJSON(body); err == nil {
		if o, ok := v.(map[string]any); ok {
			return o, nil
		}
	}
	if !utf8.Valid(body) {
		return nil, fmt.Errorf("%w: the body is not UTF-8", webhook.ErrPayload)
	}
	return source.Object{"msg": string(body)}, nil
}

func query(r *webhook.Request) (source.Object, error) {
	values := r.Query()
	if !values.Has("msg") && !values.Has("heartbeat") {
		return nil, fmt.Errorf("%w: there is neither a body nor a msg in the query", webhook.ErrPayload)
	}
	payload := source.Object{"msg": values.Get("msg")}
	for _, name := range []string{"heartbeat", "monitor"} {
		text := values.Get(name)
		if text == "" {
			continue
		}
		v, err := webhook.DecodeJSON([]byte(text))
		if err != nil {
			return nil, fmt.Errorf("%w: %s in the query is not JSON", webhook.ErrPayload, name)
		}
		payload[name] = v
	}
	return payload, nil
}

func object(text []byte) (source.Object, error) {
	v, err := webhook.DecodeJSON(text)
	if err != nil {
		return nil, err
	}
	return source.AnyObject(v), nil
}

func (n notification) identity() source.Identity {
	content := fmt.Sprintf("%q %q %q", n.monitor.Text("id"), n.heartbeat.Text("time"), n.heartbeat.Text("status"))
	if n.heartbeat == nil {
		content = fmt.Sprintf("%q %q", n.monitor.Text("id"), n.msg)
	}
	sum := sha256.Sum256([]byte(content))
	return source.Identity{Type: n.kind(), DeliveryID: hex.EncodeToString(sum[:]), Window: source.ContentWindow}
}

// at is when the heartbeat was: Uptime Kuma writes UTC without saying so.
func (n notification) at(otherwise time.Time) time.Time {
	t, err := time.Parse("2006-01-02 15:04:05.999999", n.heartbeat.Text("time"))
	if err != nil || t.Year() < 1970 {
		return n.heartbeat.Time(otherwise, "time")
	}
	return t
}
