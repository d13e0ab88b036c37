package servertest

import "syscall"

// dieWithParent ends the server with a test binary that was killed and so
// ran no cleanup.
func dieWithParent() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
