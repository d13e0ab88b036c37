package worker_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"postern/internal/job"
	"postern/internal/store"
	"postern/internal/store/storetest"
	"postern/pkg/chat"
	"postern/pkg/plugin"
	"postern/pkg/retry"
)

func (w *world) cancel(id job.ID) {
	w.t.Helper()
	if _, err := w.store.Cancel(w.t.Context(), id); err != nil {
		w.t.Fatalf("cancel job: %v", err)
	}
}

// A handler is told within about a second, and what it says then is not heard.
func TestCancelEndsARunningHandler(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	begun, ended := make(chan struct{}, 1), make(chan struct{})
	w.start("w1", handled, nil, plugged(func(ctx context.Context, j plugin.Job) (any, error) {
		if j.Attempt() > 1 {
			return "done", j.Send(ctx, "team", "k", say("second"))
		}
		begun <- struct{}{}
		<-ctx.Done()
		late := context.WithoutCancel(ctx)
		for what, err := range map[string]error{
			"a message": j.Send(late, "team", "k", say("first")), "progress": j.Progress(late, 50, "on"),
			"a warning": j.Warn(late, "late", "on"), "a message to nobody": j.Send(late, "", "k", say("first")),
		} {
			if !errors.Is(err, context.Canceled) {
				t.Errorf("%s of a canceled job: got %v, want %v", what, err, context.Canceled)
			}
		}
		close(ended)
		return nil, ctx.Err()
	}))
	id := w.call("")
	receive(t, begun, 5*time.Second, "beginning")
	began := time.Now()
	w.cancel(id)
	if j := w.job(id); j.State != job.Canceled || j.Delivery != job.None || j.FinishedAt == nil {
		t.Errorf("got %s", shown(j))
	}
	receive(t, ended, 5*time.Second, "end of the handler")
	if j := w.job(id); j.Progress != nil || len(j.Warnings) > 0 {
		t.Errorf("a canceled job shows progress %v and warnings %v", j.Progress, j.Warnings)
	}
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("the handler was told after %s", took)
	}
	w.retry(id)
	j := w.finished(id)
	if got := outcomes(j.Attempts); j.State != job.Succeeded || j.Delivery != job.Delivered || !slices.Equal(got, []job.Outcome{job.WasCanceled, job.OK}) {
		t.Errorf("after a retry: got %s", shown(j))
	}
	if got := w.room.heard("team"); !slices.Equal(got, []string{"second"}) {
		t.Errorf("team heard %q", got)
	}
	storetest.Audit(t, w.client)
}

// A message on its way ends as its platform says, and is not sent again.
func TestCancelWhileAMessageIsOnItsWay(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer  error
		state   job.NoteState
		outcome job.Outcome
	}{
		"taken":        {nil, job.NoteSent, job.OK},
		"failed":       {errPlatform, job.NoteCanceled, job.WasCanceled},
		"refused":      {retry.Never(errPlatform), job.NoteDead, job.Refused},
		"not now":      {retry.After(time.Millisecond, errPlatform), job.NoteCanceled, job.RateLimited},
		"no answer":    {retry.Unknown(errPlatform), job.NoteUnknown, job.OutcomeLost},
		"not so, then": {retry.Never(errPlatform, retry.Degrade()), job.NoteDead, job.Refused},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			asked, answer := make(chan struct{}, 9), make(chan struct{})
			w.room.answer = func(_ context.Context, _ int, d chat.Delivery) error {
				if d.Message.Title != "a" {
					return nil
				}
				asked <- struct{}{}
				<-answer
				return c.answer
			}
			w.start("w1", with(""), nil)
			id := w.post("/one", "a\nb\nc")
			receive(t, asked, 5*time.Second, "call")
			w.when(id, 5*time.Second, "expanded", func(j *job.Job) bool { return j.State == job.Succeeded })
			w.cancel(id)
			j := w.job(id)
			if got := states(j); !slices.Equal(got, []job.NoteState{job.NoteSending, job.NoteCanceled, job.NoteCanceled}) || j.Finished() {
				t.Errorf("meanwhile: got %v", got)
			}
			close(answer)
			j = w.finished(id)
			if got := states(j); !slices.Equal(got, []job.NoteState{c.state, job.NoteCanceled, job.NoteCanceled}) || j.State != job.Succeeded {
				t.Errorf("got %v of a job that has %s", got, j.State)
			}
			if got := outcomes(j.Notifications[0].Attempts); !slices.Equal(got, []job.Outcome{c.outcome}) {
				t.Errorf("got the attempts %v, want one that is %s", got, c.outcome)
			}
			w.finished(w.post("/one", "d")) // the chat goes on
			if got := w.room.asked("team"); !slices.Equal(got, []string{"a", "d"}) {
				t.Errorf("asked for %q", got)
			}
			storetest.Audit(t, w.client)
		})
	}
}

func states(j *job.Job) []job.NoteState {
	var all []job.NoteState
	for _, n := range j.Notifications {
		all = append(all, n.State)
	}
	return all
}

// The worker that was sending is dead: nobody knows whether it arrived.
func TestCancelOfAMessageWhoseWorkerDied(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.accept(intake("/one", "a"))
	made, _, _ := w.make("w0", with(""), make(chan struct{}), nil)
	if err := made.Job(t.Context(), id, 1); err != nil {
		t.Fatal(err)
	}
	nid := w.job(id).Notifications[0].ID
	if _, err := w.store.ChangeNote(t.Context(), nid, func(n *job.Note) error { n.Begin("dead", time.Now()); return nil }); err != nil {
		t.Fatal(err)
	}
	w.cancel(id)
	w.start("w1", with(""), nil)
	j := w.finished(id)
	if n := j.Notifications[0]; n.State != job.NoteUnknown || len(n.Attempts) != 1 || n.Attempts[0].Outcome != job.OutcomeLost {
		t.Errorf("got %s", shown(j))
	}
	if got := w.room.log(); len(got) != 0 {
		t.Errorf("asked %d times", len(got))
	}
}

// Whoever cancels may die before the notifications are ended: the reconciler
// does it.
func TestACancelThatWasCutShort(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.accept(intake("/one", "a"))
	made, _, _ := w.make("w0", with(""), make(chan struct{}), nil)
	lost := *made
	lost.Tasks = engine{Queue: w.queue, lose: func(job.Ticket) bool { return true }}
	if err := lost.Job(t.Context(), id, 1); err != nil {
		t.Fatal(err)
	}
	if _, err := w.store.Change(t.Context(), id, func(r *job.Record) error { return r.Cancel("dead", time.Now()) }); err != nil {
		t.Fatal(err)
	}
	if j := w.job(id); j.Finished() {
		t.Fatalf("got %s", shown(j))
	}
	if err := w.store.LookAgain(t.Context(), id, time.Now()); err != nil {
		t.Fatal(err)
	}
	w.start("w1", with(""), nil)
	j := w.finished(id)
	if got := states(j); !slices.Equal(got, []job.NoteState{job.NoteCanceled}) || len(w.room.log()) != 0 {
		t.Errorf("got %s", shown(j))
	}
}

// newWorldKeeping is newWorld with a store that keeps finished jobs for d.
func newWorldKeeping(t *testing.T, d time.Duration) *world {
	t.Helper()
	w := newWorld(t)
	w.store = store.New(w.client, 1, store.Retention{Succeeded: d, Failed: d})
	return w
}

// The reconciler forgets what is over, however much it is.
func TestTheReconcilerForgets(t *testing.T) {
	t.Parallel()
	w := newWorldKeeping(t, 300*time.Millisecond)
	w.start("w1", with(""), nil)
	ids := make([]job.ID, 0, 250)
	for range cap(ids) {
		ids = append(ids, w.post("/one", ""))
	}
	late := time.After(15 * time.Second)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		keys := w.client.Keys(t.Context(), "postern:{events-0}:?:*").Val()
		if len(keys) == 1 && keys[0] == "postern:{events-0}:i:names" || len(keys) == 0 {
			break
		}
		select {
		case <-tick.C:
		case <-late:
			t.Fatalf("%d keys are left: %.5q", len(keys), keys)
		}
	}
	if _, err := w.store.Job(t.Context(), ids[0]); !errors.Is(err, job.ErrUnknown) {
		t.Errorf("got %v, want %v", err, job.ErrUnknown)
	}
	storetest.Audit(t, w.client)
}
