//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package embedded

import (
	"errors"
	"os"
)

// tryLock cannot keep its promise here, so there is no data folder.
func tryLock(*os.File) error {
	return errors.New("this system has no file locks that a child shares: use embedded:memory or a running Redis")
}
