package source

import (
	"strconv"

	"postern/pkg/webhook"
)

// MaxEvents bounds the events that one request becomes: no service sends as
// many at once, and each may become a message in every chat.
const MaxEvents = 2000

// Each makes an event of each of the items that a request holds: base, with what
// tell says of the item. Beyond MaxEvents one event stands for all that are left;
// it is told by default, so that nothing is left out in silence, and what base
// says of source, delivery, place and time is its own.
func Each[T any](base webhook.Event, items []T, tell func(e *webhook.Event, item T)) []webhook.Event {
	first, left := bounded(items)
	events := make([]webhook.Event, 0, len(first)+1)
	for _, item := range first {
		e := base
		tell(&e, item)
		events = append(events, e)
	}
	if left > 0 {
		events = append(events, rest(base, left))
	}
	return events
}

// bounded gives the items that may become events, and how many are left over.
func bounded[T any](items []T) (first []T, left int) {
	if len(items) <= MaxEvents {
		return items, 0
	}
	return items[:MaxEvents-1], len(items) - MaxEvents + 1
}

func rest(base webhook.Event, left int) webhook.Event {
	e := webhook.Event{
		Source: base.Source, Type: "events", DeliveryID: base.DeliveryID, Severity: webhook.Notice, Default: true,
		OccurredAt: base.OccurredAt, Container: base.Container, Subject: webhook.Subject{Title: "+" + strconv.Itoa(left)},
	}
	e.Title = Headline(e, English)
	return e
}
