package source_test

import (
	"testing"
	"time"

	"postern/pkg/source"
	"postern/pkg/webhook"
)

func TestEachIsBoundedAndTellsHowManyAreLeft(t *testing.T) {
	t.Parallel()
	base := webhook.Event{
		Source: "acme", Type: "ring", DeliveryID: "d", Actor: webhook.Party{Name: "Mona"}, Container: webhook.Party{Name: "Acme"},
		OccurredAt: time.Unix(1_700_000_000, 0),
	}
	for given, want := range map[int]struct {
		events int
		last   string
	}{
		0: {0, ""}, 1: {1, "0"}, source.MaxEvents: {source.MaxEvents, "1999"}, source.MaxEvents + 6: {source.MaxEvents, "[Acme] events: +7"},
	} {
		items := make([]int, given)
		for i := range items {
			items[i] = i
		}
		events := source.Each(base, items, func(e *webhook.Event, item int) { e.Title = source.Scalar(int64(item)) })
		if len(events) != want.events {
			t.Fatalf("%d items: got %d events, want %d", given, len(events), want.events)
		}
		if given == 0 {
			continue
		}
		last := events[len(events)-1]
		if last.Title != want.last || last.Source != "acme" || last.DeliveryID != "d" || !last.OccurredAt.Equal(base.OccurredAt) {
			t.Errorf("%d items: got %+v last, want %q", given, last, want.last)
		}
		if left := given > source.MaxEvents; left && (!last.Default || last.Type != "events" || last.Actor.Name != "") {
			t.Errorf("%d items: got %+v for what is left, want it told by default", given, last)
		}
	}
}
