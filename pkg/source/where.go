package source

import (
	"slices"
	"strings"
)

// Where words what happened with where it did: "Deployed (production, main)".
// Places that are empty are left out.
func Where(what string, places ...string) string {
	places = slices.DeleteFunc(slices.Clone(places), func(s string) bool { return s == "" })
	if len(places) == 0 {
		return what
	}
	return what + " (" + strings.Join(places, ", ") + ")"
}
