package store_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"postern/internal/job"
	"postern/internal/redistest"
	"postern/internal/store"
	"postern/internal/store/storetest"
)

const nobody job.ID = "0199f3a4-0000-7000-8000-000000000000"

// noted gives a job notifications in given states.
func noted(t *testing.T, s *store.Store, id job.ID, states ...job.NoteState) {
	t.Helper()
	for i, state := range states {
		n := &job.Note{Notification: job.Notification{ID: id.Notification(i, "c", ""), ChatKey: fmt.Sprintf("slack-%d", i), State: job.NoteQueued}, Order: i}
		if err := s.MakeNotes(t.Context(), id, []*job.Note{n}, []job.Content{{}}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.ChangeNote(t.Context(), n.ID, func(n *job.Note) error {
			if n.State = state; state == job.NoteSending {
				n.Begin("w", time.Now())
			}
			if state == job.NoteRetrying {
				n.Wait(time.Now().Add(time.Hour), "later")
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
}

func states(j *job.Job) []job.NoteState {
	var all []job.NoteState
	for _, n := range j.Notifications {
		all = append(all, n.State)
	}
	return all
}

func TestCancel(t *testing.T) {
	t.Parallel()
	const queued, running, retrying, succeeded, dead = 0, 1, 2, 3, 5
	for name, c := range map[string]struct {
		to       int // where the job is
		notes    []job.NoteState
		state    job.State
		want     []job.NoteState
		delivery job.Delivery
		outcome  job.Outcome // of the last attempt
		ended    int
	}{
		"queued":   {to: queued, state: job.Canceled, delivery: job.None},
		"retrying": {to: retrying, state: job.Canceled, delivery: job.None, outcome: job.Retry},
		"running":  {to: running, state: job.Canceled, delivery: job.None, outcome: job.WasCanceled},
		"running, and some is said": {
			running,
			[]job.NoteState{job.NoteSent, job.NoteQueued, job.NoteSending},
			job.Canceled,
			[]job.NoteState{job.NoteSent, job.NoteCanceled, job.NoteSending},
			job.Pending, job.WasCanceled, 1,
		},
		"succeeded, and all is unsent": {
			succeeded,
			[]job.NoteState{job.NoteQueued, job.NoteRetrying},
			job.Succeeded,
			[]job.NoteState{job.NoteCanceled, job.NoteCanceled},
			job.Failed, job.OK, 2,
		},
		"succeeded, and some is unsent": {
			succeeded,
			[]job.NoteState{job.NoteSent, job.NoteDead, job.NoteSuppressed, job.NoteRetrying},
			job.Succeeded,
			[]job.NoteState{job.NoteSent, job.NoteDead, job.NoteSuppressed, job.NoteCanceled},
			job.Partial, job.OK, 1,
		},
		"succeeded, and one is on its way": {
			succeeded, []job.NoteState{job.NoteSending}, job.Succeeded, []job.NoteState{job.NoteSending}, job.Pending, job.OK, 0,
		},
		"dead, and some is unsent": {
			dead, []job.NoteState{job.NoteQueued}, job.Dead, []job.NoteState{job.NoteCanceled}, job.Failed, job.Refused, 1,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			redistest.Both(t, func(t *testing.T, url string) {
				s, client := open(t, url)
				a := add(t, s, intake("d"))
				noted(t, s, a.ID, c.notes...)
				if c.to != queued {
					change(t, s, a.ID, c.to)
				}
				ended, err := s.Cancel(t.Context(), a.ID)
				if err != nil || len(ended) != c.ended {
					t.Fatalf("got %d notifications ended, %v, want %d", len(ended), err, c.ended)
				}
				j, err := s.Job(t.Context(), a.ID)
				if err != nil {
					t.Fatal(err)
				}
				if j.State != c.state || j.Delivery != c.delivery || !slices.Equal(states(j), c.want) {
					t.Errorf("got %s, %s, %v, want %s, %s, %v", j.State, j.Delivery, states(j), c.state, c.delivery, c.want)
				}
				if k := len(j.Attempts); k > 0 && (j.Attempts[k-1].Outcome != c.outcome || j.Attempts[k-1].FinishedAt == nil) {
					t.Errorf("got the attempt %+v, want it %s", j.Attempts[k-1], c.outcome)
				}
				if _, err := s.Cancel(t.Context(), a.ID); errors.Is(err, job.ErrFinished) != j.Finished() {
					t.Errorf("again: got %v", err)
				}
				storetest.Audit(t, client)
			})
		})
	}
}

// Of a job that was canceled nothing is begun, made or opened, whoever had read
// it before; a retry may.
func TestNothingOfACanceledJobIsBegun(t *testing.T) {
	t.Parallel()
	redistest.Both(t, func(t *testing.T, url string) {
		s, client := open(t, url)
		a := add(t, s, intake("d"))
		noted(t, s, a.ID, job.NoteQueued, job.NoteSending)
		first, second := a.ID.Notification(0, "c", ""), a.ID.Notification(1, "c", "")
		change(t, s, a.ID, 3)
		tries := 0
		n, err := s.ChangeNote(t.Context(), first, func(n *job.Note) error {
			if tries++; tries == 1 {
				if _, err := s.Cancel(t.Context(), a.ID); err != nil {
					t.Fatal(err)
				}
				n.Begin("w", time.Now())
				return nil
			}
			return job.ErrLeave
		})
		if err != nil || tries != 2 || n.State != job.NoteCanceled || !n.Stopped {
			t.Errorf("got %s after %d tries, %v, want it read again, and canceled", n.State, tries, err)
		}
		tries = 0
		if n, err = s.ChangeNote(t.Context(), second, func(n *job.Note) error {
			if tries++; tries == 1 {
				n.Wait(time.Now(), "again")
				return nil
			}
			n.Finish(job.NoteSent, "")
			return nil
		}); err != nil || tries != 2 || n.State != job.NoteSent {
			t.Errorf("got %s after %d tries, %v, want one refused", n.State, tries, err)
		}
		if _, err := s.Cancel(t.Context(), a.ID); !errors.Is(err, job.ErrFinished) {
			t.Errorf("got %v, want %v", err, job.ErrFinished)
		}
		if run, err := s.Retry(t.Context(), a.ID); run != 2 || err != nil {
			t.Errorf("retry: got %d, %v", run, err)
		}
		if n, err = s.ChangeNote(t.Context(), first, func(n *job.Note) error { n.Requeue(2, time.Now()); return nil }); err != nil || n.Stopped {
			t.Errorf("after a retry: got %+v, %v", n, err)
		}
		storetest.Audit(t, client)
	})
}

// A job whose unsent messages were canceled tells of it, and counts as failed: a
// redelivery of its sender runs it again.
func TestACancelOfWhatIsUnsentIsToldByTheJob(t *testing.T) {
	t.Parallel()
	redistest.Both(t, func(t *testing.T, url string) {
		s, client := open(t, url)
		a := add(t, s, intake("d"))
		noted(t, s, a.ID, job.NoteSent, job.NoteRetrying)
		change(t, s, a.ID, 3)
		if _, err := s.Cancel(t.Context(), a.ID); err != nil {
			t.Fatal(err)
		}
		j, err := s.Job(t.Context(), a.ID)
		if err != nil || !j.HasFailed() || len(j.Warnings) != 1 || j.Warnings[0].Code != "canceled" {
			t.Errorf("got %v, %v, want a job that failed and says why", j.Warnings, err)
		}
		if again := add(t, s, intake("d")); again.Duplicate || again.ID != a.ID || again.Run != 2 {
			t.Errorf("redelivery: got %+v, want a second run of the same job", again)
		}
		storetest.Audit(t, client)
	})
}

// What is canceled waits for no chat any more, however long that is paused.
func TestACanceledMessageIsTakenOutOfItsMailbox(t *testing.T) {
	t.Parallel()
	for _, later := range []bool{false, true} {
		redistest.Both(t, func(t *testing.T, url string) {
			b := newBox(t, url)
			a, other := add(t, b.s, intake("d")), add(t, b.s, intake("e"))
			items := map[job.ID]string{}
			for _, id := range []job.ID{a.ID, other.ID} {
				n := &job.Note{Notification: job.Notification{ID: id.Notification(0, "c", ""), ChatKey: b.Chat, State: job.NoteQueued}, Lane: b.Lane}
				if err := b.s.MakeNotes(t.Context(), id, []*job.Note{n}, []job.Content{{}}); err != nil {
					t.Fatal(err)
				}
				items[id] = n.Item()
			}
			ticket := b.put(items[a.ID])
			if later {
				b.wants(b.start(ticket.Number, "t"), job.HandItem, items[a.ID])
				b.end("t", items[a.ID], job.Later)
			}
			b.put(items[other.ID])
			for _, id := range []job.ID{a.ID, other.ID} {
				if _, err := b.s.Cancel(t.Context(), id); err != nil {
					t.Fatal(err)
				}
				want := 0
				if id == a.ID {
					want = 1
				}
				if states, err := b.s.BoxStates(t.Context(), []job.Box{b.Box}); err != nil || states[0].Waiting != want {
					t.Errorf("later %t: got %+v, %v, want %d waiting", later, states, err, want)
				}
			}
			if boxes, err := b.s.Boxes(t.Context(), b.Lane); err != nil || len(boxes) != 0 {
				t.Errorf("boxes with something to say: got %q, %v, want none", boxes, err)
			}
			if again := b.put(items[a.ID]); again == nil { // a retry: the empty box asks for a turn
				t.Error("no turn is asked for after a retry")
			}
		})
	}
}

// A turn that has the item in hand ends it; the box stays as it is for it.
func TestACanceledMessageInHandStaysThere(t *testing.T) {
	t.Parallel()
	redistest.Both(t, func(t *testing.T, url string) {
		b := newBox(t, url)
		a := add(t, b.s, intake("d"))
		n := &job.Note{Notification: job.Notification{ID: a.ID.Notification(0, "c", ""), ChatKey: b.Chat, State: job.NoteQueued}, Lane: b.Lane}
		if err := b.s.MakeNotes(t.Context(), a.ID, []*job.Note{n}, []job.Content{{}}); err != nil {
			t.Fatal(err)
		}
		ticket := b.put(n.Item())
		b.wants(b.start(ticket.Number, "t"), job.HandItem, n.Item())
		if _, err := b.s.Cancel(t.Context(), a.ID); err != nil {
			t.Fatal(err)
		}
		b.wants(b.step("t", n.Item(), job.Done, 0), job.HandFinished, "")
	})
}

func TestDelete(t *testing.T) {
	t.Parallel()
	redistest.Both(t, func(t *testing.T, url string) {
		s, client := open(t, url)
		a, other := add(t, s, intake("d")), add(t, s, intake("e"))
		if err := s.Delete(t.Context(), a.ID); !errors.Is(err, job.ErrNotFinished) {
			t.Errorf("a queued job: got %v, want %v", err, job.ErrNotFinished)
		}
		finish(t, s, a.ID, false, job.NoteDead)
		finish(t, s, other.ID, false, job.NoteSent)
		if err := s.Delete(t.Context(), a.ID); err != nil {
			t.Fatal(err)
		}
		if n := exists(t, client, a.ID); n != 0 {
			t.Errorf("%d keys are left", n)
		}
		if err := s.Delete(t.Context(), a.ID); !errors.Is(err, job.ErrUnknown) {
			t.Errorf("again: got %v, want %v", err, job.ErrUnknown)
		}
		if _, err := s.Cancel(t.Context(), nobody); !errors.Is(err, job.ErrUnknown) {
			t.Errorf("cancel of nothing: got %v, want %v", err, job.ErrUnknown)
		}
		storetest.Audit(t, client)
		if again := add(t, s, intake("d")); again.Duplicate || again.ID == a.ID {
			t.Errorf("its delivery comes again: got %+v, want a new job", again)
		}
	})
}

func TestReplay(t *testing.T) {
	t.Parallel()
	redistest.Both(t, func(t *testing.T, url string) {
		s, client := open(t, url)
		in := intake("d")
		in.Chats = []string{"team"}
		a := add(t, s, in)
		if _, err := s.Replay(t.Context(), nobody); !errors.Is(err, job.ErrUnknown) {
			t.Errorf("of nothing: got %v, want %v", err, job.ErrUnknown)
		}
		again, err := s.Replay(t.Context(), a.ID) // the first is queued still
		if err != nil || again.ID == a.ID || again.Run != 1 || again.Duplicate || !again.Enqueue {
			t.Fatalf("got %+v, %v", again, err)
		}
		j, err := s.Job(t.Context(), again.ID)
		if err != nil || j.ReplayOf == nil || *j.ReplayOf != a.ID || j.State != job.Queued || j.Event.DeliveryID != "d" || j.AcceptedAt.Before(a.ID.Time()) {
			t.Errorf("got %+v, %v", j, err)
		}
		r, err := s.Request(t.Context(), again.ID)
		if err != nil || string(r.Body) != string(in.Request.Body) || r.Path != in.Request.Path || !r.ReceivedAt.Equal(in.Request.ReceivedAt) {
			t.Errorf("got the request %+v, %v", r, err)
		}
		if dup := add(t, s, intake("d")); dup.ID != a.ID || !dup.Duplicate {
			t.Errorf("a redelivery is of the first: got %+v", dup)
		}
		finish(t, s, a.ID, false, job.NoteSent)
		if err := s.Delete(t.Context(), a.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Replay(t.Context(), again.ID); err != nil {
			t.Errorf("a replay of a replay: %v", err)
		}
		storetest.Audit(t, client)
	})
}

// brief keeps jobs for a moment only.
func brief(t *testing.T, url string) (*store.Store, redis.UniversalClient) {
	t.Helper()
	_, client := open(t, url)
	return store.New(client, 4, store.Retention{Succeeded: 2 * time.Millisecond, Failed: time.Hour}), client
}

func TestAJobIsForgottenWithAllThatIsKeptOfIt(t *testing.T) {
	t.Parallel()
	redistest.Both(t, func(t *testing.T, url string) {
		s, client := brief(t, url)
		a, failed := add(t, s, intake("d")), add(t, s, intake("e"))
		noted(t, s, a.ID, job.NoteSent)
		change(t, s, a.ID, 3)
		finish(t, s, failed.ID, true)
		for end := ends(t, client, a.ID); end > 0; end = ends(t, client, a.ID) {
			<-time.After(end)
		}
		// Nobody has forgotten it yet.
		if n := exists(t, client, a.ID); n != 2 {
			t.Fatalf("%d keys are there, want record and body", n)
		}
		_, load := s.Load(t.Context(), a.ID)
		_, retry := s.Retry(t.Context(), a.ID)
		_, cancel := s.Cancel(t.Context(), a.ID)
		_, replay := s.Replay(t.Context(), a.ID)
		_, note := s.ChangeNote(t.Context(), a.ID.Notification(0, "c", ""), func(*job.Note) error { return nil })
		for i, err := range []error{load, retry, cancel, replay, note, s.Delete(t.Context(), a.ID)} {
			if !errors.Is(err, job.ErrUnknown) {
				t.Errorf("call %d: got %v, want %v", i, err, job.ErrUnknown)
			}
		}
		page, err := s.List(t.Context(), job.Query{Limit: 10})
		if err != nil || len(page.Jobs) != 1 || page.Jobs[0].ID != failed.ID {
			t.Errorf("got %+v, %v, want the failed job alone", page, err)
		}
		again := add(t, s, intake("d"))
		if again.Duplicate || again.ID == a.ID {
			t.Errorf("its delivery comes again: got %+v, want a new job", again)
		}
		if n, err := s.Expire(t.Context(), a.ID.Shard(), time.Now(), 10); n != 1 || err != nil {
			t.Errorf("forgot %d, %v, want one", n, err)
		}
		if n := exists(t, client, a.ID); n != 0 {
			t.Errorf("%d keys are left", n)
		}
		if dup := add(t, s, intake("d")); dup.ID != again.ID {
			t.Errorf("got %+v, want a duplicate of the new one", dup)
		}
		storetest.Audit(t, client)
	})
}

// A job that runs again is not forgotten, whatever had been read of it.
func TestARetryOutrunsTheEnd(t *testing.T) {
	t.Parallel()
	redistest.Both(t, func(t *testing.T, url string) {
		s, client := open(t, url)
		a := add(t, s, intake("d"))
		finish(t, s, a.ID, true)
		later := time.Now().Add(2 * week)
		if _, err := s.Retry(t.Context(), a.ID); err != nil {
			t.Fatal(err)
		}
		if n, err := s.Expire(t.Context(), a.ID.Shard(), later, 10); n != 0 || err != nil {
			t.Errorf("forgot %d, %v, want none", n, err)
		}
		finish(t, s, a.ID, true)
		if n, err := s.Expire(t.Context(), a.ID.Shard(), later, 10); n != 1 || err != nil {
			t.Errorf("forgot %d, %v, want one", n, err)
		}
		if n := exists(t, client, a.ID); n != 0 {
			t.Errorf("%d keys are left", n)
		}
		storetest.Audit(t, client)
	})
}

// What Redis itself let go leaves nothing behind that is shown.
func TestEntriesWithoutARecord(t *testing.T) {
	t.Parallel()
	redistest.Both(t, func(t *testing.T, url string) {
		for name, clean := range map[string]func(s *store.Store, id job.ID) error{
			"listing": func(s *store.Store, _ job.ID) error {
				_, err := s.List(t.Context(), job.Query{DeliveryIDs: []string{"d"}})
				return err
			},
			"forgetting": func(s *store.Store, id job.ID) error {
				_, err := s.Expire(t.Context(), id.Shard(), time.Now().Add(2*week), 10)
				return err
			},
		} {
			s, client := open(t, url)
			in := intake("")
			if name == "listing" {
				in.Event.DeliveryID = "d"
			} else {
				in.Event.DeliveryID = ""
			}
			a := add(t, s, in)
			finish(t, s, a.ID, true)
			client.Del(t.Context(), fmt.Sprintf("postern:{events-%d}:j:%s", a.ID.Shard(), a.ID))
			if err := clean(s, a.ID); err != nil {
				t.Fatal(err)
			}
			page, err := s.List(t.Context(), job.Query{Limit: 10})
			if err != nil || len(page.Jobs) != 0 {
				t.Errorf("%s: got %+v, %v, want nothing", name, page, err)
			}
			storetest.Audit(t, client)
		}
	})
}

// A chat's entry goes when no notification of the job is for it any more.
func TestAnAliasThatMovesTakesItsEntryAlong(t *testing.T) {
	t.Parallel()
	redistest.Both(t, func(t *testing.T, url string) {
		s, client := open(t, url)
		a := add(t, s, intake("d"))
		for e := range 2 {
			n := &job.Note{Notification: job.Notification{ID: a.ID.Notification(e, "c", ""), ChatKey: `slack-"<1>`, State: job.NoteQueued}}
			if err := s.MakeNotes(t.Context(), a.ID, []*job.Note{n}, []job.Content{{}}); err != nil {
				t.Fatal(err)
			}
		}
		for e, want := range []int{1, 0} {
			if _, err := s.ChangeNote(t.Context(), a.ID.Notification(e, "c", ""), func(n *job.Note) error { n.ChatKey = "slack-2"; return nil }); err != nil {
				t.Fatal(err)
			}
			ids, _, err := s.IDs(t.Context(), job.Query{Chats: []string{`slack-"<1>`}})
			if err != nil || len(ids) != want {
				t.Errorf("after %d moved: got %v, %v, want %d", e+1, ids, err, want)
			}
			storetest.Audit(t, client)
		}
	})
}
