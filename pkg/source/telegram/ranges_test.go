package telegram_test

import (
	"testing"

	"postern/pkg/source/sourcetest"
	"postern/pkg/source/telegram"
)

func TestRanges(t *testing.T) {
	t.Parallel()
	sourcetest.RunRanges(t, telegram.Definition().Ranges, "")
}
