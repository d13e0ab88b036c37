//go:build unix

package cli

import (
	"os"

	"golang.org/x/sys/unix"
)

// usualWidth is that of a terminal that does not say.
const usualWidth = 80

// columns gives the width of a terminal, or 0 for what is none.
func columns(f *os.File) int {
	size, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ)
	switch {
	case err != nil:
		return 0
	case size.Col == 0:
		return usualWidth
	default:
		return int(size.Col)
	}
}
