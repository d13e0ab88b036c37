//go:build !race

package chattest

const step = 1
