package worker_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"postern/internal/job"
	"postern/internal/queue"
	"postern/internal/redistest"
	"postern/internal/worker"
	"postern/pkg/chat"
	"postern/pkg/retry"
)

func outcomes(attempts []job.Attempt) []job.Outcome {
	var all []job.Outcome
	for _, a := range attempts {
		all = append(all, a.Outcome)
	}
	return all
}

func reason(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func TestWhatThePlatformSaysDecides(t *testing.T) {
	t.Parallel()
	again := slices.Repeat([]error{errPlatform}, 50)
	lost := retry.Unknown(errors.New("no answer came"))
	for name, c := range map[string]struct {
		options    string
		idempotent bool
		script     []error
		state      job.NoteState
		outcomes   []job.Outcome
		reason     string
	}{
		"it is taken": {state: job.NoteSent, outcomes: []job.Outcome{job.OK}},
		"again, then taken": {
			script: again[:2], state: job.NoteSent, outcomes: []job.Outcome{job.Retry, job.Retry, job.OK},
		},
		"again, until the attempts are spent": {
			options: "retry: {attempts: 3}", script: again,
			state: job.NoteDead, outcomes: []job.Outcome{job.Retry, job.Retry, job.Retry},
			reason: "gave up after 3 attempts: 502 bad gateway",
		},
		"a wait costs no attempt": {
			options: "retry: {attempts: 1}", script: []error{retry.After(300*time.Millisecond, errors.New("too many")), retry.After(0, errors.New("too many"))},
			state: job.NoteSent, outcomes: []job.Outcome{job.RateLimited, job.RateLimited, job.OK},
		},
		"a wait beyond the end": {
			options: "retry: {give_up_after: 2s}", script: []error{retry.After(time.Minute, errors.New("too many"))},
			state: job.NoteDead, outcomes: []job.Outcome{job.RateLimited}, reason: "gave up: it would have to wait 1m0s, and gives up after 2s: too many",
		},
		"hopeless": {
			script: []error{retry.Never(errors.New("chat not found"))},
			state:  job.NoteDead, outcomes: []job.Outcome{job.Refused}, reason: "chat not found",
		},
		"lost is tried again": {
			script: []error{lost}, state: job.NoteSent, outcomes: []job.Outcome{job.OutcomeLost, job.OK},
		},
		"lost is held": {
			options: "on_unknown: hold", script: []error{lost},
			state: job.NoteUnknown, outcomes: []job.Outcome{job.OutcomeLost}, reason: "no answer came",
		},
		"lost is tried again where twice is once": {
			options: "on_unknown: hold", idempotent: true, script: []error{lost},
			state: job.NoteSent, outcomes: []job.Outcome{job.OutcomeLost, job.OK},
		},
		"refused, but for plain text": {
			script: []error{retry.Never(errors.New("bad markup"), retry.Degrade())},
			state:  job.NoteSent, outcomes: []job.Outcome{job.Refused, job.OK},
		},
		"one attempt, and the one in plain text": {
			options: "retry: {attempts: 1}", script: []error{retry.Never(errors.New("bad markup"), retry.Degrade())},
			state: job.NoteSent, outcomes: []job.Outcome{job.Refused, job.OK},
		},
		"refused in plain text too": {
			script: slices.Repeat([]error{retry.Never(errors.New("bad markup"), retry.Degrade())}, 5),
			state:  job.NoteDead, outcomes: []job.Outcome{job.Refused, job.Refused}, reason: "bad markup",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.room.script(c.script...)
			w.room.can.Idempotent = c.idempotent
			w.start("w1", with(c.options), nil)
			n := w.finished(w.post("/one", "hello")).Notifications[0]
			if n.State != c.state || reason(n.Error) != c.reason {
				t.Errorf("got %s %q, want %s %q", n.State, reason(n.Error), c.state, c.reason)
			}
			if diff := cmp.Diff(c.outcomes, outcomes(n.Attempts)); diff != "" {
				t.Errorf("outcomes, want -, got +:\n%s", diff)
			}
			if calls := w.room.log(); len(calls) != len(c.outcomes) {
				t.Errorf("the platform was called %d times, want %d", len(calls), len(c.outcomes))
			}
			if (n.SentAt != nil) != (c.state == job.NoteSent) || (n.Receipt != nil) != (c.state == job.NoteSent) || n.NextAttemptAt != nil {
				t.Errorf("got sent at %v, receipt %v, next attempt at %v", n.SentAt, n.Receipt, n.NextAttemptAt)
			}
		})
	}
}

func TestAPanicInASenderIsAnAttemptsError(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.room.answer = func(_ context.Context, n int, _ chat.Delivery) error {
		if n == 1 {
			panic("nil map")
		}
		return nil
	}
	w.start("w1", with(""), nil)
	n := w.finished(w.post("/one", "hello")).Notifications[0]
	if got := outcomes(n.Attempts); !slices.Equal(got, []job.Outcome{job.Retry, job.OK}) || !strings.Contains(n.Attempts[0].Error, "nil map") {
		t.Errorf("got %v, %q, want a retry that names the panic", got, n.Attempts[0].Error)
	}
}

func TestTheOneMoreTryIsPlain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.room.script(retry.Never(errPlatform, retry.Degrade()), errPlatform)
	w.start("w1", with(""), nil)
	w.finished(w.post("/one", "hello"))
	var plain []bool
	for _, c := range w.room.log() {
		plain = append(plain, c.Plain)
	}
	if !slices.Equal(plain, []bool{false, true, true}) {
		t.Errorf("got plain %v, want all but the first", plain)
	}
}

// The wait is drawn between nothing and first × factor^n, at most max.
func TestBackOffStaysWithinItsBounds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.room.script(slices.Repeat([]error{errPlatform}, 8)...)
	w.start("w1", with("retry: {first: 100ms, factor: 2, max: 400ms, attempts: 6}"), nil)
	n := w.finished(w.post("/one", "hello")).Notifications[0]
	calls := w.room.log()
	if n.State != job.NoteDead || len(calls) != 6 {
		t.Fatalf("got %s after %d calls, want dead after 6", n.State, len(calls))
	}
	const slack = 400 * time.Millisecond // a busy machine, and the turn's own steps
	spread := false
	for i := 1; i < len(calls); i++ {
		ceiling := min(100*time.Millisecond<<(i-1), 400*time.Millisecond)
		wait := calls[i].at.Sub(calls[i-1].at)
		if wait > ceiling+slack {
			t.Errorf("wait %d: got %v, want at most %v", i, wait, ceiling)
		}
		spread = spread || wait < ceiling*9/10
	}
	if !spread {
		t.Error("every wait was at its ceiling: there is no jitter")
	}
}

func TestGivingUpAfterATime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.room.script(slices.Repeat([]error{errPlatform}, 500)...)
	w.start("w1", with("retry: {first: 50ms, max: 100ms, give_up_after: 1s}"), nil)
	began := time.Now()
	n := w.finished(w.post("/one", "hello")).Notifications[0]
	if n.State != job.NoteDead || reason(n.Error) != "gave up after 1s: 502 bad gateway" {
		t.Errorf("got %s %q, want dead, with the time and the platform's words", n.State, reason(n.Error))
	}
	if took := time.Since(began); took < 700*time.Millisecond || took > 5*time.Second || len(n.Attempts) < 5 {
		t.Errorf("gave up after %v and %d attempts, want about 1 s and many", took, len(n.Attempts))
	}
}

func TestALimitedChatIsLeftAloneByAll(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const wait = 1500 * time.Millisecond
	limited := make(chan time.Time, 1)
	w.room.answer = func(_ context.Context, n int, d chat.Delivery) error {
		if n == 1 && d.Message.Title == "first" {
			limited <- time.Now()
			return retry.After(wait, errors.New("too many"))
		}
		return nil
	}
	w.start("w1", with("ordering: none"), nil)
	w.start("w2", with("ordering: none"), nil)
	first := w.post("/one", "first")
	until := receive(t, limited, 5*time.Second, "call").Add(wait)
	j := w.when(first, 5*time.Second, "limited", func(j *job.Job) bool {
		return len(j.Notifications) > 0 && j.Notifications[0].State == job.NoteRetrying
	})
	if n := j.Notifications[0]; n.Attempts[0].RetryAfter != "1.5s" || n.NextAttemptAt == nil || n.NextAttemptAt.Before(until.Add(-50*time.Millisecond)) {
		t.Errorf("got retry after %q, next attempt at %v, want 1.5s and %v", n.Attempts[0].RetryAfter, n.NextAttemptAt, until)
	}
	ids := []job.ID{first}
	for range 5 {
		ids = append(ids, w.post("/one", "later"))
	}
	other := w.post("/two", "elsewhere")
	w.when(other, 5*time.Second, "said in the other chat", func(*job.Job) bool { return len(w.room.said("dev")) == 1 })
	if time.Now().After(until) {
		t.Error("the other chat waited with it")
	}
	for _, id := range append(ids, other) {
		w.finished(id)
	}
	for _, c := range w.room.log()[1:] {
		if c.Channel == "team" && c.at.Before(until.Add(-2*time.Millisecond)) {
			t.Errorf("the chat was spoken to %v too early", until.Sub(c.at))
		}
	}
}

// A platform that asks for more time than is left ends this message; it has
// asked it of the chat, though.
func TestAWaitBeyondOneMessagesEndHoldsTheOthers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.room.script(retry.After(4*time.Second, errors.New("too many")))
	w.start("w1", with("retry: {give_up_after: 3s}"), nil)
	w.finished(w.post("/one", "first"))
	second := w.post("/one", "second")
	w.when(second, 5*time.Second, "expanded", func(j *job.Job) bool { return j.State == job.Succeeded })
	<-time.After(time.Second)
	if calls := w.room.log(); len(calls) != 1 {
		t.Errorf("the chat was spoken to %v after it asked for 4 s", calls[1].at.Sub(calls[0].at))
	}
}

func TestAFailingChatRepeatsNothingElsewhere(t *testing.T) {
	t.Parallel()
	redistest.Both(t, failingChat)
}

func failingChat(t *testing.T, url string) {
	t.Helper()
	w := newWorldAt(t, url)
	w.room.answer = func(_ context.Context, n int, d chat.Delivery) error {
		if d.Channel == "team" && n < 6 {
			return errPlatform
		}
		return nil
	}
	w.start("w1", with(""), nil)
	j := w.finished(w.post("/two", "a\nb\nc"))
	if j.Delivery != job.Delivered || len(j.Notifications) != 6 || j.Events != 3 {
		t.Errorf("got %s of %d notifications and %d events, want 6 of 3 delivered", j.Delivery, len(j.Notifications), j.Events)
	}
	for _, channel := range []string{"team", "dev"} {
		got := w.room.said(channel)
		slices.Sort(got)
		if !slices.Equal(got, []string{"a", "b", "c"}) {
			t.Errorf("%s heard %q, want each once", channel, got)
		}
	}
	if n := len(w.room.asked("dev")); n != 3 {
		t.Errorf("the healthy chat was asked %d times, want 3", n)
	}
}

func TestWhatASenderIsTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.room.can.Event = true
	w.start("w1", with(""), nil)
	id := w.post("/one", "hello")
	j := w.finished(id)
	d := w.room.log()[0].Delivery
	if d.ID != id.Notification(0, "team", "") || d.JobID != string(id) || d.Channel != "team" || d.Message.Title != "hello" || d.Plain {
		t.Errorf("got %+v", d)
	}
	if d.Event == nil || d.Event.Title != "hello" || !d.AcceptedAt.Equal(j.AcceptedAt.Time) {
		t.Errorf("got event %+v accepted at %v, want hello at %v", d.Event, d.AcceptedAt, j.AcceptedAt)
	}
	if n := j.Notifications[0]; n.ChatKey != "room-team" || n.Chat != "team" || n.Receipt.MessageID != "1" || n.Attempts[0].Worker != "w1" {
		t.Errorf("got %+v", n)
	}
}

func TestASendHasATimeLimit(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.room.answer = func(ctx context.Context, n int, _ chat.Delivery) error {
		if n > 1 {
			return nil
		}
		<-ctx.Done()
		return ctx.Err()
	}
	short := func(w *worker.Worker, _ *queue.Options) { w.SendTimeout = 100 * time.Millisecond }
	w.start("w1", with(""), []tune{short})
	if n := w.finished(w.post("/one", "hello")).Notifications[0]; !slices.Equal(outcomes(n.Attempts), []job.Outcome{job.Retry, job.OK}) {
		t.Errorf("got %v, want a retry, then success", outcomes(n.Attempts))
	}
}

// chatty says every message in three parts.
type chatty struct{ *platform }

func (chatty) Parts(chat.Delivery) int { return 3 }

func TestAMessageOfSeveralPartsGoesOnWhereItStopped(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		script   []error
		state    job.NoteState
		outcomes []job.Outcome
		asked    []int
	}{
		"all of it": {nil, job.NoteSent, []job.Outcome{job.OK, job.OK, job.OK}, []int{0, 1, 2}},
		"the second is taken at the second attempt": {
			[]error{nil, errPlatform}, job.NoteSent, []job.Outcome{job.OK, job.Retry, job.OK, job.OK}, []int{0, 1, 1, 2},
		},
		"limited in between": {
			[]error{nil, nil, retry.After(200*time.Millisecond, errors.New("too many"))},
			job.NoteSent,
			[]job.Outcome{job.OK, job.OK, job.RateLimited, job.OK},
			[]int{0, 1, 2, 2},
		},
		"the second is refused": {
			[]error{nil, retry.Never(errors.New("no"))}, job.NoteDead, []job.Outcome{job.OK, job.Refused}, []int{0, 1},
		},
		"the markup of the second is refused": {
			[]error{nil, retry.Never(errors.New("no"), retry.Degrade())},
			job.NoteSent,
			[]job.Outcome{job.OK, job.Refused, job.OK, job.OK, job.OK},
			[]int{0, 1, 0, 1, 2},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.room.script(c.script...)
			w.sender = chatty{w.room}
			w.start("w1", with(""), nil)
			first, second := w.post("/one", "first"), w.post("/one", "second")
			n := w.finished(first).Notifications[0]
			if diff := cmp.Diff(c.outcomes, outcomes(n.Attempts)); n.State != c.state || diff != "" {
				t.Errorf("got %s, want %s; outcomes, want -, got +:\n%s", n.State, c.state, diff)
			}
			w.finished(second)
			var asked []int
			for i, call := range w.room.log() {
				if call.JobID != string(first) {
					continue
				}
				if asked = append(asked, call.Part); len(asked) != i+1 {
					t.Error("another message was said in the middle of one")
				}
			}
			if diff := cmp.Diff(c.asked, asked); diff != "" {
				t.Errorf("parts asked for, want -, got +:\n%s", diff)
			}
			if c.state == job.NoteSent && (len(n.Parts) != 3 || *n.Receipt != n.Parts[0]) {
				t.Errorf("receipts %+v of the parts, %+v of the message; want three, and the first", n.Parts, n.Receipt)
			}
		})
	}
}
