package basic

import "postern/pkg/verify"

var _ verify.Asker = Verifier{}

// Ask asks for a user name and a password (RFC 7617, section 2).
func (Verifier) Ask() string { return `Basic realm="postern"` }
