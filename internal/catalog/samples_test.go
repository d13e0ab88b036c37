package catalog_test

import (
	"testing"

	"postern/internal/catalog"
	"postern/pkg/source"
	"postern/pkg/source/sourcetest"
)

// settings are those that a source does not do without.
func settings(any) error { return nil }

func TestEverySourceHasSamples(t *testing.T) {
	t.Parallel()
	for _, d := range catalog.Sources() {
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			all, err := source.Samples(d)
			if err != nil {
				t.Fatal(err)
			}
			if len(all) == 0 {
				t.Fatalf("%s has no samples: write some into pkg/source/%s/samples", d.Name, d.Name)
			}
			s, err := d.Build(settings)
			if err != nil {
				t.Fatal(err)
			}
			sourcetest.RunSamples(t, d, s)
		})
	}
}
