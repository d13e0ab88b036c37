package gitlab

import "postern/pkg/source"

// ranges are where GitLab.com calls from, as the section "IP range" of its
// settings' documentation has it; it publishes no list. A server of one's own
// has its own.
func ranges() source.Ranges {
	return source.Ranges{Known: []string{"34.74.90.64/28", "34.74.226.0/24"}}
}
