package embedded

import "syscall"

// apart keeps the terminal's Ctrl-C from the child, which must outlive the
// draining, and ends it cleanly when its parent is killed.
func apart() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
}
