//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package embedded

import "syscall"

// apart keeps the terminal's Ctrl-C from the child, which must outlive the
// draining. A child whose parent was killed lives on here and holds the
// folder's lock, so the next start says ErrInUse until somebody ends it.
func apart() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
