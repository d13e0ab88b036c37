package worker_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"postern/internal/governor"
	"postern/internal/job"
	"postern/internal/worker"
	"postern/pkg/chat"
	"postern/pkg/retry"
)

// mend resumes a chat as an operator would.
func (w *world) mend(p *process, name string) {
	w.t.Helper()
	c, err := p.Directory.Resolve(name)
	if err != nil {
		w.t.Fatal(err)
	}
	if err := governor.New(w.client).Resume(w.t.Context(), worker.LineOf(c)); err != nil {
		w.t.Fatal(err)
	}
	hand, err := w.store.WakeBox(w.t.Context(), worker.BoxOf(c))
	if err != nil {
		w.t.Fatal(err)
	}
	if hand.Ticket != nil {
		if err := w.queue.AddTurn(w.t.Context(), *hand.Ticket); err != nil {
			w.t.Fatal(err)
		}
	}
}

func noteTo(j *job.Job, chat string) (n job.Notification) {
	for _, n = range j.Notifications {
		if n.Chat == chat {
			return n
		}
	}
	return n
}

// A chat that is gone ends the message in hand; the others wait until somebody
// mends it, and another chat is not kept from anything.
func TestABrokenChatWaitsUntilItIsMended(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	gone := retry.Never(errors.New("404 no_service"), retry.Broken())
	w.room.answer = func(_ context.Context, _ int, d chat.Delivery) error {
		if d.Channel == "team" && d.Message.Title == "first" {
			return gone
		}
		return nil
	}
	p := w.start("w1", with(""), nil)
	first := w.finished(w.post("/one", "first")).Notifications[0]
	if first.State != job.NoteDead || reason(first.Error) != "404 no_service" {
		t.Errorf("got %s %q, want dead in the platform's words", first.State, reason(first.Error))
	}
	second := w.post("/two", "second")
	w.when(second, 5*time.Second, "told the other chat", func(j *job.Job) bool {
		return len(j.Notifications) == 2 && noteTo(j, "dev").State == job.NoteSent
	})
	w.mend(p, "team")
	j := w.finished(second)
	if n := len(noteTo(j, "team").Attempts); j.Delivery != job.Delivered || n != 1 {
		t.Errorf("got %s after %d attempts, want delivered by the first", j.Delivery, n)
	}
}

func TestAMessageForABrokenChatEndsWhenItsTimeDoes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.room.script(retry.Never(errors.New("410 Gone"), retry.Broken()))
	p := w.start("w1", with("retry: {give_up_after: 1s}"), nil)
	w.finished(w.post("/one", "first"))
	second := w.post("/one", "second")
	c, err := p.Directory.Resolve("team")
	if err != nil {
		t.Fatal(err)
	}
	w.when(second, 5*time.Second, "waiting", func(j *job.Job) bool { return len(j.Notifications) == 1 })
	<-time.After(1200 * time.Millisecond)
	hand, err := w.store.WakeBox(t.Context(), worker.BoxOf(c)) // rather than in half a minute
	if err != nil || hand.Ticket == nil {
		t.Fatalf("wake: got %+v, %v", hand, err)
	}
	if err := w.queue.AddTurn(t.Context(), *hand.Ticket); err != nil {
		t.Fatal(err)
	}
	n := w.finished(second).Notifications[0]
	if n.State != job.NoteDead || !strings.Contains(reason(n.Error), "the chat is broken: 410 Gone") || len(n.Attempts) != 0 {
		t.Errorf("got %s %q after %d attempts, want dead for the broken chat", n.State, reason(n.Error), len(n.Attempts))
	}
}

// A limit of the account holds all of its chats, and costs no attempt.
func TestARetryAfterOfTheAccountHoldsItsOtherChats(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.room.answer = func(_ context.Context, n int, d chat.Delivery) error {
		if d.Channel == "team" && n == 1 {
			return retry.After(1500*time.Millisecond, errors.New("too many"), retry.Scope(retry.Account))
		}
		return nil
	}
	w.start("w1", with("retry: {attempts: 1}"), nil)
	limited := w.post("/one", "limited")
	w.when(limited, 5*time.Second, "limited", func(j *job.Job) bool {
		return len(j.Notifications) == 1 && len(j.Notifications[0].Attempts) > 0 && j.Notifications[0].Attempts[0].FinishedAt != nil
	})
	until := w.job(limited).Notifications[0].Attempts[0].FinishedAt.Add(1400 * time.Millisecond)
	other := w.finished(w.post("/dev", "other"))
	if w.finished(limited).Delivery != job.Delivered {
		t.Error("what was limited is not delivered")
	}
	if at := other.Notifications[0].SentAt; at == nil || at.Before(until) {
		t.Errorf("the other chat was told at %v, want not before %v", at, until)
	}
}

// What the platform says with its yes is obeyed before its no comes.
func TestARestIsKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.sender = resting{w.room}
	w.start("w1", with(""), nil)
	w.finished(w.post("/one", "first"))
	w.finished(w.post("/one", "second"))
	calls := w.room.log()
	if gap := calls[1].at.Sub(calls[0].at); gap < 600*time.Millisecond {
		t.Errorf("the second came after %s, want 700 ms", gap)
	}
}

type resting struct{ *platform }

func (r resting) Send(ctx context.Context, d chat.Delivery) (chat.Receipt, error) {
	receipt, err := r.platform.Send(ctx, d)
	receipt.Rest = 700 * time.Millisecond
	return receipt, err
}

// What is too old to be said is no try of a chat that failed: each would hold the
// chat for another fifteen seconds, and a queue that grows old faster than that would
// never end.
func TestMessagesWhoseTimeIsOverAreNoTries(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.start("w1", with("retry: {give_up_after: 500ms, max: 1s}"), nil)
	c, err := p.Directory.Resolve("team")
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		if err := governor.New(w.client).Tell(t.Context(), worker.LineOf(c), job.Verdict{Kind: job.Fails}); err != nil {
			t.Fatal(err)
		}
	}
	for _, id := range []job.ID{w.post("/one", "first"), w.post("/one", "second"), w.post("/one", "third")} {
		w.when(id, 6*time.Second, "given up", func(j *job.Job) bool {
			return len(j.Notifications) == 1 && j.Notifications[0].State == job.NoteDead
		})
	}
}
