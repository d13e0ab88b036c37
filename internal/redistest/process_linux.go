package redistest

import "syscall"

// DieWithParent ends a program with a test binary that was killed and so
// ran no cleanup.
func DieWithParent() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
