//go:build !race

package redistest

// Raced: the race detector is on, ten times slower, and no time means anything.
const Raced = false
