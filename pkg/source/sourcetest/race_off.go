//go:build !race

package sourcetest

// raced: the race detector is on. What a source makes of bytes is seen without it,
// ten times faster, so that it is looked at more thinly.
const raced = false
