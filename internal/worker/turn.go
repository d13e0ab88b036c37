package worker

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"postern/internal/job"
	"postern/internal/routing"
)

// patience is how long a strict chat's message waits for events accepted
// before it that are still being expanded, counted from its acceptance.
const patience = 2 * time.Second

// settling is how long a strict chat's message waits in any case: an event
// accepted a moment earlier by another receiver may still be on its way into
// the store.
const settling = 250 * time.Millisecond

// peek is how often it looks whether they are.
const peek = 20 * time.Millisecond

// Turn speaks for one chat: it says what waits, one message after the other,
// until nothing does, the chat may not be spoken to, or its time is over.
func (w *Worker) Turn(ctx context.Context, lane, key, ticket string) error {
	c, ok := w.Directory.ByKey(key)
	if !ok || c.Lane != lane {
		w.Log.InfoContext(ctx, "chat left to others", "chat", key)
		return w.Tasks.Later(passAfter)
	}
	t := &turn{w: w, chat: c, box: BoxOf(c), token: ticket + "." + uuid.NewString(), over: time.Now().Add(w.TurnTime)}
	hand, err := w.Mailboxes.StartTurn(ctx, t.box, ticket, t.token, w.TurnLease)
	if err != nil {
		return err
	}
	return t.run(ctx, hand)
}

type turn struct {
	w     *Worker
	chat  routing.Chat
	box   job.Box
	token string
	over  time.Time
}

// run goes from hand to hand. Its context is renewed by a lease of its own: a
// turn that lost it stops speaking, but still reports what it has sent.
func (t *turn) run(ctx context.Context, hand job.Hand) error {
	ctx, release := t.keepLease(ctx)
	defer release()
	for {
		if err := t.w.enqueue(context.WithoutCancel(ctx), hand); err != nil { // the mailbox's check will do it
			t.w.Log.WarnContext(ctx, "turn not enqueued", "chat", t.box.Chat, "error", err)
		}
		report := job.Report{Fate: job.Back}
		switch hand.Kind {
		case job.HandItem:
			report = t.say(ctx, hand)
		case job.HandWait:
			if err := pause(ctx, min(hand.Wait, time.Until(t.over))); err != nil {
				report.End = true
			}
		default:
			return nil // finished, stale or fenced
		}
		report.End = report.End || ctx.Err() != nil || t.w.stopping() || time.Now().After(t.over)
		var err error
		if hand, err = t.step(ctx, report); err != nil {
			return err
		}
	}
}

// step reports to the mailbox even when the worker is being stopped, and keeps
// trying for as long as a report that must not be lost may take.
func (t *turn) step(ctx context.Context, report job.Report) (job.Hand, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), t.w.TurnLease)
	defer cancel()
	return persist(ctx, func(ctx context.Context) (job.Hand, error) {
		return t.w.Mailboxes.StepTurn(ctx, t.box, t.token, t.w.TurnLease, report)
	})
}

// persist repeats what failed for lack of Redis until ctx ends.
func persist[T any](ctx context.Context, do func(context.Context) (T, error)) (T, error) {
	for wait := 20 * time.Millisecond; ; wait = min(2*wait, time.Second) {
		v, err := do(ctx)
		if err == nil || !errors.Is(err, job.ErrUnavailable) {
			return v, err
		}
		if pause(ctx, wait) != nil {
			return v, err
		}
	}
}

// say sends, once the chat may be spoken to.
func (t *turn) say(ctx context.Context, hand job.Hand) job.Report {
	back := job.Report{Item: hand.Item, Fate: job.Back}
	if t.chat.Ordering == routing.Strict && t.earlierExpanding(ctx, hand.Item) {
		if err := pause(ctx, peek); err != nil {
			back.End = true
		}
		return back
	}
	leave, moment, err := t.leave(ctx)
	switch {
	case err != nil && ctx.Err() == nil: // without leave nothing is said
		t.w.Log.WarnContext(ctx, "leave to speak not known", "chat", t.box.Chat, "error", err)
		return job.Report{Item: hand.Item, Fate: job.Block, After: shortestWait}
	case err != nil:
		return back
	case leave.Kind != job.LeaveGo:
		return t.held(ctx, hand, leave)
	}
	select {
	case t.w.sends <- struct{}{}:
		defer func() { <-t.w.sends }()
	case <-ctx.Done():
		return back
	}
	if time.Since(moment) > leave.Late/4 && leave.Late > 0 {
		if err := t.w.Governor.Move(ctx, LineOf(t.chat), leave.Place); err != nil && ctx.Err() == nil {
			t.w.Log.WarnContext(ctx, "a late place was not moved", "chat", t.box.Chat, "error", err)
		}
	}
	fate, after := t.w.send(ctx, t.chat, job.NoteOf(hand.Item), leave)
	return job.Report{Item: hand.Item, Fate: fate, After: after}
}

// leave asks for leave to speak and waits for the moment that was given. One
// that passed meanwhile would crowd those behind it, so another is asked for.
func (t *turn) leave(ctx context.Context) (leave job.Leave, moment time.Time, err error) {
	missed := ""
	for {
		asked := time.Now()
		leave, err = t.w.Governor.Ask(ctx, LineOf(t.chat), missed)
		moment = asked.Add(leave.Wait)
		if err != nil || leave.Kind != job.LeaveGo {
			return leave, moment, err
		}
		if err := pause(ctx, time.Until(moment)); err != nil {
			return leave, moment, err
		}
		if leave.Late == 0 || time.Since(moment) <= leave.Late {
			return leave, moment, nil
		}
		missed = leave.Place
	}
}

// heldFor is how often a chat that is paused or broken is looked at: whoever
// mends it wakes it.
const heldFor = 30 * time.Second

// held keeps the chat as it is for a while. Its messages wait no longer than they
// would for a chat that only fails, and end without being the one try that it has.
func (t *turn) held(ctx context.Context, hand job.Hand, leave job.Leave) job.Report {
	r := job.Report{Item: hand.Item, Fate: job.Block, After: leave.Wait}
	if leave.Kind != job.LeaveLater {
		r.After = heldFor
	}
	if t.w.expired(ctx, t.chat, job.NoteOf(hand.Item), leave) {
		r.Fate = job.Done
	}
	return r
}

// earlierExpanding reports whether an event accepted before the item's is still
// being expanded, and the item has not waited long enough.
func (t *turn) earlierExpanding(ctx context.Context, item string) bool {
	id := job.IDOf(job.NoteOf(item))
	switch age := time.Since(id.Time()); {
	case age < 0: // another receiver's clock is ahead: nothing can be told from it
		return false
	case age < settling:
		return true
	case age > patience:
		return false
	}
	oldest, err := t.w.Records.OldestExpanding(ctx, t.w.Shards)
	return err == nil && oldest != "" && oldest < id
}

// keepLease renews the turn's lease; the context ends when it was taken.
func (t *turn) keepLease(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(t.w.TurnLease / 3)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			held, err := t.w.Mailboxes.RenewTurn(ctx, t.box, t.token, t.w.TurnLease)
			switch {
			case err != nil && ctx.Err() == nil:
				t.w.Log.WarnContext(ctx, "turn not renewed", "chat", t.box.Chat, "error", err)
			case err == nil && !held:
				cancel()
			}
		}
	}()
	return ctx, func() {
		cancel()
		<-done
	}
}
