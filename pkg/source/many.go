package source

import (
	"strconv"

	"postern/pkg/webhook"
)

// MaxEvents bounds the events that one request becomes: no service sends as
// many at once, and each may become a message in every chat.
const MaxEvents = 2000

// Bounded gives the items that may become events, and how many are left over.
func Bounded[T any](items []T) (first []T, left int) {
	if len(items) <= MaxEvents {
		return items, 0
	}
	return items[:MaxEvents-1], len(items) - MaxEvents + 1
}

// Rest is the event that stands for what Bounded left over. It is told by
// default, so that nothing is left out in silence.
func Rest(name, place, deliveryID string, left int, r *webhook.Request) webhook.Event {
	e := webhook.Event{
		Source: name, Type: "events", DeliveryID: deliveryID, Severity: webhook.Notice, Default: true, OccurredAt: r.ReceivedAt,
		Container: webhook.Party{Name: place}, Subject: webhook.Subject{Title: "+" + strconv.Itoa(left)},
	}
	e.Title = Headline(e, English)
	return e
}
