package catalog_test

import (
	"slices"
	"testing"

	"postern/internal/catalog"
	"postern/pkg/source"
	"postern/pkg/source/sourcetest"
)

// withoutSamples are the sources of which "postern send" knows nothing yet:
// none may be added, and one that has samples must go.
func withoutSamples() []string {
	return []string{
		"shopify", "linear", "jira", "vercel", "netlify", "heroku", "azure_devops", "jenkins", "travis", "buildkite",
		"woodpecker", "harbor", "sns", "msgraph",
	}
}

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
			switch excepted := slices.Contains(withoutSamples(), d.Name); {
			case excepted && len(all) > 0:
				t.Fatalf("%s has samples: take it off the list of those without", d.Name)
			case excepted:
				return
			case len(all) == 0:
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
