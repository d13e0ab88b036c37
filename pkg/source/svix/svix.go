// Package svix understands what is sent through Svix: Standard Webhooks under
// headers of Svix's own. What it reads, package standardwebhooks knows.
package svix

import (
	"encoding/json"
	"maps"
	"slices"

	"postern/pkg/source"
	standardwebhooks "postern/pkg/source/standard_webhooks"
)

// Definition registers this source as "svix".
func Definition() source.Definition {
	d := standardwebhooks.DefinitionOf("svix", "svix-", samples)
	d.Marks = []string{"svix-signature"}
	d.Ranges = source.Ranges{URLs: []string{"https://docs.svix.com/webhook-ips.json"}, Read: readRanges}
	return d
}

// readRanges takes the lists of all regions: {"us": ["..."], "eu": ["..."]}.
func readRanges(answer []byte) ([]string, error) {
	var regions map[string][]string
	if err := json.Unmarshal(answer, &regions); err != nil {
		return nil, err
	}
	return slices.Concat(slices.Collect(maps.Values(regions))...), nil
}
