package catalog_test

import (
	"slices"
	"testing"

	"postern/internal/catalog"
)

func TestNamesAreThereAndUnique(t *testing.T) {
	t.Parallel()
	names := map[string][]string{}
	for _, d := range catalog.Sources() {
		names["sources"] = append(names["sources"], d.Name)
	}
	for _, d := range catalog.Chats() {
		names["chats"] = append(names["chats"], d.Type)
	}
	for _, d := range catalog.Schemes() {
		names["schemes"] = append(names["schemes"], d.Name)
	}
	for _, p := range catalog.Plugins() {
		names["plugins"] = append(names["plugins"], p.Key)
	}
	want := map[string]string{"sources": "github", "chats": "console", "schemes": "hmac", "plugins": "postern.examples"}
	for kind, one := range want {
		got := names[kind]
		slices.Sort(got)
		if !slices.Contains(got, one) || slices.Contains(got, "") {
			t.Errorf("%s: got %v, want %s among them and no empty name", kind, got, one)
		}
		if once := slices.Compact(slices.Clone(got)); len(once) != len(got) {
			t.Errorf("%s: got %v, want each name once", kind, got)
		}
	}
}
