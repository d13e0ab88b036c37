//go:build !linux

package redistest

import "syscall"

// DieWithParent has no equal here: a killed test binary leaves its servers.
func DieWithParent() *syscall.SysProcAttr { return &syscall.SysProcAttr{} }
