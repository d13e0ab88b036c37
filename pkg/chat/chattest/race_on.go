//go:build race

package chattest

// step is longer under the race detector, which sees nothing in how a text is cut.
const step = 8
