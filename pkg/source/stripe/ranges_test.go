package stripe_test

import (
	"testing"

	"postern/pkg/source/sourcetest"
	"postern/pkg/source/stripe"
)

func TestRanges(t *testing.T) {
	t.Parallel()
	sourcetest.RunRanges(t, stripe.Definition().Ranges, `{"WEBHOOKS":["192.0.2.1","192.0.2.2"]}`, "192.0.2.1", "192.0.2.2")
}
