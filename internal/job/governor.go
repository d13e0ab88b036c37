package job

import (
	"time"

	"postern/pkg/chat"
	"postern/pkg/retry"
)

// Line is one chat as the governor knows it: who is spoken to, with whose
// credentials, and how often that may be.
type Line struct {
	Lane    string // the platform
	Chat    string // the resolved chat key
	Account string // whose credentials
	Print   string // of the account's settings: what is broken for others may not be for these
	Limits  chat.Limits
	// Longest is the longest that failures alone hold a chat.
	Longest time.Duration
}

// Leave says whether a line may be spoken on now.
type Leave struct {
	Kind LeaveKind
	// Wait is how long to wait first: with LeaveGo, before speaking; with LeaveLater,
	// before asking again.
	Wait time.Duration
	// Place is the moment that was given, and Late by how much it may be missed;
	// a Late of 0 is any time. Who missed it asks again, and names it.
	Place string
	Late  time.Duration
	// Watched: failures are being counted, so success must be told too.
	Watched bool
	Why     string // with LeaveBroken: the platform's words
}

// LeaveKind is the leave in one word.
type LeaveKind string

// The kinds of Leave.
const (
	LeaveGo     LeaveKind = "go"     // speak, after Wait
	LeaveLater  LeaveKind = "later"  // a limit, a platform's Retry-After, or failures
	LeavePaused LeaveKind = "paused" // an operator paused it
	LeaveBroken LeaveKind = "broken" // it is gone or revoked, until somebody mends it
)

// Verdict is what a call of a platform showed of its line.
type Verdict struct {
	Kind  VerdictKind
	Reach retry.Reach   // whom it concerns
	For   time.Duration // with Hold
	Guess bool          // with Hold: nobody named For, so the next one in a row is twice as long
	Why   string        // with Break: the platform's words, without secrets
}

// VerdictKind is the verdict in one word.
type VerdictKind string

// The kinds of Verdict.
const (
	Worked VerdictKind = "ok"
	Fails  VerdictKind = "fail"  // for no reason of ours: nobody there, 5xx, no answer
	Hold   VerdictKind = "hold"  // the platform wants nothing more for so long
	Break  VerdictKind = "break" // nothing can arrive before somebody mends it
)

// LineState is how a line stands, for showing.
type LineState struct {
	Paused   bool
	Broken   string // the platform's words; empty: it is not
	BrokenAt time.Time
	Reach    retry.Reach // what is broken
	HeldTill time.Time   // by a Retry-After or by failures; zero: not held
	Failures int         // one after the other
}
