package svix_test

import (
	"testing"

	"postern/pkg/source/sourcetest"
	"postern/pkg/source/svix"
)

func TestRanges(t *testing.T) {
	t.Parallel()
	sourcetest.RunRanges(t, svix.Definition().Ranges, `{"us":["192.0.2.1"],"eu":["198.51.100.1","198.51.100.2"]}`, "192.0.2.1", "198.51.100.1", "198.51.100.2")
}
