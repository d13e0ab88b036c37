package gitlab_test

import (
	"testing"

	"postern/pkg/source/gitlab"
	"postern/pkg/source/sourcetest"
)

func TestRanges(t *testing.T) {
	t.Parallel()
	sourcetest.RunRanges(t, gitlab.Definition().Ranges, "")
}
