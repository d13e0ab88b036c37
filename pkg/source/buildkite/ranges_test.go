package buildkite_test

import (
	"testing"

	"postern/pkg/source/buildkite"
	"postern/pkg/source/sourcetest"
)

func TestRanges(t *testing.T) {
	t.Parallel()
	sourcetest.RunRanges(t, buildkite.Definition().Ranges, `{"webhook_ips":["192.0.2.1","198.51.100.0/28"]}`, "192.0.2.1", "198.51.100.0/28")
}
