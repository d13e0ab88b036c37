package verifytest

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"postern/pkg/verify"
)

// Settings are what an operator writes for a scheme.
type Settings struct {
	Written any         // a value of the scheme's own settings type
	Keys    verify.Keys // of the endpoint
	Fault   string      // the key that the error must name first; empty: no error
}

// RunSettings checks which settings a Definition takes, a subtest per case.
func RunSettings(t *testing.T, d verify.Definition, cases map[string]Settings) {
	t.Helper()
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := c.check(d); err != nil {
				t.Error(err)
			}
		})
	}
	t.Run("a decoder's error is passed on", func(t *testing.T) {
		t.Parallel()
		want := errors.New("unknown key")
		v, err := d.Build(func(any) error { return want }, verify.Keys{})
		if !errors.Is(err, want) || v != nil {
			t.Errorf("got verifier %v and error %v, want none and %v", v, err, want)
		}
	})
}

func (c Settings) check(d verify.Definition) error {
	v, err := d.Build(c.decode, c.Keys)
	if c.Fault == "" {
		if err != nil || v == nil {
			return fmt.Errorf("got verifier %v and error %w, want a verifier", v, err)
		}
		return nil
	}
	if err == nil || v != nil {
		return fmt.Errorf("got verifier %v and no error, want an error about %s", v, c.Fault)
	}
	if !strings.HasPrefix(err.Error(), c.Fault+":") {
		return fmt.Errorf("got error %q, want one that begins with %q", err.Error(), c.Fault+":")
	}
	return nil
}

// decode is the config's decoder, for settings that are decoded already.
func (c Settings) decode(into any) error {
	target, written := reflect.ValueOf(into).Elem(), reflect.ValueOf(c.Written)
	if written.Type() != target.Type() {
		return fmt.Errorf("the scheme decodes into %s, the case holds %s", target.Type(), written.Type())
	}
	target.Set(written)
	return nil
}
