//go:build !linux

package servertest

import "syscall"

// dieWithParent has no equal here: a killed test binary leaves its server.
func dieWithParent() *syscall.SysProcAttr { return nil }
