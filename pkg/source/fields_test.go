package source_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"postern/pkg/source"
	"postern/pkg/webhook"
)

func TestFields(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		given []string
		want  []webhook.Field
	}{
		"none":               {nil, nil},
		"in their order":     {[]string{"B", "2", "A", "1"}, []webhook.Field{{Name: "B", Value: "2"}, {Name: "A", Value: "1"}}},
		"what has no value":  {[]string{"A", "", "B", "2", "C", " \n"}, []webhook.Field{{Name: "B", Value: "2"}}},
		"several lines":      {[]string{"A", "1\n2\x00"}, []webhook.Field{{Name: "A", Value: "1 2"}}},
		"a value too long":   {[]string{"A", strings.Repeat("x", 300)}, []webhook.Field{{Name: "A", Value: strings.Repeat("x", 199) + "…"}}},
		"a name without one": {[]string{"A"}, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, source.Fields(tt.given...)); diff != "" {
				t.Errorf("want -, got +:\n%s", diff)
			}
		})
	}
}
