package routing

import (
	"errors"

	"postern/internal/config"
	"postern/pkg/chat"
	"postern/pkg/source"
)

// ErrUnknownChat is what a name is that neither aliases nor accounts know.
var ErrUnknownChat = errors.New("unknown chat")

// Ordering says how a chat's messages keep their order.
type Ordering string

// The orderings.
const (
	Soft      Ordering = "soft"   // a message keeps its place through its first 3 attempts
	Strict    Ordering = "strict" // for all its attempts, and it waits for earlier events still being expanded
	Unordered Ordering = "none"   // several at a time
)

// Chat is a resolved target: where a message goes, and how that chat wants it.
type Chat struct {
	Name      string // as it was named: an alias or a key
	Key       chat.Key
	Lane      string // the platform's type
	Sender    chat.Sender
	Channel   string // for the Sender
	Ordering  Ordering
	HoldLost  bool // on_unknown: hold
	Retry     config.Retry
	Account   string           // whose credentials: the account's name, or an inline target's chat key
	Print     string           // of the account's settings: two that differ have different ones
	Limits    chat.Limits      // the config's, else the platform's own
	Locale    source.Locale    // empty: not written
	Verbosity source.Verbosity // empty: not written
}
