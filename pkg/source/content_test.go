package source_test

import (
	"testing"

	"postern/pkg/source"
)

func TestContentTellsDeliveriesApart(t *testing.T) {
	t.Parallel()
	seen := map[string][]string{}
	for _, parts := range [][]string{
		{}, {""}, {"", ""}, {"a"}, {"abc"}, {"a", "bc"}, {"ab", "c"}, {"ab c"}, {`"a" "bc"`}, {"\xff"}, {"\xfe"},
	} {
		id := source.ContentID(parts...)
		if other, twice := seen[id]; twice {
			t.Errorf("%q and %q have the same id", parts, other)
		}
		if id != source.ContentID(parts...) || len(id) != 64 {
			t.Errorf("%q: got %q, want a hash that stays", parts, id)
		}
		seen[id] = parts
	}
}
