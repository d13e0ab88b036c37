package github

import "postern/pkg/source"

// ranges are where GitHub.com calls from: the member hooks of its meta API
// ("REST API endpoints for meta data"). A server of one's own has its own.
func ranges() source.Ranges {
	return source.Ranges{
		URLs: []string{"https://api.github.com/meta"},
		Read: source.ListIn("hooks"),
		Known: []string{
			"192.30.252.0/22", "185.199.108.0/22", "140.82.112.0/20", "143.55.64.0/20", "2a0a:a440::/29", "2606:50c0::/32",
			"9.234.98.160/28", "9.234.98.176/28", "9.234.106.48/28", // since October 2026
		},
	}
}
