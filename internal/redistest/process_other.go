//go:build !linux

package redistest

import "syscall"

// dieWithParent has no equal here: a killed test binary leaves its server.
func dieWithParent() *syscall.SysProcAttr { return nil }
