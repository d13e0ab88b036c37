package config

import (
	"fmt"
	"maps"
	"slices"
)

// suggest names the known key that is nearest to an unknown one.
func (n Node) suggest(unknown string, fields map[string]fieldAt) string {
	known := append(slices.Sorted(maps.Keys(fields)), n.elsewhere...)
	best, nearest := "", tooFar(unknown)
	for _, k := range known {
		if d := Distance(unknown, k); d < nearest {
			best, nearest = k, d
		}
	}
	if best == "" || best == unknown {
		return ""
	}
	return fmt.Sprintf(", did you mean %q?", best)
}

// tooFar is the distance from which on a word is no misspelling of unknown.
func tooFar(unknown string) int { return 1 + max(1, len(unknown)/3) }

// isNear reports whether unknown may be a misspelling of a word.
func isNear(unknown, word string) bool { return Distance(unknown, word) < tooFar(unknown) }

// Distance counts the letters to add, drop or change between a and b.
func Distance(a, b string) int {
	const longest = 64 // no key is longer, and a stranger's may be
	if len(a) > longest || len(b) > longest {
		return longest
	}
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
			row[j+1] = min(change, diagonal+1, row[j]+1)
		}
	}
	return row[len(b)]
}
