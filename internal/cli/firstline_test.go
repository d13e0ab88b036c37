package cli_test

import (
	"bytes"
	"testing"

	"postern/internal/cli"
)

func TestTheFirstLineIsFirst(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	f := cli.NewFirstLine(&out)
	for _, text := range []string{"log 1\n", "log 2\n"} {
		if n, err := f.Write([]byte(text)); n != len(text) || err != nil {
			t.Errorf("got %d, %v, want it taken", n, err)
		}
	}
	if out.Len() != 0 {
		t.Errorf("got %q before the first line", out.String())
	}
	f.Say("first\n")
	_, _ = f.Write([]byte("log 3\n"))
	f.Say("last\n")
	if want := "first\nlog 1\nlog 2\nlog 3\nlast\n"; out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}
