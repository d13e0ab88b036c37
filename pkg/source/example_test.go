package source_test

import (
	"fmt"
	"net/http"

	"postern/pkg/chat"
	"postern/pkg/source"
	"postern/pkg/webhook"
)

// Doorbell is a source: it understands what our doorbell sends. Its test calls
// sourcetest.Run with a few recorded requests in testdata, and that is all. What
// "postern send doorbell ring" is to send would be a file samples/ring.txt in
// its Definition.Samples.
type Doorbell struct{}

// DefineDoorbell puts it under its name in the config: `source: doorbell`.
func DefineDoorbell() source.Definition {
	return source.Define(source.Definition{Name: "doorbell"}, func(struct{}) (Doorbell, error) {
		return Doorbell{}, nil
	})
}

// Identify says what the receiver must know before it stores the request. The
// body may hold anything: an Object reads as empty where something is missing.
func (Doorbell) Identify(r *webhook.Request) (source.Identity, error) {
	body, err := source.ParseObject(r)
	if err != nil {
		return source.Identity{}, err // webhook.ErrPayload: the caller hears 400
	}
	return source.Identity{Type: "ring", DeliveryID: body.Text("id")}, nil
}

// Events says what happened, without language. Line and Link make text and
// addresses from outside safe to show.
func (d Doorbell) Events(r *webhook.Request) ([]webhook.Event, error) {
	id, err := d.Identify(r)
	if err != nil {
		return nil, err
	}
	body, err := source.ParseObject(r)
	if err != nil {
		return nil, err
	}
	e := webhook.Event{
		Source: "doorbell", Type: id.Type, DeliveryID: id.DeliveryID,
		Severity:   webhook.Notice,
		OccurredAt: body.Time(r.ReceivedAt, "at"),
		Container:  webhook.Party{Name: body.Line("door.name")},
		URL:        body.Link("door.camera"),
		Default:    true,
	}
	e.Title = source.Title(e.Container.Name, "somebody rings", "")
	return []webhook.Event{e}, nil
}

// Message finds the words.
func (Doorbell) Message(e webhook.Event, l source.Locale, v source.Verbosity) chat.Message {
	words := source.Words{English: "somebody rings", Japanese: "来客です", Chinese: "有人按门铃"}
	return source.Message(e, source.Title(e.Container.Name, words.In(l), ""), v)
}

var _ source.Source = Doorbell{}

// Example writes a source and lets it read a request.
func Example() {
	bell, err := DefineDoorbell().Build(func(any) error { return nil })
	if err != nil {
		fmt.Println(err)
		return
	}
	request := &webhook.Request{
		Method: http.MethodPost,
		Header: http.Header{"Content-Type": {"application/json"}},
		Body: []byte(`{"id": "r-1", "at": "2026-01-02T03:04:05Z",
			"door": {"name": "North door", "camera": "javascript:alert(1)"}}`),
	}
	id, err := bell.Identify(request)
	fmt.Println(id.Type, id.DeliveryID, err)
	events, err := bell.Events(request)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, e := range events {
		fmt.Printf("%s at %s, link %q\n", e.Title, e.OccurredAt.Format("15:04"), e.URL)
		fmt.Println(bell.Message(e, source.Japanese, source.Normal).Title)
	}
	// Output:
	// ring r-1 <nil>
	// [North door] somebody rings at 03:04, link ""
	// [North door] 来客です
}
