package worker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"postern/internal/job"
	"postern/internal/routing"
	"postern/pkg/retry"
	"postern/pkg/webhook"
)

// passAfter is how long a job that nobody here knows is left to others.
const passAfter = 2 * time.Second

// Job does a run of a job: it expands the event, or runs its handler. What
// became of it is written to the record; the error only speaks to the engine.
func (w *Worker) Job(ctx context.Context, id job.ID, run int) error {
	for {
		b, err := w.begin(ctx, id, run)
		switch {
		case err != nil:
			return ignoreUnknown(err)
		case b.admission == job.Obsolete:
			return nil
		case b.endpoint == nil:
			return w.Tasks.Later(passAfter)
		case b.admission == job.Admitted:
			return w.attempt(ctx, b)
		}
		// Less than a second is waited here: the engine may start a task that
		// much early.
		wait := time.Until(b.at)
		if wait > time.Second {
			return w.Tasks.Later(wait)
		}
		if err := pause(ctx, wait); err != nil {
			return err
		}
	}
}

// maxCrashes bounds how often a run is begun again after its worker died: work
// that kills whoever does it must end.
const maxCrashes = 10

// begun is what begin found: an attempt under way, or why there is none.
type begun struct {
	record    *job.Record
	endpoint  *routing.Endpoint // nil: unknown here
	admission job.Admission
	at        time.Time // with NotYet and Busy: when to ask again
	attempt   int
}

// begin takes the run, or leaves it to a worker that knows its endpoint.
func (w *Worker) begin(ctx context.Context, id job.ID, run int) (b begun, err error) {
	now := time.Now()
	b.record, err = w.Records.Change(ctx, id, func(r *job.Record) error {
		b.endpoint, _ = w.Table.ByID(r.Kept.Plugin, r.Kept.Endpoint)
		if number, ok := job.Began(r.Doc.Attempts, w.Name, now); ok && r.Run == run {
			b.attempt, b.admission = number, job.Admitted
			return job.ErrLeave
		}
		if b.admission, b.at = r.Admit(run, now); b.admission != job.Admitted {
			return job.ErrLeave
		}
		if b.endpoint == nil {
			w.pass(ctx, r, now)
			return nil
		}
		b.attempt = r.Begin(w.Name, now, w.JobLease)
		if r.Doc.Crashes >= maxCrashes {
			r.Fail(now, fmt.Sprintf("gave up: the worker died %d times at it", r.Doc.Crashes), time.Time{})
			b.admission = job.Obsolete
		}
		return nil
	})
	return b, err
}

// attempt works and writes down how it went.
func (w *Worker) attempt(ctx context.Context, b begun) error {
	id, attempt, started := b.record.ID, b.attempt, time.Now()
	ctx, release := w.keepLease(ctx, id, attempt)
	done, err := w.work(ctx, b.record, b.endpoint)
	if err != nil && (ctx.Err() != nil || errors.Is(err, job.ErrUnavailable)) {
		err = fmt.Errorf("%w: %w", errInterrupted, err)
	}
	release()
	var wait time.Duration
	write, cancel := context.WithTimeout(context.WithoutCancel(ctx), w.SendTimeout)
	defer cancel()
	r, saveErr := persist(write, func(ctx context.Context) (*job.Record, error) {
		return w.Records.Change(ctx, id, func(r *job.Record) error {
			if !r.Holds(attempt) {
				return job.ErrLeave // another worker took over
			}
			wait = w.settle(r, done, err)
			return nil
		})
	})
	if saveErr != nil {
		return ignoreUnknown(saveErr)
	}
	w.logJob(ctx, r, attempt, started, err)
	if wait > 0 {
		return w.Tasks.Later(wait)
	}
	return nil
}

// errInterrupted: not the work failed, but the worker or its store went away.
var errInterrupted = errors.New("interrupted")

// settle writes an attempt's outcome into the record and gives how long to wait
// for the next, if there is to be one.
func (w *Worker) settle(r *job.Record, done outcome, err error) time.Duration {
	now := time.Now()
	done.note(r)
	if err == nil {
		r.Succeed(now, done.result)
		return 0
	}
	if errors.Is(err, errInterrupted) {
		r.HandBack(now, job.Interrupted, err.Error())
		return time.Second
	}
	if errors.Is(err, routing.ErrUnknownChat) {
		return w.unknownHere(r, now, err)
	}
	advice := retry.AdviceOn(err)
	wait := max(backoff(w.Retry, r.Doc.Spent+1), time.Millisecond)
	if advice.Kind == retry.Later {
		wait = max(advice.After, shortestWait)
		r.Doc.Spent--
	}
	next := now.Add(wait)
	if advice.Kind == retry.Hopeless {
		r.Fail(now, err.Error(), time.Time{})
		return 0
	}
	if why := exhausted(w.Retry, r.Doc.Spent+1, sinceOf(r), next); why != "" {
		r.Fail(now, fmt.Sprintf("%s: %s", why, err), time.Time{})
		return 0
	}
	r.Fail(now, err.Error(), next)
	return wait
}

// unknownHere leaves a job to workers that know its chats, until it is too old.
func (w *Worker) unknownHere(r *job.Record, now time.Time, err error) time.Duration {
	if why := exhausted(w.Retry, 0, sinceOf(r), now); why != "" {
		r.Fail(now, fmt.Sprintf("%s: %s", why, err), time.Time{})
		return 0
	}
	r.HandBack(now, job.UnknownHere, err.Error())
	return passAfter
}

func sinceOf(r *job.Record) time.Time {
	if r.Doc.Since == nil {
		return time.Time{}
	}
	return r.Doc.Since.Time
}

// outcome is what an attempt's work found out, for the record.
type outcome struct {
	result   json.RawMessage
	events   []webhook.Event
	warnings []job.Warning
}

func (o outcome) note(r *job.Record) {
	if len(o.events) > 0 {
		r.Doc.Events, r.Doc.Title = len(o.events), o.events[0].Title
	}
	for _, warning := range o.warnings {
		r.Warn(warning)
	}
}

// work does what the job's run still needs.
func (w *Worker) work(ctx context.Context, r *job.Record, endpoint *routing.Endpoint) (done outcome, err error) {
	if r.Doc.Expanded {
		return outcome{result: r.Doc.Result}, w.requeue(ctx, r)
	}
	if err := w.requeue(ctx, r); err != nil { // of a dead or canceled run
		return done, err
	}
	body, err := w.Records.Body(ctx, r.ID)
	if err != nil {
		return done, err
	}
	kept := r.Kept.Request
	kept.Body = body
	request := routing.Request(kept)
	if endpoint.Go != nil && endpoint.Go.Handle != nil {
		if err = w.handle(ctx, r, endpoint, request, &done); err != nil {
			return done, err
		}
	}
	err = w.expand(ctx, r, endpoint, request, &done)
	return done, err
}

// requeue opens what a former run did not deliver: text as first rendered, the
// alias resolved anew. An alias unknown here keeps no other chat waiting.
func (w *Worker) requeue(ctx context.Context, r *job.Record) error {
	var unknown error
	for _, n := range r.Notes {
		if n.State.Delivered() {
			continue
		}
		c, err := w.Directory.Resolve(n.Chat)
		if err != nil {
			unknown = err
			continue
		}
		changed, err := w.Records.ChangeNote(ctx, n.ID, func(n *job.Note) error {
			if n.Stopped || !n.State.Final() || n.State.Delivered() || n.Run >= r.Run { // this run has opened it before
				return job.ErrLeave
			}
			n.Requeue(r.Run, time.Now())
			n.ChatKey, n.Lane = c.Key.String(), c.Lane
			return nil
		})
		if err != nil {
			return err
		}
		if !changed.State.Final() {
			if err := w.post(ctx, c, changed); err != nil {
				return err
			}
		}
	}
	return unknown
}

// expand turns the request into events and each event into one notification
// per chat. Doing it twice adds nothing.
func (w *Worker) expand(ctx context.Context, r *job.Record, endpoint *routing.Endpoint, request *webhook.Request, done *outcome) error {
	events, err := eventsOf(endpoint, request)
	if err != nil {
		return err
	}
	done.events = events
	inputs := routing.InputsOf(request)
	var notes []*job.Note
	var contents []job.Content
	chats := map[string]routing.Chat{}
	for number, event := range events {
		told := endpoint.Tell(ctx, event, inputs, w.Directory)
		done.warnings = append(done.warnings, told.Warnings...)
		for _, t := range told.Tellings {
			n := noteFor(r, number, number, t.Chat, "")
			chats[n.ID] = t.Chat
			notes = append(notes, n)
			contents = append(contents, contentFor(r, t, event))
		}
	}
	if err := w.Records.MakeNotes(ctx, r.ID, notes, contents); err != nil {
		return err
	}
	for _, n := range notes {
		if err := w.post(ctx, chats[n.ID], n); err != nil {
			return err
		}
	}
	return nil
}

// eventsOf asks the source; a panic in it is that event's error, and since a
// source is pure, no repetition can cure it.
func eventsOf(endpoint *routing.Endpoint, request *webhook.Request) ([]webhook.Event, error) {
	events, err := isolated(func() ([]webhook.Event, error) { return endpoint.Source.Events(request) })
	if err != nil {
		return nil, retry.Never(fmt.Errorf("understand event: %w", err))
	}
	return events, nil
}

func noteFor(r *job.Record, event, order int, c routing.Chat, key string) *job.Note {
	return &job.Note{
		Notification: job.Notification{
			ID: r.ID.Notification(event, c.Name, key), EventNumber: event, Chat: c.Name, ChatKey: c.Key.String(), State: job.NoteQueued,
		},
		Lane: c.Lane, Run: r.Run, Order: order, Since: job.At(time.Now()),
	}
}

func contentFor(r *job.Record, t routing.Telling, event webhook.Event) job.Content {
	content := job.Content{Message: t.Message, AcceptedAt: job.At(time.UnixMilli(r.Kept.AcceptedAt))}
	if t.Chat.Sender.Capabilities().Event {
		content.Event = &event
	}
	return content
}

// pass leaves a job to workers that know its endpoint, until it is too old.
func (w *Worker) pass(ctx context.Context, r *job.Record, now time.Time) {
	cause := fmt.Sprintf("this worker has no endpoint %s of %s", r.Kept.Endpoint, r.Kept.Plugin)
	w.Log.InfoContext(ctx, "job left to others", "job_id", r.ID, "endpoint", r.Kept.Plugin+r.Kept.Endpoint)
	if why := exhausted(w.Retry, 0, passedSince(r), now); why != "" {
		r.Begin(w.Name, now, w.JobLease)
		r.Fail(now, why+": "+cause, time.Time{})
		return
	}
	r.Pass(w.Name, now, cause)
}

// passedSince gives when the run was first left to others, zero for a run that
// never was.
func passedSince(r *job.Record) time.Time {
	k := len(r.Doc.Attempts)
	if k == 0 || r.Doc.Attempts[k-1].Outcome != job.UnknownHere {
		return time.Time{}
	}
	return r.Doc.Attempts[k-1].StartedAt.Time
}

func ignoreUnknown(err error) error {
	if errors.Is(err, job.ErrUnknown) {
		return nil
	}
	return err
}

func (w *Worker) logJob(ctx context.Context, r *job.Record, attempt int, started time.Time, err error) {
	attrs := []any{
		"job_id", r.ID, "endpoint", r.Kept.Plugin + r.Kept.Endpoint, "attempt", attempt, "state", r.State,
		"notifications", len(r.Notes), "took_ms", time.Since(started).Milliseconds(),
	}
	if err != nil {
		w.Log.WarnContext(ctx, "job attempt finished", append(attrs, "error", err)...)
		return
	}
	w.Log.InfoContext(ctx, "job attempt finished", attrs...)
}
