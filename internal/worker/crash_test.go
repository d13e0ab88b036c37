package worker_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"postern/internal/job"
	"postern/pkg/chat"
	"postern/pkg/plugin"
	"postern/pkg/retry"
)

// count counts the calls of each message.
func (p *platform) count() map[string]int {
	count := map[string]int{}
	for _, c := range p.log() {
		count[c.ID]++
	}
	return count
}

// A worker dies at each step of an expansion, whatever was done before it.
// Another finishes it within seconds, and nothing is said twice.
func TestADeathAtEachStepOfAnExpansion(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var ids []job.ID
	for n := 0; ; n++ {
		id := w.accept(intake("/two", "a\nb")) // stored, and never queued
		ids = append(ids, id)
		made, m := w.dying(n, with(""), nil)
		_ = made.Job(t.Context(), id, 1)
		if n == 0 { // it would be looked at 10 s after it was accepted
			if err := w.store.LookAgain(t.Context(), id, time.Now()); err != nil {
				t.Fatal(err)
			}
		}
		if m.calls.Load() <= int32(n) {
			break // it lived
		}
	}
	if len(ids) < 8 {
		t.Fatalf("an expansion has %d steps: the test is blind", len(ids))
	}
	began := time.Now()
	w.start("w1", with(""), nil)
	for n, id := range ids {
		j := w.finished(id)
		if j.Delivery != job.Delivered || len(j.Notifications) != 4 {
			t.Errorf("death at step %d: got %s of %d notifications", n, j.Delivery, len(j.Notifications))
		}
		for i, a := range j.Attempts[:len(j.Attempts)-1] {
			if a.Outcome != job.Interrupted {
				t.Errorf("death at step %d: attempt %d is %s, want interrupted", n, i+1, a.Outcome)
			}
		}
	}
	t.Logf("%d deaths were mended in %v", len(ids)-1, time.Since(began))
	for id, n := range w.room.count() {
		if n != 1 {
			t.Errorf("%s was said %d times", id, n)
		}
	}
	if n := len(w.room.log()); n != 4*len(ids) {
		t.Errorf("got %d calls, want %d", n, 4*len(ids))
	}
}

// sayer is a plugin whose handler says one thing in the chat the body names.
func sayer() plugin.Plugin {
	return plugged(func(ctx context.Context, j plugin.Job) (any, error) {
		return nil, j.Send(ctx, string(j.Request().Body), "k", say("hello"))
	})
}

// A worker dies at each step of a turn, its ticket with it. What was in flight
// is said again, or held where the chat wants that; nothing else is.
func TestADeathAtEachStepOfATurn(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		account  string
		inFlight job.NoteState // what becomes of a message that was
		calls    int
	}{
		"retry": {"{}", job.NoteSent, 2},
		"hold":  {"{on_unknown: hold}", job.NoteUnknown, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			text := "accounts: {room: " + c.account + "}\nplugins: {acme.go: {}}\n"
			const inFlight = 3 // StartTurn, Content, the intent, and then the call was made
			var ids []job.ID
			for n := 0; ; n++ {
				in := intake("/do", fmt.Sprint("room-c", n))
				in.Plugin = "acme.go"
				ids = append(ids, w.accept(in))
				var ticket job.Ticket
				expanding, _ := w.dying(1000, text, func(made job.Ticket) bool { ticket = made; return true }, sayer())
				if err := expanding.Job(t.Context(), ids[n], 1); err != nil || ticket.Number == "" {
					t.Fatalf("got the ticket %v and %v", ticket, err)
				}
				made, m := w.dying(n, text, nil, sayer())
				_ = made.Turn(t.Context(), "room", ticket.Box.Chat, ticket.Number)
				if m.calls.Load() <= int32(n) {
					break
				}
			}
			if len(ids) < 6 {
				t.Fatalf("a turn has %d steps: the test is blind", len(ids))
			}
			w.start("w1", text, nil, sayer())
			for n, id := range ids {
				got, want, calls := w.finished(id).Notifications[0], job.NoteSent, 1
				if n == inFlight {
					want, calls = c.inFlight, c.calls
				}
				if got.State != want || w.room.count()[got.ID] != calls {
					t.Errorf("death at step %d: got %s after %d calls, want %s after %d (%v)",
						n, got.State, w.room.count()[got.ID], want, calls, outcomes(got.Attempts))
				}
			}
		})
	}
}

// The engine still holds the dead worker's task as active, with a lease that
// lasts half a minute more.
func TestAJobOfADeadWorkerWhoseTaskIsActive(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.post("/one", "hello")
	task, p := string(id)+":1", "asynq:{events-0}:"
	w.client.LMove(t.Context(), p+"pending", p+"active", "right", "left")
	w.client.ZAdd(t.Context(), p+"lease", redis.Z{Score: float64(time.Now().Add(30 * time.Second).Unix()), Member: task})
	w.client.HSet(t.Context(), p+"t:"+task, "state", "active")
	if _, err := w.store.Change(t.Context(), id, func(r *job.Record) error {
		r.Begin("dead", time.Now(), 300*time.Millisecond)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	w.start("w1", with(""), nil)
	j := w.when(id, 6*time.Second, "finished", (*job.Job).Finished)
	if got := outcomes(j.Attempts); !slices.Equal(got, []job.Outcome{job.Interrupted, job.OK}) || j.Delivery != job.Delivered {
		t.Errorf("got %v, %s", got, j.Delivery)
	}
}

// A retried job's notification that the new run has refused already is not
// opened once more when its worker dies.
func TestADeathInARetryOpensNothingTwice(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.room.script(slices.Repeat([]error{retry.Never(errors.New("chat not found"))}, 9)...)
	p := w.start("w1", with(""), nil)
	id := w.post("/one", "hello")
	w.finished(id)
	p.stop()
	run, err := w.store.Retry(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	made, m := w.dying(4, with(""), nil) // begin, open, put, ticket, and not the end
	if err := made.Job(t.Context(), id, run); !errors.Is(err, errKilled) || m.calls.Load() != 5 {
		t.Fatalf("got %v after %d calls, want a death at the last of 5", err, m.calls.Load())
	}
	w.start("w2", with(""), nil)
	j := w.finished(id)
	if n := len(w.room.log()); n != 2 || j.Delivery != job.Failed {
		t.Errorf("got %d calls and %s, want one for each run, and failed", n, j.Delivery)
	}
}

// A turn stands still beyond its lease, another takes over: what the first
// says at last must not take the message out of the other's hands.
func TestAnOvertakenTurnHasNoSay(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		late  error
		calls int // in all: the stalled one, the limited one, and the last, where it is needed
	}{
		"it fails":        {errPlatform, 3},
		"it must wait":    {retry.After(3*time.Second, errPlatform), 3}, // the platform said so, whoever heard it
		"it is refused":   {retry.Never(errPlatform), 3},
		"it was sent yet": {nil, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			stalled, overtaken, release := make(chan struct{}), make(chan struct{}), make(chan struct{})
			w.room.answer = func(_ context.Context, n int, _ chat.Delivery) error {
				switch n {
				case 1:
					close(stalled)
					<-release
					return c.late
				case 2:
					close(overtaken)
					return retry.After(1500*time.Millisecond, errors.New("too many"))
				default:
					return nil
				}
			}
			var ticket job.Ticket
			made, _ := w.dying(1000, with(""), func(made job.Ticket) bool { ticket = made; return true })
			id := w.accept(intake("/one", "hello"))
			if err := made.Job(t.Context(), id, 1); err != nil {
				t.Fatal(err)
			}
			ended := make(chan error, 1)
			go func() { ended <- made.Turn(t.Context(), "room", ticket.Box.Chat, ticket.Number) }()
			receive(t, stalled, 5*time.Second, "first call")
			w.start("w2", with(""), nil)
			receive(t, overtaken, 8*time.Second, "second call")
			w.when(id, 5*time.Second, "waiting", func(j *job.Job) bool {
				return len(j.Notifications[0].Attempts) == 2 && j.Notifications[0].Attempts[1].FinishedAt != nil
			})
			close(release)
			if err := receive(t, ended, 5*time.Second, "end of the first turn"); err != nil {
				t.Errorf("the overtaken turn: %v", err)
			}
			j := w.when(id, 8*time.Second, "finished", (*job.Job).Finished)
			if n := len(w.room.log()); j.Delivery != job.Delivered || n != c.calls {
				t.Errorf("got %s after %d calls, want delivered after %d", j.Delivery, n, c.calls)
			}
		})
	}
}

// A worker dies between the engine's dequeue and the start of the turn: the
// engine thinks that it runs, and its lease lasts half a minute more.
func TestATurnThatNeverBeganIsReplaced(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made, _, _ := w.make("dead", with(""), nil, nil)
	id := w.accept(intake("/one", "hello"))
	if err := made.Job(t.Context(), id, 1); err != nil {
		t.Fatal(err)
	}
	p := "asynq:{chats-room}:"
	task := w.client.LMove(t.Context(), p+"pending", p+"active", "right", "left").Val()
	w.client.ZAdd(t.Context(), p+"lease", redis.Z{Score: float64(time.Now().Add(30 * time.Second).Unix()), Member: task})
	w.client.HSet(t.Context(), p+"t:"+task, "state", "active")
	w.start("w1", with(""), nil)
	if n := w.when(id, 8*time.Second, "finished", (*job.Job).Finished).Notifications[0]; n.State != job.NoteSent || len(n.Attempts) != 1 {
		t.Errorf("got %s after %v, want sent at once", n.State, outcomes(n.Attempts))
	}
}

// look lets the reconciler look at a job now, rather than in some minutes.
func (w *world) look(id job.ID) {
	w.t.Helper()
	if err := w.store.LookAgain(w.t.Context(), id, time.Now()); err != nil {
		w.t.Fatal(err)
	}
}

func TestALostMailboxIsFilledAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made, _, _ := w.make("w0", with(""), nil, nil)
	id := w.accept(intake("/two", "a\nb"))
	if err := made.Job(t.Context(), id, 1); err != nil {
		t.Fatal(err)
	}
	lost := w.client.Keys(t.Context(), "*{chats-room}*").Val() // a lane's slot failed over to an empty replica
	if n := w.client.Del(t.Context(), lost...).Val(); n == 0 {
		t.Fatal("there was no mailbox to lose")
	}
	w.look(id)
	w.start("w1", with(""), nil)
	if j := w.finished(id); j.Delivery != job.Delivered || len(w.room.log()) != 4 {
		t.Errorf("got %s after %d calls, want all delivered once", j.Delivery, len(w.room.log()))
	}
}

func TestAMessageForAChatNobodyKnowsIsGivenUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made, _, _ := w.make("w0", with(""), nil, nil)
	id := w.accept(intake("/one", "hello"))
	if err := made.Job(t.Context(), id, 1); err != nil {
		t.Fatal(err)
	}
	w.start("stranger", "retry: {give_up_after: 3s}\n"+laneOnly, nil)
	w.look(id)
	<-time.After(1500 * time.Millisecond) // it is looked at each second
	if n := w.job(id).Notifications[0]; n.State != job.NoteQueued {
		t.Errorf("got %s before the time was over, want it queued", n.State)
	}
	<-time.After(1700 * time.Millisecond)
	w.look(id)
	n := w.finished(id).Notifications[0]
	if n.State != job.NoteDead || reason(n.Error) != "gave up after 3s: no worker knows the chat room-team" {
		t.Errorf("got %s %q, want dead with the reason", n.State, reason(n.Error))
	}
}

func TestAnExpiredJobIsForgotten(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.accept(intake("/one", "hello"))
	w.client.Del(t.Context(), "postern:{events-0}:j:"+string(id))
	w.look(id)
	w.start("w1", with(""), nil)
	for late := time.After(5 * time.Second); ; {
		due, err := w.store.DueJobs(t.Context(), 0, time.Now().Add(time.Hour), 10)
		oldest, err2 := w.store.OldestExpanding(t.Context(), []uint8{0})
		if err != nil || err2 != nil {
			t.Fatal(err, err2)
		}
		if len(due) == 0 && oldest == "" {
			return
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-late:
			t.Fatalf("got %v and %q still listed", due, oldest)
		}
	}
}
