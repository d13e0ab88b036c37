package verify

import "errors"

// Asker is implemented by a Verifier whose senders may wait to be asked before
// they show their credentials (RFC 9110, section 11.6.1).
type Asker interface {
	// Ask gives what asks for them, the value of WWW-Authenticate beside a 401:
	// `Basic realm="postern"`. It holds no secret.
	Ask() string
}

// Ask gives what asks for the credentials that a check refused for lack of, of
// several checks the one that refused; empty where it cannot be asked.
func Ask(v Verifier, refusal error) string {
	if by, ok := errors.AsType[*checkError](refusal); ok {
		return Ask(by.check, by.error)
	}
	if a, ok := v.(Asker); ok {
		return a.Ask()
	}
	return ""
}
