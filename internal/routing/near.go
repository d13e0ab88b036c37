package routing

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// unknown words a name that nobody knows, with those it may have meant: the
// similar ones, or all where none is.
func unknown[T any](what, name string, known map[string]T) error {
	all := slices.Sorted(maps.Keys(known))
	var similar []string
	for _, k := range all {
		if distance(name, k) <= 2 || name != "" && (strings.HasPrefix(k, name) || strings.HasPrefix(name, k)) {
			similar = append(similar, k)
		}
	}
	switch {
	case len(similar) > 0:
		return fmt.Errorf("unknown %s %q, did you mean %s?", what, name, strings.Join(similar, " or "))
	case len(all) == 0:
		return fmt.Errorf("unknown %s %q, there is none", what, name)
	default:
		return fmt.Errorf("unknown %s %q, known are %s", what, name, strings.Join(all, ", "))
	}
}

// distance is how many letters must be added, dropped or changed.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
