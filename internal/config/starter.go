package config

import _ "embed"

//go:embed starter.yaml
var starter string

// Starter is the commented config that `postern init` writes: GitHub to the
// console, which works at once, and the usual chats to uncomment.
func Starter() []byte { return []byte(starter) }
