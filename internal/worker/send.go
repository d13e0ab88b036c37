package worker

import (
	"context"
	"errors"
	"fmt"
	"time"

	"postern/internal/job"
	"postern/internal/routing"
	"postern/pkg/chat"
	"postern/pkg/retry"
)

// keepsPlace is through how many of its own attempts a message keeps its place
// in a soft chat.
const keepsPlace = 3

// shortestWait keeps a platform that says "again in 0 s" from being asked in a
// loop.
const shortestWait = 100 * time.Millisecond

// send makes one attempt at a notification and says what becomes of its item.
func (w *Worker) send(ctx context.Context, c routing.Chat, nid string, leave job.Leave) (job.Fate, time.Duration) {
	number, content, verdict := w.intend(ctx, c, nid)
	if verdict != nil {
		return verdict.fate, verdict.after
	}
	started := time.Now()
	receipt, err := w.call(ctx, c, content)
	w.tell(ctx, c, leave, receipt, err)
	if err == nil && w.Sent != nil {
		w.Sent(c.Lane)
	}
	return w.conclude(ctx, c, content, number, started, receipt, err)
}

// tell lets the governor know what a call showed of its chat. What it does not
// hear is met again by the next call.
func (w *Worker) tell(ctx context.Context, c routing.Chat, leave job.Leave, receipt chat.Receipt, err error) {
	v, news := shown(receipt, err)
	if !news && !leave.Watched || err != nil && ctx.Err() != nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), w.TurnLease)
	defer cancel()
	if err := w.Governor.Tell(ctx, LineOf(c), v); err != nil {
		w.Log.WarnContext(ctx, "outcome not told to the governor", "chat", c.Key.String(), "error", err)
	}
	if v.Kind == job.Break {
		w.Log.ErrorContext(ctx, "chat broken", "chat", c.Key.String(), "account", c.Account, "reach", v.Reach.String(), "error", v.Why)
	}
}

// shown says what a call showed of its chat; false where that is only that it
// works as ever. A message that is refused shows nothing of its chat.
func shown(receipt chat.Receipt, err error) (job.Verdict, bool) {
	advice := retry.AdviceOn(err)
	switch {
	case err == nil && receipt.Rest > 0:
		return job.Verdict{Kind: job.Hold, For: receipt.Rest}, true
	case err == nil:
		return job.Verdict{Kind: job.Worked}, false
	case advice.Broken:
		return job.Verdict{Kind: job.Break, Reach: advice.Reach, Why: err.Error()}, true
	case advice.Kind == retry.Later:
		return job.Verdict{Kind: job.Hold, Reach: advice.Reach, For: max(advice.After, shortestWait), Guess: advice.Guess}, true
	case advice.Kind == retry.Hopeless:
		return job.Verdict{Kind: job.Worked}, false
	default:
		return job.Verdict{Kind: job.Fails}, true
	}
}

// expired ends a message whose chat is held for longer than it may wait; false
// where it may wait on.
func (w *Worker) expired(ctx context.Context, c routing.Chat, nid string, leave job.Leave) bool {
	n, err := w.Records.ChangeNote(ctx, nid, func(n *job.Note) error {
		why := exhausted(c.Retry, 0, n.Since.Time, time.Now())
		if n.State.Final() || n.ChatKey != c.Key.String() || why == "" {
			return job.ErrLeave
		}
		switch leave.Kind {
		case job.LeavePaused:
			why += ": the chat is paused"
		case job.LeaveBroken:
			why += ": the chat is broken: " + leave.Why
		default:
			why = gaveUp(why, n)
		}
		n.Finish(job.NoteDead, why)
		return nil
	})
	if err != nil {
		return errors.Is(err, job.ErrUnknown) // its job has expired
	}
	return n.State.Final() || n.ChatKey != c.Key.String()
}

// verdict is what becomes of an item without a call.
type verdict struct {
	fate  job.Fate
	after time.Duration
}

// intend marks the intent to send, or says why there is to be no call.
func (w *Worker) intend(ctx context.Context, c routing.Chat, nid string) (int, intent, *verdict) {
	content, err := w.Records.Content(ctx, nid)
	if err != nil {
		return 0, intent{}, w.unread(ctx, nid, err)
	}
	var number int
	var stop *verdict
	now := time.Now()
	n, err := w.Records.ChangeNote(ctx, nid, func(n *job.Note) error {
		number, stop = 0, nil
		if mine, ok := job.Began(n.Attempts, w.Name, now); ok {
			number = mine
			return job.ErrLeave
		}
		if n.State.Final() || n.ChatKey != c.Key.String() { // said, or moved to another chat's mailbox
			stop = &verdict{fate: job.Done}
			return job.ErrLeave
		}
		if n.Stopped {
			n.Abandon(now)
			stop = &verdict{fate: job.Done}
			return nil
		}
		if n.NextAttemptAt != nil && n.NextAttemptAt.After(now) {
			stop = w.again(c, n, time.Until(n.NextAttemptAt.Time))
			return job.ErrLeave
		}
		if n.Open() {
			n.CloseLost(now)
			if c.HoldLost && !c.Sender.Capabilities().Idempotent {
				n.Finish(job.NoteUnknown, "the request left, and no answer came")
				stop = &verdict{fate: job.Done}
				return nil
			}
		}
		why := exhausted(c.Retry, n.Spent, n.Since.Time, now)
		if n.Crashes >= maxCrashes {
			why = fmt.Sprintf("gave up: the worker died %d times while sending it", n.Crashes)
		}
		if why != "" {
			n.Finish(job.NoteDead, gaveUp(why, n))
			stop = &verdict{fate: job.Done}
			return nil
		}
		number = n.Begin(w.Name, now)
		return nil
	})
	switch {
	case err != nil:
		return 0, intent{}, w.unread(ctx, nid, err)
	case stop != nil:
		return 0, intent{}, stop
	}
	return number, w.intent(c, n, content), nil
}

// intent is one call to make: what is said, and which part of how many.
type intent struct {
	chat.Delivery
	parts int
}

func (w *Worker) intent(c routing.Chat, n *job.Note, content job.Content) intent {
	in := intent{parts: 1, Delivery: chat.Delivery{
		ID: n.ID, JobID: string(job.IDOf(n.ID)), Chat: c.Name, Channel: c.Channel, Message: content.Message,
		Event: content.Event, AcceptedAt: content.AcceptedAt.Time, Plain: n.Plain, Part: len(n.Parts),
	}}
	if w.Files != nil {
		in.Open = func(ctx context.Context, a chat.Attachment, most int64) (chat.File, error) {
			return w.Files.Open(ctx, job.IDOf(n.ID), a, most)
		}
	}
	if s, ok := c.Sender.(chat.Splitter); ok {
		// A panic in it is met again by Send, whose error it then is.
		parts, err := isolated(func() (int, error) { return s.Parts(in.Delivery), nil })
		if err == nil && parts > 0 {
			in.parts = parts
		}
		in.Part = min(in.Part, in.parts-1)
	}
	return in
}

func gaveUp(why string, n *job.Note) string {
	if n.Error != nil && *n.Error != "" {
		return why + ": " + *n.Error
	}
	return why
}

// unread says what becomes of an item that cannot be read now.
func (w *Worker) unread(ctx context.Context, nid string, err error) *verdict {
	if errors.Is(err, job.ErrUnknown) {
		return &verdict{fate: job.Done} // its job has expired
	}
	if ctx.Err() == nil {
		w.Log.WarnContext(ctx, "notification not read", "notification", nid, "error", err)
	}
	return &verdict{fate: job.Later, after: time.Second}
}

// call calls the platform; a panic in a Sender is that attempt's error.
func (w *Worker) call(ctx context.Context, c routing.Chat, in intent) (chat.Receipt, error) {
	ctx, cancel := context.WithTimeout(ctx, w.SendTimeout)
	defer cancel()
	return isolated(func() (chat.Receipt, error) { return c.Sender.Send(ctx, in.Delivery) })
}

// conclude writes the outcome of a call down and says what becomes of its item.
// It does so even while the worker stops.
func (w *Worker) conclude(ctx context.Context, c routing.Chat, in intent, number int, started time.Time,
	receipt chat.Receipt, sendErr error,
) (job.Fate, time.Duration) {
	interrupted := sendErr != nil && ctx.Err() != nil
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), w.SendTimeout)
	defer cancel()
	told := false
	fate := verdict{fate: job.Done} // also where the job has expired meanwhile
	n, err := persist(ctx, func(ctx context.Context) (*job.Note, error) {
		return w.Records.ChangeNote(ctx, in.ID, func(n *job.Note) error {
			if told && n.Ended(number) {
				return job.ErrLeave // our own word: its reply was lost
			}
			told = true
			if sendErr == nil {
				fate = said(n, in, number, receipt)
				return nil
			}
			fate = w.conclusion(c, n, number, sendErr, interrupted)
			return nil
		})
	})
	if err != nil && !errors.Is(err, job.ErrUnknown) {
		w.Log.ErrorContext(ctx, "outcome of a send not recorded", "notification", in.ID, "error", err)
		return job.Later, time.Second
	}
	if n != nil {
		w.logSend(ctx, c, n, number, started, sendErr)
	}
	return fate.fate, fate.after
}

// said puts down that the platform took a part: the next one is said at the
// chat's next turn, in the same place.
func said(n *job.Note, in intent, number int, receipt chat.Receipt) verdict {
	now := time.Now()
	n.End(number, now, job.OK, "")
	if n.State == job.NoteSent { // an overtaken turn has said it all meanwhile
		return verdict{fate: job.Done}
	}
	if in.parts > 1 && in.Part == len(n.Parts) {
		n.Parts = append(n.Parts, receipt)
	}
	missing := in.parts > 1 && len(n.Parts) < in.parts
	if missing && n.State.Final() { // ended meanwhile: nobody says the rest
		return verdict{fate: job.Done}
	}
	if missing && n.Stopped {
		n.Finish(job.NoteCanceled, "")
		return verdict{fate: job.Done}
	}
	if missing {
		n.State, n.Error = job.NoteQueued, nil
		return verdict{fate: job.Back}
	}
	n.Finish(job.NoteSent, "")
	n.SentAt, n.Receipt = job.AtPtr(now), &receipt
	if len(n.Parts) > 0 {
		n.Receipt = &n.Parts[0]
	}
	return verdict{fate: job.Done}
}

// conclusion puts the platform's refusal into the notification.
func (w *Worker) conclusion(c routing.Chat, n *job.Note, number int, err error, interrupted bool) verdict {
	now := time.Now()
	if n.State == job.NoteSent { // an overtaken turn has sent it meanwhile
		n.End(number, now, job.OutcomeLost, err.Error())
		return verdict{fate: job.Done}
	}
	advice := retry.AdviceOn(err)
	if n.Stopped {
		return stopped(n, number, now, advice, err)
	}
	if advice.Kind == retry.Later {
		return w.limited(c, n, number, now, advice, err)
	}
	outcome := map[retry.Kind]job.Outcome{retry.Again: job.Retry, retry.Hopeless: job.Refused, retry.Lost: job.OutcomeLost}[advice.Kind]
	if interrupted && advice.Kind == retry.Again {
		outcome = job.Interrupted
	}
	if !n.End(number, now, outcome, err.Error()) {
		return verdict{fate: job.Back} // overtaken: the other turn's word counts, and its item stays
	}
	if outcome == job.Interrupted {
		n.Wait(now, err.Error())
		return verdict{fate: job.Back}
	}
	if advice.Degrade && !n.Plain { // once, and at no cost: it is not the same message
		n.Plain, n.Parts = true, nil // plain parts end elsewhere: all of it is said again rather than some of it lost
		n.Wait(now, err.Error())
		return verdict{fate: job.Back}
	}
	n.Spent++
	switch {
	case advice.Kind == retry.Hopeless:
		n.Finish(job.NoteDead, err.Error())
		return verdict{fate: job.Done}
	case advice.Kind == retry.Lost && c.HoldLost && !c.Sender.Capabilities().Idempotent:
		n.Finish(job.NoteUnknown, err.Error())
		return verdict{fate: job.Done}
	}
	wait := backoff(c.Retry, n.Spent)
	if why := exhausted(c.Retry, n.Spent, n.Since.Time, now.Add(wait)); why != "" {
		n.Finish(job.NoteDead, why+": "+err.Error())
		return verdict{fate: job.Done}
	}
	n.Wait(now.Add(wait), err.Error())
	return *w.again(c, n, wait)
}

// stopped ends a message whose job was canceled while it was on its way: it is
// not tried again, whatever the platform said.
func stopped(n *job.Note, number int, now time.Time, advice retry.Advice, err error) verdict {
	outcome, state := job.WasCanceled, job.NoteCanceled
	switch advice.Kind {
	case retry.Hopeless:
		outcome, state = job.Refused, job.NoteDead
	case retry.Lost:
		outcome, state = job.OutcomeLost, job.NoteUnknown
	case retry.Later:
		outcome = job.RateLimited
	case retry.Again:
	}
	if n.End(number, now, outcome, err.Error()) {
		n.Finish(state, err.Error())
	}
	return verdict{fate: job.Done}
}

// limited is the platform's "not before": it costs no attempt, and the chat
// waits as a whole.
func (w *Worker) limited(c routing.Chat, n *job.Note, number int, now time.Time, advice retry.Advice, err error) verdict {
	if !n.End(number, now, job.RateLimited, err.Error()) {
		return verdict{fate: job.Back}
	}
	advice.After = max(advice.After, shortestWait)
	until := now.Add(advice.After)
	for i := range n.Attempts {
		if n.Attempts[i].Number == number {
			n.Attempts[i].RetryAfter = advice.After.String()
		}
	}
	if exhausted(c.Retry, 0, n.Since.Time, until) != "" {
		why := fmt.Sprintf("gave up: it would have to wait %s, and gives up after %s", advice.After.Round(time.Millisecond), c.Retry.GiveUpAfter)
		n.Finish(job.NoteDead, why+": "+err.Error()) // its item stays till then, for the others' sake
	} else {
		n.Wait(until, err.Error())
	}
	return verdict{fate: job.Block, after: advice.After}
}

// again says whether a message that must wait keeps its place.
func (w *Worker) again(c routing.Chat, n *job.Note, wait time.Duration) *verdict {
	keeps := c.Ordering == routing.Strict || c.Ordering == routing.Soft && n.Spent < keepsPlace
	if keeps {
		return &verdict{fate: job.Block, after: wait}
	}
	return &verdict{fate: job.Later, after: wait}
}

func (w *Worker) logSend(ctx context.Context, c routing.Chat, n *job.Note, number int, started time.Time, err error) {
	attrs := []any{
		"job_id", job.IDOf(n.ID), "chat", n.Chat, "lane", c.Lane, "attempt", number, "state", n.State,
		"took_ms", time.Since(started).Milliseconds(),
	}
	if err == nil {
		w.Log.InfoContext(ctx, "send finished", attrs...)
		return
	}
	attrs = append(attrs, "error", err)
	if n.NextAttemptAt != nil {
		attrs = append(attrs, "next_try", fmt.Sprint(n.NextAttemptAt.Time))
	}
	w.Log.WarnContext(ctx, "send finished", attrs...)
}
