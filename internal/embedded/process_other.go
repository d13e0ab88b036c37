//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package embedded

import "syscall"

// apart is never asked here: tryLock refuses first.
func apart() *syscall.SysProcAttr { return nil }
