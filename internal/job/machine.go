package job

import (
	"encoding/json"
	"slices"
	"time"
)

// Follows reports whether a job may go from one state to another in one change.
// This is the whole of it:
//
//	queued     running    Begin
//	queued     dead       Begin and Fail at once: given up before it began
//	queued     canceled   Cancel
//	running    running    Begin, after a worker died
//	running    queued     HandBack
//	running    retrying   Fail
//	running    succeeded  Succeed
//	running    dead       Fail, with no next time
//	running    canceled   Cancel: whoever is at it holds it no more
//	retrying   running    Begin
//	retrying   dead       Begin and Fail at once
//	retrying   canceled   Cancel
//	succeeded  queued     a retry or a redelivery, where something is undelivered
//	dead       queued     a retry or a redelivery
//	canceled   queued     a retry
//
// Cancel leaves a final state as it is and ends the notifications alone. What is
// final is left only by the store, once the job is finished, for a new run.
func Follows(from, to State) bool {
	after := map[State][]State{
		Queued: {Running, Dead, Canceled}, Running: {Running, Queued, Retrying, Succeeded, Dead, Canceled},
		Retrying: {Running, Dead, Canceled}, Succeeded: {Queued}, Dead: {Queued}, Canceled: {Queued},
	}
	return slices.Contains(after[from], to)
}

// NoteFollows is Follows for a notification:
//
//	queued      sending     Begin
//	queued      dead        Finish: given up, or its chat is paused or broken for too long
//	queued      canceled    Cancel, Abandon
//	sending     sending     CloseLost and Begin, after a turn was overtaken
//	sending     queued      a part of it was taken
//	sending     retrying    Wait
//	sending     sent        Finish
//	sending     dead        Finish
//	sending     unknown     Finish, Abandon
//	sending     canceled    Finish: the job was canceled, and the platform did not take it
//	retrying    sending     Begin
//	retrying    dead        Finish: given up
//	retrying    canceled    Cancel, Abandon
//	dead        queued      Requeue, by a new run of the job
//	unknown     queued      Requeue
//	canceled    queued      Requeue
//	queued, retrying, dead, unknown, canceled
//	            sent        Finish: the late word of a turn that was overtaken
//
// While its job is stopped a notification only ends.
func NoteFollows(from, to NoteState) bool {
	after := map[NoteState][]NoteState{
		NoteQueued:   {NoteSending, NoteDead, NoteCanceled, NoteSent},
		NoteSending:  {NoteSending, NoteQueued, NoteRetrying, NoteSent, NoteDead, NoteUnknown, NoteCanceled},
		NoteRetrying: {NoteSending, NoteDead, NoteCanceled, NoteSent},
		NoteDead:     {NoteQueued, NoteSent}, NoteUnknown: {NoteQueued, NoteSent}, NoteCanceled: {NoteQueued, NoteSent},
	}
	return slices.Contains(after[from], to)
}

// interrupted is how an attempt reads whose worker never came back.
const interrupted = "the worker stopped before it told the outcome"

// Admission says whether a worker may work on a job now.
type Admission int

// The admissions.
const (
	Admitted Admission = iota
	Obsolete           // another run, or nothing left to do
	NotYet             // its next attempt is later
	Busy               // another worker holds it, and its lease lasts
)

// Admit says whether a worker may begin the run now, and if not yet, when.
func (r *Record) Admit(run int, now time.Time) (Admission, time.Time) {
	switch {
	case r.Run != run || r.State.Final():
		return Obsolete, time.Time{}
	case r.State == Running && r.Doc.LeaseUntil != nil && r.Doc.LeaseUntil.After(now):
		return Busy, r.Doc.LeaseUntil.Time
	case r.State == Retrying && r.Doc.NextAttemptAt != nil && r.Doc.NextAttemptAt.After(now):
		return NotYet, r.Doc.NextAttemptAt.Time
	default:
		return Admitted, time.Time{}
	}
}

// Begin starts an attempt at the job's work and gives its number. An attempt
// left open by a dead worker is closed as interrupted: it costs nothing.
func (r *Record) Begin(worker string, now time.Time, lease time.Duration) int {
	doc := &r.Doc
	if doc.Run != r.Run {
		since := At(now)
		doc.Run, doc.Spent, doc.Crashes, doc.Since, doc.Error = r.Run, 0, 0, &since, nil
	}
	if closeOpen(doc.Attempts, now, Interrupted, interrupted) {
		doc.Crashes++
	}
	started := At(now)
	if doc.StartedAt == nil {
		doc.StartedAt = &started
	}
	doc.Attempts = append(bounded(doc.Attempts), Attempt{Number: nextNumber(doc.Attempts), StartedAt: started, Worker: worker})
	doc.LeaseUntil, doc.NextAttemptAt = AtPtr(now.Add(lease)), nil
	r.State = Running
	return doc.Attempts[len(doc.Attempts)-1].Number
}

// Began gives the attempt under way if it is the one that this worker began at
// that moment: a change whose reply was lost finds its own work.
func Began(attempts []Attempt, worker string, at time.Time) (int, bool) {
	k := len(attempts)
	if k == 0 {
		return 0, false
	}
	last := attempts[k-1]
	same := last.FinishedAt == nil && last.Worker == worker && last.StartedAt.UnixMilli() == at.UnixMilli()
	return last.Number, same
}

// Attempt gives the number of the last attempt, which of very many are not all
// kept; 0 where there was none.
func (r *Record) Attempt() int { return nextNumber(r.Doc.Attempts) - 1 }

// Holds reports whether the attempt is the one under way: a worker that was
// overtaken must not write its outcome.
func (r *Record) Holds(attempt int) bool {
	n := len(r.Doc.Attempts)
	return r.State == Running && n > 0 && r.Doc.Attempts[n-1].Number == attempt && r.Doc.Attempts[n-1].FinishedAt == nil
}

// Succeed ends the attempt and the job's work: all its notifications are made.
func (r *Record) Succeed(now time.Time, result json.RawMessage) {
	r.end(now, OK, "")
	r.State, r.Doc.Error, r.Doc.Result, r.Doc.Expanded = Succeeded, nil, result, true
}

// Fail ends the attempt: the work is tried again at next, or never where next
// is zero.
func (r *Record) Fail(now time.Time, cause string, next time.Time) {
	r.Doc.Spent++
	r.Doc.Error = &cause
	if next.IsZero() {
		r.end(now, Refused, cause)
		r.State = Dead
		return
	}
	r.end(now, Retry, cause)
	r.State, r.Doc.NextAttemptAt = Retrying, AtPtr(next)
}

// Cancel ends the run: an attempt under way is closed, and whoever is at it
// finds that it does not hold it any more. What the job's notifications become
// they find out themselves, for nothing of a stopped job is begun. by tells this
// call from others. ErrFinished: there is nothing left to cancel.
func (r *Record) Cancel(by string, now time.Time) error {
	if r.Finished() {
		return ErrFinished
	}
	r.Stopped = by
	if r.State == Canceled {
		return nil
	}
	if r.State.Final() { // the state alone does not tell what became of the rest
		r.Warn(Warning{Code: "canceled", Message: "the job was canceled: what had not been sent by then is not sent"})
		return nil
	}
	closeOpen(r.Doc.Attempts, now, WasCanceled, "")
	r.Doc.LeaseUntil, r.Doc.NextAttemptAt = nil, nil
	r.State = Canceled
	return nil
}

// HandBack ends the attempt at no cost: the worker stops, or does not know the
// job's endpoint.
func (r *Record) HandBack(now time.Time, outcome Outcome, cause string) {
	r.end(now, outcome, cause)
	r.State = Queued
	a := r.Doc.Attempts
	if k := len(a); k > 1 && outcome == UnknownHere && a[k-2].Outcome == UnknownHere { // as in Pass
		a[k-2].FinishedAt, a[k-2].Worker = a[k-1].FinishedAt, a[k-1].Worker
		r.Doc.Attempts = a[:k-1]
	}
}

func (r *Record) end(now time.Time, outcome Outcome, cause string) {
	r.Doc.LeaseUntil = nil
	last := &r.Doc.Attempts[len(r.Doc.Attempts)-1]
	last.FinishedAt, last.Outcome, last.Error = AtPtr(now), outcome, cause
}

// Pass notes that a worker met the job and left it to others. Neighbouring
// notes are one attempt.
func (r *Record) Pass(worker string, now time.Time, cause string) {
	doc := &r.Doc
	if k := len(doc.Attempts); k > 0 && doc.Attempts[k-1].Outcome == UnknownHere {
		doc.Attempts[k-1].FinishedAt, doc.Attempts[k-1].Worker = AtPtr(now), worker
		return
	}
	doc.Attempts = append(doc.Attempts, Attempt{
		Number: nextNumber(doc.Attempts), StartedAt: At(now), FinishedAt: AtPtr(now),
		Outcome: UnknownHere, Error: cause, Worker: worker,
	})
}

// Requeue opens an undelivered notification for a new run of its job.
func (n *Note) Requeue(run int, now time.Time) {
	n.State, n.Run, n.Spent, n.Crashes, n.Since = NoteQueued, run, 0, 0, At(now)
	n.Error, n.NextAttemptAt = nil, nil
}

// Open gives the attempt that a dead worker, or a lost answer, left open.
func (n *Note) Open() bool {
	k := len(n.Attempts)
	return k > 0 && n.Attempts[k-1].FinishedAt == nil
}

// CloseLost closes an attempt left open: the message may have arrived.
func (n *Note) CloseLost(now time.Time) {
	closeOpen(n.Attempts, now, OutcomeLost, interrupted)
	n.Spent++
	n.Crashes++
}

// Begin marks the intent to send and gives the attempt's number.
func (n *Note) Begin(worker string, now time.Time) int {
	n.Attempts = append(bounded(n.Attempts), Attempt{Number: nextNumber(n.Attempts), StartedAt: At(now), Worker: worker})
	n.State, n.NextAttemptAt = NoteSending, nil
	return n.Attempts[len(n.Attempts)-1].Number
}

// End closes the numbered attempt; false where it was closed by another.
func (n *Note) End(number int, now time.Time, outcome Outcome, cause string) bool {
	for i := range n.Attempts {
		if a := &n.Attempts[i]; a.Number == number {
			if a.FinishedAt != nil && outcome != OK {
				return false
			}
			a.FinishedAt, a.Outcome, a.Error = AtPtr(now), outcome, cause
			return true
		}
	}
	return false
}

// Ended reports whether somebody told how the numbered attempt ended.
func (n *Note) Ended(number int) bool {
	return slices.ContainsFunc(n.Attempts, func(a Attempt) bool {
		return a.Number == number && a.FinishedAt != nil && a.Error != interrupted
	})
}

// Finish gives the notification its final state.
func (n *Note) Finish(state NoteState, cause string) {
	n.State, n.NextAttemptAt, n.Error = state, nil, nil
	if cause != "" {
		n.Error = &cause
	}
}

// Cancel ends a notification of a stopped job that waits; false where it is on
// its way, for then the platform decides, or has ended.
func (n *Note) Cancel() bool {
	if !n.Stopped || n.State.Final() || n.State == NoteSending {
		return false
	}
	n.Finish(NoteCanceled, "")
	return true
}

// Abandon ends a notification of a stopped job that nobody is sending any more:
// it may have arrived if a dead worker was.
func (n *Note) Abandon(now time.Time) {
	if !n.Open() {
		n.Finish(NoteCanceled, "")
		return
	}
	n.CloseLost(now)
	n.Finish(NoteUnknown, "the request left, and no answer came")
}

// Wait puts the next attempt to a time.
func (n *Note) Wait(until time.Time, cause string) {
	n.State, n.NextAttemptAt, n.Error = NoteRetrying, AtPtr(until), &cause
}

func closeOpen(attempts []Attempt, now time.Time, outcome Outcome, cause string) bool {
	k := len(attempts)
	if k == 0 || attempts[k-1].FinishedAt != nil {
		return false
	}
	attempts[k-1].FinishedAt, attempts[k-1].Outcome, attempts[k-1].Error = AtPtr(now), outcome, cause
	return true
}

// Of very many attempts the first and the last are kept: their numbers show what
// lies between.
const (
	firstKept = 20
	lastKept  = 60
)

func bounded(attempts []Attempt) []Attempt {
	if len(attempts) < firstKept+lastKept {
		return attempts
	}
	return append(attempts[:firstKept:firstKept], attempts[len(attempts)-lastKept+1:]...)
}

func nextNumber(attempts []Attempt) int {
	if k := len(attempts); k > 0 {
		return attempts[k-1].Number + 1
	}
	return 1
}

// Warn adds a warning, once.
func (r *Record) Warn(w Warning) {
	if !slices.Contains(r.Doc.Warnings, w) {
		r.Doc.Warnings = append(r.Doc.Warnings, w)
	}
}
