package config

import "go.yaml.in/yaml/v3"

// Node is a place in the file: it decodes itself into somebody's own settings
// and words errors that name the place.
type Node struct {
	file *document
	path string // "plugins.acme.repos.webhooks./github"
	yaml *yaml.Node
}

type document struct{ name string }
