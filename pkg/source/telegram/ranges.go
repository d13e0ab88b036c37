package telegram

import "postern/pkg/source"

// ranges are where Telegram calls from, as its guide to webhooks has it; it
// publishes no list.
func ranges() source.Ranges {
	return source.Ranges{Known: []string{"149.154.160.0/20", "91.108.4.0/22"}}
}
