package buildkite

import "postern/pkg/source"

// ranges are where Buildkite's webhooks come from: the list that its API
// publishes.
func ranges() source.Ranges {
	return source.Ranges{URLs: []string{"https://api.buildkite.com/v2/meta"}, Read: source.ListIn("webhook_ips")}
}
