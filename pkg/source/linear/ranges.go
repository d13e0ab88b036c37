package linear

import "postern/pkg/source"

// ranges are where Linear's webhooks come from: of the list that it publishes,
// what calls for its coding sessions stands apart and is left out.
func ranges() source.Ranges {
	return source.Ranges{
		URLs: []string{"https://linear.app/.well-known/appspecific/app.linear.ips.json"}, Read: source.ListIn("ips"),
	}
}
