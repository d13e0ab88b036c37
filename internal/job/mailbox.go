package job

import "time"

// Box names a chat's mailbox and how it is served.
type Box struct {
	Lane  string // the platform
	Chat  string // the resolved chat key
	Turns int    // turns allowed at once: 1 keeps the order
}

// Ticket asks for one turn of a box. Whoever is handed one enqueues it.
type Ticket struct {
	Box    Box
	Number string
	Due    time.Time
}

// HandKind says what a turn is handed.
type HandKind string

// The kinds of Hand.
const (
	HandItem     HandKind = "item"     // an item to say
	HandWait     HandKind = "wait"     // nothing yet: ask again after Wait
	HandFinished HandKind = "finished" // the turn is over
	HandStale    HandKind = "stale"    // the ticket was used before
	HandFenced   HandKind = "fenced"   // the turn's lease was taken: another speaks now
	HandOverdue  HandKind = "overdue"  // a ticket should have run: enqueue it again
)

// Hand is what a mailbox answers to a turn.
type Hand struct {
	Kind   HandKind
	Item   string
	Wait   time.Duration
	Ticket *Ticket // to be enqueued, or nil
}

// Fate is what became of an item in a turn.
type Fate string

// The fates.
const (
	Done  Fate = "done"  // never again
	Later Fate = "later" // not before After; others go on meanwhile
	Block Fate = "block" // not before After, and the chat waits with it
	Back  Fate = "back"  // to its place, at once
)

// Report tells a mailbox what became of the item in hand.
type Report struct {
	Item  string // empty: nothing was in hand
	Fate  Fate
	After time.Duration
	End   bool // the turn ends here
}
