package none_test

import (
	"testing"

	"postern/pkg/verify/none"
	"postern/pkg/verify/verifytest"
	"postern/pkg/webhook"
)

func TestAcceptsEverything(t *testing.T) {
	t.Parallel()
	if err := (none.Verifier{}).Verify(t.Context(), &webhook.Request{}); err != nil {
		t.Errorf("got %v, want nil", err)
	}
	if c := (none.Verifier{}).Credentials(); len(c.Headers)+len(c.Query) > 0 {
		t.Errorf("got credentials %+v, want none", c)
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	if got, want := none.Definition().Name, "none"; got != want {
		t.Errorf("got name %q, want %q", got, want)
	}
	verifytest.RunSettings(t, none.Definition(), map[string]verifytest.Settings{
		"it has none": {Written: struct{}{}},
	})
}
