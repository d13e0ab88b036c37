package job_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"postern/internal/job"
)

func now() time.Time { return time.Date(2026, 11, 24, 2, 0, 0, 0, time.UTC) }

func after(d time.Duration) *job.Time { return job.AtPtr(now().Add(d)) }

const died = "the worker stopped before it told the outcome"

func TestAdmit(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		record job.Record
		run    int
		want   job.Admission
		at     *job.Time
	}{
		"queued":                        {job.Record{Run: 1, State: job.Queued}, 1, job.Admitted, nil},
		"an older run":                  {job.Record{Run: 2, State: job.Queued}, 1, job.Obsolete, nil},
		"a run to come":                 {job.Record{Run: 1, State: job.Queued}, 2, job.Obsolete, nil},
		"succeeded":                     {job.Record{Run: 1, State: job.Succeeded}, 1, job.Obsolete, nil},
		"dead":                          {job.Record{Run: 1, State: job.Dead}, 1, job.Obsolete, nil},
		"canceled":                      {job.Record{Run: 1, State: job.Canceled}, 1, job.Obsolete, nil},
		"running, the worker lives":     {job.Record{Run: 1, State: job.Running, Doc: job.Doc{LeaseUntil: after(time.Second)}}, 1, job.Busy, after(time.Second)},
		"running, the lease ends now":   {job.Record{Run: 1, State: job.Running, Doc: job.Doc{LeaseUntil: after(0)}}, 1, job.Admitted, nil},
		"running, the worker is dead":   {job.Record{Run: 1, State: job.Running, Doc: job.Doc{LeaseUntil: after(-time.Second)}}, 1, job.Admitted, nil},
		"running without a lease":       {job.Record{Run: 1, State: job.Running}, 1, job.Admitted, nil},
		"retrying, a millisecond early": {job.Record{Run: 1, State: job.Retrying, Doc: job.Doc{NextAttemptAt: after(time.Millisecond)}}, 1, job.NotYet, after(time.Millisecond)},
		"retrying, to the millisecond":  {job.Record{Run: 1, State: job.Retrying, Doc: job.Doc{NextAttemptAt: after(0)}}, 1, job.Admitted, nil},
		"retrying without a time":       {job.Record{Run: 1, State: job.Retrying}, 1, job.Admitted, nil},
		"queued with an old lease":      {job.Record{Run: 1, State: job.Queued, Doc: job.Doc{LeaseUntil: after(time.Second)}}, 1, job.Admitted, nil},
	} {
		got, at := c.record.Admit(c.run, now())
		if got != c.want || !cmp.Equal(job.AtPtr(at), c.at) {
			t.Errorf("%s: got %v at %v, want %v at %v", name, got, at, c.want, c.at)
		}
	}
}

func attempt(number int, outcome job.Outcome, cause string) job.Attempt {
	a := job.Attempt{Number: number, StartedAt: *after(-time.Minute), Outcome: outcome, Error: cause, Worker: "w1"}
	if outcome != "" {
		a.FinishedAt = after(0)
	}
	return a
}

// begun is the attempt that Begin makes at now.
func begun(number int) job.Attempt {
	return job.Attempt{Number: number, StartedAt: *after(0), Worker: "w2"}
}

func TestRecordTransitions(t *testing.T) {
	t.Parallel()
	running := func(attempts ...job.Attempt) job.Record {
		return job.Record{Run: 1, State: job.Running, Doc: job.Doc{Run: 1, Attempts: attempts, LeaseUntil: after(time.Second), StartedAt: after(-time.Hour)}}
	}
	for name, c := range map[string]struct {
		from job.Record
		do   func(*job.Record)
		want job.Record
	}{
		"the first attempt": {
			job.Record{Run: 1, State: job.Queued},
			func(r *job.Record) { r.Begin("w2", now(), time.Second) },
			job.Record{Run: 1, State: job.Running, Doc: job.Doc{
				Run: 1, Since: after(0), StartedAt: after(0), LeaseUntil: after(time.Second), Attempts: []job.Attempt{begun(1)},
			}},
		},
		"the next one": {
			job.Record{Run: 1, State: job.Retrying, Doc: job.Doc{
				Run: 1, Since: after(-time.Hour), StartedAt: after(-time.Hour), Spent: 1, NextAttemptAt: after(0), Error: new("no"),
				Attempts: []job.Attempt{attempt(1, job.Retry, "no")},
			}},
			func(r *job.Record) { r.Begin("w2", now(), time.Second) },
			job.Record{Run: 1, State: job.Running, Doc: job.Doc{
				Run: 1, Since: after(-time.Hour), StartedAt: after(-time.Hour), Spent: 1, LeaseUntil: after(time.Second), Error: new("no"),
				Attempts: []job.Attempt{attempt(1, job.Retry, "no"), begun(2)},
			}},
		},
		"one whose worker died costs nothing": {
			running(attempt(1, "", "")),
			func(r *job.Record) { r.Begin("w2", now(), time.Second) },
			job.Record{Run: 1, State: job.Running, Doc: job.Doc{
				Run: 1, Crashes: 1, StartedAt: after(-time.Hour), LeaseUntil: after(time.Second),
				Attempts: []job.Attempt{attempt(1, job.Interrupted, died), begun(2)},
			}},
		},
		"a new run has a fresh budget, and the numbers go on": {
			job.Record{Run: 2, State: job.Queued, Doc: job.Doc{
				Run: 1, Crashes: 3, Since: after(-time.Hour), StartedAt: after(-time.Hour), Spent: 9, Error: new("no"),
				Attempts: []job.Attempt{attempt(9, job.Refused, "no")},
			}},
			func(r *job.Record) { r.Begin("w2", now(), time.Second) },
			job.Record{Run: 2, State: job.Running, Doc: job.Doc{
				Run: 2, Since: after(0), StartedAt: after(-time.Hour), LeaseUntil: after(time.Second),
				Attempts: []job.Attempt{attempt(9, job.Refused, "no"), begun(10)},
			}},
		},
		"success": {
			running(attempt(1, "", "")),
			func(r *job.Record) { r.Doc.Error = new("before"); r.Succeed(now(), json.RawMessage(`1`)) },
			job.Record{Run: 1, State: job.Succeeded, Doc: job.Doc{
				Run: 1, StartedAt: after(-time.Hour), Expanded: true, Result: json.RawMessage(`1`), Attempts: []job.Attempt{attempt(1, job.OK, "")},
			}},
		},
		"a failure that is tried again": {
			running(attempt(1, "", "")),
			func(r *job.Record) { r.Fail(now(), "no", now().Add(time.Minute)) },
			job.Record{Run: 1, State: job.Retrying, Doc: job.Doc{
				Run: 1, StartedAt: after(-time.Hour), Spent: 1, NextAttemptAt: after(time.Minute), Error: new("no"),
				Attempts: []job.Attempt{attempt(1, job.Retry, "no")},
			}},
		},
		"a failure that is not": {
			running(attempt(1, "", "")),
			func(r *job.Record) { r.Fail(now(), "never", time.Time{}) },
			job.Record{Run: 1, State: job.Dead, Doc: job.Doc{
				Run: 1, StartedAt: after(-time.Hour), Spent: 1, Error: new("never"), Attempts: []job.Attempt{attempt(1, job.Refused, "never")},
			}},
		},
		"handed back at no cost": {
			running(attempt(1, "", "")),
			func(r *job.Record) { r.HandBack(now(), job.Interrupted, "stopping") },
			job.Record{Run: 1, State: job.Queued, Doc: job.Doc{
				Run: 1, StartedAt: after(-time.Hour), Attempts: []job.Attempt{attempt(1, job.Interrupted, "stopping")},
			}},
		},
		"handed back again and again because it is unknown here": {
			running(attempt(1, job.UnknownHere, "who?"), attempt(2, "", "")),
			func(r *job.Record) { r.HandBack(now().Add(time.Second), job.UnknownHere, "who?") },
			func() job.Record {
				one := attempt(1, job.UnknownHere, "who?")
				one.FinishedAt = after(time.Second)
				return job.Record{Run: 1, State: job.Queued, Doc: job.Doc{Run: 1, StartedAt: after(-time.Hour), Attempts: []job.Attempt{one}}}
			}(),
		},
		"left to others": {
			job.Record{Run: 1, State: job.Queued},
			func(r *job.Record) { r.Pass("w2", now(), "who?") },
			job.Record{Run: 1, State: job.Queued, Doc: job.Doc{Attempts: []job.Attempt{
				{Number: 1, StartedAt: *after(0), FinishedAt: after(0), Outcome: job.UnknownHere, Error: "who?", Worker: "w2"},
			}}},
		},
		"left to others many times is one attempt": {
			job.Record{Run: 1, State: job.Queued, Doc: job.Doc{Attempts: []job.Attempt{attempt(1, job.UnknownHere, "who?")}}},
			func(r *job.Record) {
				r.Pass("w2", now().Add(time.Second), "who?")
				r.Pass("w3", now().Add(time.Minute), "who?")
			},
			job.Record{Run: 1, State: job.Queued, Doc: job.Doc{Attempts: []job.Attempt{
				{Number: 1, StartedAt: *after(-time.Minute), FinishedAt: after(time.Minute), Outcome: job.UnknownHere, Error: "who?", Worker: "w3"},
			}}},
		},
		"a warning is noted once": {
			job.Record{},
			func(r *job.Record) {
				for range 3 {
					r.Warn(job.Warning{Code: "c", Message: "m", Chat: "team"})
				}
				r.Warn(job.Warning{Code: "c", Message: "m", Chat: "dev"})
			},
			job.Record{Doc: job.Doc{Warnings: []job.Warning{{Code: "c", Message: "m", Chat: "team"}, {Code: "c", Message: "m", Chat: "dev"}}}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := c.from
			c.do(&got)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("want -, got +:\n%s", diff)
			}
		})
	}
}

func TestHoldsOnlyTheAttemptUnderWay(t *testing.T) {
	t.Parallel()
	r := &job.Record{Run: 1, State: job.Queued}
	if r.Holds(0) || r.Holds(1) {
		t.Error("an attempt is held before one began")
	}
	first := r.Begin("w1", now(), time.Second)
	if !r.Holds(first) {
		t.Error("the first attempt is not held")
	}
	second := r.Begin("w2", now().Add(time.Minute), time.Second)
	if r.Holds(first) || !r.Holds(second) {
		t.Error("the overtaken worker still holds the job")
	}
	r.Succeed(now(), nil)
	if r.Holds(second) {
		t.Error("a finished attempt is held")
	}
}

func noteWith(state job.NoteState, attempts ...job.Attempt) job.Note {
	return job.Note{Notification: job.Notification{State: state, Attempts: attempts}}
}

func TestNoteTransitions(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		from job.Note
		do   func(*job.Note)
		want job.Note
	}{
		"the first attempt": {
			noteWith(job.NoteQueued), func(n *job.Note) { n.Begin("w2", now()) }, noteWith(job.NoteSending, begun(1)),
		},
		"the next one": {
			func() job.Note {
				n := noteWith(job.NoteRetrying, attempt(4, job.Retry, "no"))
				n.NextAttemptAt, n.Error = after(0), new("no")
				return n
			}(),
			func(n *job.Note) { n.Begin("w2", now()) },
			func() job.Note {
				n := noteWith(job.NoteSending, attempt(4, job.Retry, "no"), begun(5))
				n.Error = new("no")
				return n
			}(),
		},
		"an attempt ends": {
			noteWith(job.NoteSending, attempt(1, "", "")),
			func(n *job.Note) { n.End(1, now(), job.Retry, "no") },
			noteWith(job.NoteSending, attempt(1, job.Retry, "no")),
		},
		"an attempt left open": {
			noteWith(job.NoteSending, attempt(1, "", "")),
			func(n *job.Note) { n.CloseLost(now()) },
			func() job.Note {
				n := noteWith(job.NoteSending, attempt(1, job.OutcomeLost, died))
				n.Spent, n.Crashes = 1, 1
				return n
			}(),
		},
		"it waits": {
			noteWith(job.NoteSending),
			func(n *job.Note) { n.Wait(now().Add(time.Second), "no") },
			func() job.Note {
				n := noteWith(job.NoteRetrying)
				n.NextAttemptAt, n.Error = after(time.Second), new("no")
				return n
			}(),
		},
		"it is sent after all": {
			func() job.Note {
				n := noteWith(job.NoteRetrying)
				n.NextAttemptAt, n.Error = after(time.Second), new("no")
				return n
			}(),
			func(n *job.Note) { n.Finish(job.NoteSent, "") },
			noteWith(job.NoteSent),
		},
		"it is dead with a reason": {
			noteWith(job.NoteSending),
			func(n *job.Note) { n.Finish(job.NoteDead, "chat not found") },
			func() job.Note {
				n := noteWith(job.NoteDead)
				n.Error = new("chat not found")
				return n
			}(),
		},
		"a new run opens it": {
			func() job.Note {
				n := noteWith(job.NoteDead, attempt(1, job.Refused, "no"))
				n.Spent, n.Since, n.Error, n.NextAttemptAt, n.Plain = 7, *after(-time.Hour), new("no"), after(time.Hour), true
				return n
			}(),
			func(n *job.Note) { n.Requeue(2, now()) },
			func() job.Note {
				n := noteWith(job.NoteQueued, attempt(1, job.Refused, "no"))
				n.Run, n.Since, n.Plain = 2, *after(0), true
				return n
			}(),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := c.from
			c.do(&got)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("want -, got +:\n%s", diff)
			}
		})
	}
}

// Two turns may report on one notification: the one whose attempt was closed
// by the other has no say, unless it did send.
func TestEndOfAnAttemptThatAnotherClosed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		number  int
		outcome job.Outcome
		want    bool
	}{
		"a failure":                    {1, job.Retry, false},
		"a refusal":                    {1, job.Refused, false},
		"it was sent":                  {1, job.OK, true},
		"the attempt under way":        {2, job.Retry, true},
		"an attempt that never was":    {3, job.Retry, false},
		"one that never was, but sent": {3, job.OK, false},
	} {
		n := noteWith(job.NoteSending, attempt(1, "", ""))
		n.CloseLost(now())
		n.Begin("w2", now())
		if got := n.End(c.number, now(), c.outcome, ""); got != c.want {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
}

func TestOpen(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		note job.Note
		want bool
	}{
		"never tried":       {noteWith(job.NoteQueued), false},
		"under way":         {noteWith(job.NoteSending, attempt(1, "", "")), true},
		"ended":             {noteWith(job.NoteRetrying, attempt(1, job.Retry, "no")), false},
		"ended, then begun": {noteWith(job.NoteSending, attempt(1, job.Retry, "no"), attempt(2, "", "")), true},
	} {
		if got := c.note.Open(); got != c.want {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
}

func TestOfVeryManyAttemptsTheFirstAndTheLastAreKept(t *testing.T) {
	t.Parallel()
	n := &job.Note{}
	for range 1000 {
		n.End(n.Begin("w", now()), now(), job.RateLimited, "slow down")
	}
	k := len(n.Attempts)
	if k > 100 || n.Attempts[0].Number != 1 || n.Attempts[k-1].Number != 1000 {
		t.Errorf("got %d attempts, from %d to %d", k, n.Attempts[0].Number, n.Attempts[k-1].Number)
	}
}
