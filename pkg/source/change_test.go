package source_test

import (
	"testing"

	"postern/pkg/source"
)

func TestChange(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ before, now, want string }{
		"both":           {"Todo", "Done", "Todo → Done"},
		"the same":       {"Todo", "Todo", "Todo"},
		"nothing before": {"", "Done", "→ Done"},
		"nothing now":    {"Todo", "", "Todo → –"},
		"nothing at all": {"", "", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := source.Change(tt.before, tt.now); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
