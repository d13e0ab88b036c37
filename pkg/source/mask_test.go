package source_test

import (
	"testing"

	"postern/pkg/source"
)

func TestMaskMail(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"mona@example.com":  "m***@example.com",
		"m@example.com":     "m***@example.com",
		"öwner@example.com": "ö***@example.com",
		"a@b@example.com":   "a***@example.com",
		"@example.com":      "",
		"mona":              "",
		"":                  "",
	} {
		t.Run(given, func(t *testing.T) {
			t.Parallel()
			if got := source.MaskMail(given); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}
