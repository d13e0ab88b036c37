package source_test

import (
	"testing"

	"postern/pkg/source"
	"postern/pkg/webhook"
)

func TestBounded(t *testing.T) {
	t.Parallel()
	for given, want := range map[int]struct{ first, left int }{
		0: {0, 0}, source.MaxEvents: {source.MaxEvents, 0}, source.MaxEvents + 1: {source.MaxEvents - 1, 2},
	} {
		first, left := source.Bounded(make([]int, given))
		if len(first) != want.first || left != want.left {
			t.Errorf("%d items: got %d and %d left, want %+v", given, len(first), left, want)
		}
	}
}

func TestRestTellsHowManyAreLeft(t *testing.T) {
	t.Parallel()
	e := source.Rest("acme", "Acme", "d", 7, &webhook.Request{})
	if e.Title != "[Acme] events: +7" || !e.Default || e.Source != "acme" || e.DeliveryID != "d" {
		t.Errorf("got %+v", e)
	}
}
