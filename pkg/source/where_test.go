package source_test

import (
	"testing"

	"postern/pkg/source"
)

func TestWhere(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		places []string
		want   string
	}{
		"nowhere":     {nil, "Deployed"},
		"empty":       {[]string{"", ""}, "Deployed"},
		"one of two":  {[]string{"", "main"}, "Deployed (main)"},
		"in order":    {[]string{"production", "main"}, "Deployed (production, main)"},
		"the same as": {[]string{"main", "main"}, "Deployed (main, main)"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := source.Where("Deployed", tt.places...); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
