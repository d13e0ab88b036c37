package github_test

import (
	"testing"

	"postern/pkg/source/github"
	"postern/pkg/source/sourcetest"
)

func TestRanges(t *testing.T) {
	t.Parallel()
	sourcetest.RunRanges(t, github.Definition().Ranges, `{"verifiable_password_authentication":false,"hooks":["192.0.2.0/24","2001:db8::/32"],"web":["198.51.100.0/24"]}`, "192.0.2.0/24", "2001:db8::/32")
}
