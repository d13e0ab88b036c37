package job_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"postern/internal/job"
)

func TestRecordCancel(t *testing.T) {
	t.Parallel()
	note := func(state job.NoteState) *job.Note { return &job.Note{Notification: job.Notification{State: state}} }
	for name, c := range map[string]struct {
		from, want job.Record
		err        error
	}{
		"queued": {job.Record{State: job.Queued}, job.Record{State: job.Canceled, Stopped: "me"}, nil},
		"running": {
			job.Record{State: job.Running, Doc: job.Doc{LeaseUntil: after(time.Second), Attempts: []job.Attempt{attempt(1, "", "")}}},
			job.Record{State: job.Canceled, Stopped: "me", Doc: job.Doc{Attempts: []job.Attempt{attempt(1, job.WasCanceled, "")}}},
			nil,
		},
		"retrying": {
			job.Record{State: job.Retrying, Doc: job.Doc{NextAttemptAt: after(time.Second), Attempts: []job.Attempt{attempt(1, job.Retry, "no")}}},
			job.Record{State: job.Canceled, Stopped: "me", Doc: job.Doc{Attempts: []job.Attempt{attempt(1, job.Retry, "no")}}},
			nil,
		},
		"succeeded, with something unsent": {
			job.Record{State: job.Succeeded, Notes: []*job.Note{note(job.NoteSent), note(job.NoteRetrying)}},
			job.Record{State: job.Succeeded, Stopped: "me", Doc: job.Doc{Warnings: []job.Warning{{
				Code: "canceled", Message: "the job was canceled: what had not been sent by then is not sent",
			}}}, Notes: []*job.Note{note(job.NoteSent), note(job.NoteRetrying)}},
			nil,
		},
		"stopped by another, and not finished": {
			job.Record{State: job.Canceled, Stopped: "you", Notes: []*job.Note{note(job.NoteSending)}},
			job.Record{State: job.Canceled, Stopped: "me", Notes: []*job.Note{note(job.NoteSending)}},
			nil,
		},
		"finished": {job.Record{State: job.Succeeded}, job.Record{State: job.Succeeded}, job.ErrFinished},
		"canceled": {job.Record{State: job.Canceled, Stopped: "you"}, job.Record{State: job.Canceled, Stopped: "you"}, job.ErrFinished},
	} {
		r := c.from
		if err := r.Cancel("me", now()); !errors.Is(err, c.err) {
			t.Errorf("%s: got %v, want %v", name, err, c.err)
		}
		if diff := cmp.Diff(c.want, r); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestNoteCancel(t *testing.T) {
	t.Parallel()
	for state, want := range map[job.NoteState]job.NoteState{
		job.NoteQueued: job.NoteCanceled, job.NoteRetrying: job.NoteCanceled, job.NoteSending: job.NoteSending,
		job.NoteSent: job.NoteSent, job.NoteDead: job.NoteDead, job.NoteUnknown: job.NoteUnknown, job.NoteSuppressed: job.NoteSuppressed,
	} {
		n := &job.Note{Stopped: true, Notification: job.Notification{State: state, NextAttemptAt: after(time.Second), Error: new("no")}}
		if did := n.Cancel(); n.State != want || did != (state != want) || did && (n.NextAttemptAt != nil || n.Error != nil) {
			t.Errorf("%s: got %t and %+v, want %s", state, did, n, want)
		}
		n = &job.Note{Notification: job.Notification{State: state}}
		if n.Cancel() || n.State != state {
			t.Errorf("%s of a job that goes on: got %s", state, n.State)
		}
	}
}

func TestNoteAbandon(t *testing.T) {
	t.Parallel()
	n := &job.Note{Stopped: true, Notification: job.Notification{State: job.NoteSending, Attempts: []job.Attempt{attempt(1, "", "")}}}
	n.Abandon(now())
	if n.State != job.NoteUnknown || n.Error == nil || n.Attempts[0].Outcome != job.OutcomeLost {
		t.Errorf("on its way: got %+v", n)
	}
	n = &job.Note{Stopped: true, Notification: job.Notification{State: job.NoteRetrying, Attempts: []job.Attempt{attempt(1, job.Retry, "no")}}}
	n.Abandon(now())
	if n.State != job.NoteCanceled || n.Attempts[0].Outcome != job.Retry {
		t.Errorf("waiting: got %+v", n)
	}
}

// Only what is final is reopened, and only by a new run.
func TestFollows(t *testing.T) {
	t.Parallel()
	states := []job.State{job.Queued, job.Running, job.Retrying, job.Succeeded, job.Dead, job.Canceled}
	for _, from := range states {
		for _, to := range states {
			got := job.Follows(from, to)
			if from.Final() && got != (to == job.Queued) {
				t.Errorf("from %s to %s: got %t", from, to, got)
			}
			if !from.Final() && (to == job.Dead || to == job.Canceled) && !got {
				t.Errorf("from %s to %s: got %t", from, to, got)
			}
		}
	}
	if job.Follows(job.Queued, job.Succeeded) || job.Follows(job.Queued, job.Retrying) {
		t.Error("nothing succeeds or fails that did not run")
	}
	for _, to := range []job.NoteState{job.NoteQueued, job.NoteSending, job.NoteRetrying, job.NoteDead, job.NoteUnknown, job.NoteCanceled} {
		if job.NoteFollows(job.NoteSent, to) || job.NoteFollows(job.NoteSuppressed, to) {
			t.Errorf("what was delivered becomes %s", to)
		}
		if to.Final() && job.NoteFollows(to, job.NoteSending) {
			t.Errorf("what is %s is sent without being opened", to)
		}
	}
}
