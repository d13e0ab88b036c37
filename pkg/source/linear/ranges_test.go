package linear_test

import (
	"testing"

	"postern/pkg/source/linear"
	"postern/pkg/source/sourcetest"
)

func TestRanges(t *testing.T) {
	t.Parallel()
	sourcetest.RunRanges(t, linear.Definition().Ranges, `{"ips":["192.0.2.1/32","192.0.2.2/32"],"codingSessionIps":["198.51.100.1/32"]}`, "192.0.2.1/32", "192.0.2.2/32")
}
