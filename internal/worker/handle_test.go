package worker_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"postern/internal/job"
	"postern/pkg/chat"
	"postern/pkg/plugin"
	"postern/pkg/retry"
	"postern/pkg/verify/none"
)

// handled is a config with a Go plugin of one endpoint.
const handled = `
retry: {first: 20ms, max: 60ms}
accounts: {room: {}}
chats: {team: room-team, dev: room-dev}
plugins: {acme.go: {}}
`

func plugged(handle func(ctx context.Context, j plugin.Job) (any, error)) plugin.Plugin {
	return plugin.Define("acme.go", func(struct{}) ([]plugin.Endpoint, error) {
		return []plugin.Endpoint{{Endpoint: "/do", Verify: none.Verifier{}, Handle: handle}}, nil
	})
}

func (w *world) call(body string) job.ID {
	w.t.Helper()
	in := intake("/do", body)
	in.Plugin = "acme.go"
	id := w.accept(in)
	if err := w.queue.AddJob(w.t.Context(), id, 1); err != nil {
		w.t.Fatal(err)
	}
	return id
}

func say(text string) chat.Message { return chat.Message{Body: chat.Plain(text)} }

// heard is what handlers said in a channel, in order.
func (p *platform) heard(channel string) []string {
	var heard []string
	for _, c := range p.log() {
		if c.taken && c.Channel == channel {
			heard = append(heard, c.Message.Body[0].Text)
		}
	}
	return heard
}

func TestWhatAHandlerReturns(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		handle   func(ctx context.Context, j plugin.Job) (any, error)
		state    job.State
		outcomes []job.Outcome
		reason   string
		result   string
	}{
		"nothing": {
			func(context.Context, plugin.Job) (any, error) { return nil, nil },
			job.Succeeded,
			[]job.Outcome{job.OK},
			"", "",
		},
		"a result": {
			func(_ context.Context, j plugin.Job) (any, error) {
				return map[string]any{"size": len(j.Request().Body), "attempt": j.Attempt()}, nil
			},
			job.Succeeded,
			[]job.Outcome{job.OK},
			"", `{"attempt":1,"size":5}`,
		},
		"an error, then a result": {
			func(_ context.Context, j plugin.Job) (any, error) {
				if j.Attempt() < 3 {
					return nil, errPlatform
				}
				return j.Attempt(), nil
			},
			job.Succeeded,
			[]job.Outcome{job.Retry, job.Retry, job.OK},
			"", "3",
		},
		"never": {
			func(context.Context, plugin.Job) (any, error) { return nil, retry.Never(errors.New("no such report")) },
			job.Dead,
			[]job.Outcome{job.Refused},
			"no such report", "",
		},
		"a panic, then nothing": {
			func(_ context.Context, j plugin.Job) (any, error) {
				if j.Attempt() == 1 {
					panic("ouch")
				}
				return nil, nil
			},
			job.Succeeded,
			[]job.Outcome{job.Retry, job.OK},
			"", "",
		},
		"a result of 64 KiB": {
			func(context.Context, plugin.Job) (any, error) { return strings.Repeat("x", 64<<10-2), nil },
			job.Succeeded,
			[]job.Outcome{job.OK},
			"", `"` + strings.Repeat("x", 64<<10-2) + `"`,
		},
		"a larger result": {
			func(context.Context, plugin.Job) (any, error) { return strings.Repeat("x", 64<<10-1), nil },
			job.Dead,
			[]job.Outcome{job.Refused},
			"the result is 65537 bytes of JSON, at most 65536 are kept", "",
		},
		"a result that is no JSON": {
			func(context.Context, plugin.Job) (any, error) { return func() {}, nil },
			job.Dead,
			[]job.Outcome{job.Refused},
			"encode result: json: unsupported type: func()", "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.start("w1", handled, nil, plugged(c.handle))
			j := w.finished(w.call("hello"))
			if j.State != c.state || reason(j.Error) != c.reason || string(j.Result) != c.result {
				t.Errorf("got %s, %q, result of %d bytes, want %s, %q, %d bytes", j.State, reason(j.Error), len(j.Result), c.state, c.reason, len(c.result))
			}
			if diff := cmp.Diff(c.outcomes, outcomes(j.Attempts)); diff != "" {
				t.Errorf("outcomes, want -, got +:\n%s", diff)
			}
		})
	}
}

func TestAHandlersNextAttemptIsHonouredToTheMillisecond(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	began := make(chan time.Time, 2)
	w.start("w1", handled, nil, plugged(func(_ context.Context, j plugin.Job) (any, error) {
		began <- time.Now()
		if j.Attempt() == 1 {
			return nil, retry.After(1700*time.Millisecond, errPlatform)
		}
		return nil, nil
	}))
	id := w.call("")
	receive(t, began, 5*time.Second, "first attempt")
	j := w.when(id, 5*time.Second, "retrying", func(j *job.Job) bool { return j.State == job.Retrying })
	if j.NextAttemptAt == nil || reason(j.Error) != errPlatform.Error() {
		t.Fatalf("got %s, want a next attempt and the reason", shown(j))
	}
	at := receive(t, began, 6*time.Second, "second attempt")
	if late := at.Sub(j.NextAttemptAt.Time); late < 0 || late > time.Second {
		t.Errorf("the second attempt began %v after its time, want neither early nor a second late", late)
	}
	if j := w.finished(id); j.NextAttemptAt != nil || j.Error != nil {
		t.Errorf("got next attempt at %v and error %q of a job that succeeded", j.NextAttemptAt, reason(j.Error))
	}
}

func TestAHandlerGivesUpAfterItsAttempts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.start("w1", strings.Replace(handled, "max: 60ms", "max: 60ms, attempts: 2", 1), nil, plugged(func(_ context.Context, j plugin.Job) (any, error) {
		if j.Attempt() == 1 {
			return nil, retry.After(0, errors.New("not yet")) // costs none
		}
		return nil, errPlatform
	}))
	id := w.call("")
	j := w.finished(id)
	if j.State != job.Dead || len(j.Attempts) != 3 || reason(j.Error) != "gave up after 2 attempts: 502 bad gateway" {
		t.Errorf("got %s after %d attempts: %q", j.State, len(j.Attempts), reason(j.Error))
	}
	w.retry(id) // a fresh budget
	if j := w.finished(id); len(j.Attempts) != 5 || j.Run != 2 {
		t.Errorf("got %d attempts after run %d, want 5 after run 2", len(j.Attempts), j.Run)
	}
}

func TestProgressIsShownWhileAHandlerWorks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	goOn := make(chan struct{})
	w.start("w1", handled, nil, plugged(func(ctx context.Context, j plugin.Job) (any, error) {
		if err := j.Progress(ctx, 140, "nearly"); err != nil {
			return nil, err
		}
		<-goOn
		return nil, errors.Join(j.Progress(ctx, -1, "back"), j.Warn(ctx, "slow", "it took long"))
	}))
	id := w.call("")
	j := w.when(id, 5*time.Second, "under way", func(j *job.Job) bool { return j.Progress != nil })
	if j.Progress.Percent != 100 || j.Progress.Message != "nearly" || j.State != job.Running || j.Attempts[0].FinishedAt != nil {
		t.Errorf("got %s", shown(j))
	}
	close(goOn)
	j = w.finished(id)
	if j.Progress.Percent != 0 || len(j.Warnings) != 1 || j.Warnings[0].Code != "slow" {
		t.Errorf("got progress %+v and warnings %v", j.Progress, j.Warnings)
	}
}

func TestAHandlerSendsTheSameKeyOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.start("w1", handled, nil, plugged(func(ctx context.Context, j plugin.Job) (any, error) {
		var errs []error
		for range 2 {
			errs = append(errs,
				j.Send(ctx, "team", "start", say(fmt.Sprint("started, attempt ", j.Attempt()))),
				j.Send(ctx, "team", "", say("no key")),
				j.Send(ctx, "dev", "start", say("started")),
				j.Send(ctx, "room-direct", "start", say("by key")),
			)
		}
		errs = append(errs, j.Send(ctx, "team", "end", say("ended")))
		if j.Attempt() < 3 {
			errs = append(errs, errPlatform) // it runs again: nothing is told twice
		}
		return nil, errors.Join(errs...)
	}))
	j := w.finished(w.call(""))
	if j.State != job.Succeeded || len(j.Notifications) != 5 || j.Delivery != job.Delivered {
		t.Fatalf("got %s", shown(j))
	}
	if got, want := w.room.heard("team"), []string{"started, attempt 1", "no key", "ended"}; !slices.Equal(got, want) {
		t.Errorf("team heard %q, want %q", got, want)
	}
	if got := append(w.room.heard("dev"), w.room.heard("direct")...); !slices.Equal(got, []string{"started", "by key"}) {
		t.Errorf("the others heard %q", got)
	}
}

func TestAMissingChatIsAWarningAndNoFailure(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ chat, code string }{
		"empty":                        {"", "chat_empty"},
		"unknown, and the job goes on": {"gone", "unknown_chat"},
		"no key, and the job goes on":  {"Nowhere-1", "unknown_chat"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.start("w1", handled, nil, plugged(func(ctx context.Context, j plugin.Job) (any, error) {
				if err := j.Send(ctx, c.chat, "k", say("hello")); c.chat == "" || err == nil {
					return nil, err
				}
				return nil, nil
			}))
			j := w.finished(w.call(""))
			if j.State != job.Succeeded || j.Delivery != job.None || len(j.Warnings) != 1 || j.Warnings[0].Code != c.code || j.Warnings[0].Chat != c.chat {
				t.Errorf("got %s, %s, %v, want the warning %s", j.State, j.Delivery, j.Warnings, c.code)
			}
		})
	}
}

// A chat that only another worker's config has is no reason to lose a message.
func TestAHandlersMessageToAChatUnknownHereIsLeftToOthers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	handler := plugged(func(ctx context.Context, j plugin.Job) (any, error) {
		if err := j.Send(ctx, "newcomers", "k", say("hello")); err != nil {
			return nil, fmt.Errorf("tell the newcomers: %w", err)
		}
		return nil, nil
	})
	old := w.start("w1", handled, nil, handler)
	id := w.call("")
	w.when(id, 5*time.Second, "left to others", func(j *job.Job) bool {
		return len(j.Attempts) > 0 && j.Attempts[0].Outcome == job.UnknownHere
	})
	old.stop()
	w.start("w2", strings.Replace(handled, "dev:", "newcomers: room-new, dev:", 1), nil, handler)
	j := w.finished(id)
	if got := outcomes(j.Attempts); !slices.Equal(got, []job.Outcome{job.UnknownHere, job.OK}) || j.Delivery != job.Delivered || len(j.Warnings) > 0 {
		t.Errorf("got %s", shown(j))
	}
	if got := w.room.heard("new"); !slices.Equal(got, []string{"hello"}) {
		t.Errorf("heard %q", got)
	}
	if r, err := w.store.Load(t.Context(), id); err != nil || r.Doc.Spent != 0 {
		t.Errorf("it cost %d attempts, %v, want none", r.Doc.Spent, err)
	}
}

func TestAHandlerSendsTheSameKeyOnceHoweverTheChatIsNamed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.start("w1", handled, nil, plugged(func(ctx context.Context, j plugin.Job) (any, error) {
		names := []string{"team", "room-team"}
		if j.Attempt() > 1 {
			slices.Reverse(names)
		}
		var errs []error
		for _, name := range names {
			errs = append(errs, j.Send(ctx, name, "k", say("hello")), j.Send(ctx, name, "", say("no key")))
		}
		if j.Attempt() == 1 {
			errs = append(errs, errPlatform)
		}
		return nil, errors.Join(errs...)
	}))
	j := w.finished(w.call(""))
	if j.State != job.Succeeded || len(j.Notifications) != 2 {
		t.Errorf("got %s", shown(j))
	}
	if got, want := w.room.heard("team"), []string{"hello", "no key"}; !slices.Equal(got, want) {
		t.Errorf("team heard %q, want %q", got, want)
	}
}

// Of very many attempts the list is trimmed; their numbers go on.
func TestAHandlersAttemptIsItsNumber(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.accept(func() job.Intake { in := intake("/do", ""); in.Plugin = "acme.go"; return in }())
	if _, err := w.store.Change(t.Context(), id, func(r *job.Record) error {
		for range 99 {
			r.Begin("before", time.Now(), time.Hour)
			r.HandBack(time.Now(), job.Interrupted, "")
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	w.start("w1", handled, nil, plugged(func(_ context.Context, j plugin.Job) (any, error) { return j.Attempt(), nil }))
	if err := w.queue.AddJob(t.Context(), id, 1); err != nil {
		t.Fatal(err)
	}
	if j := w.finished(id); string(j.Result) != "100" || j.Attempts[len(j.Attempts)-1].Number != 100 {
		t.Errorf("got attempt %s, want 100", j.Result)
	}
}

// A worker that dies between Send and its end runs the handler again.
func TestACrashAfterSendAddsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var runs atomic.Int32
	died := make(chan struct{})
	handler := plugged(func(ctx context.Context, j plugin.Job) (any, error) {
		if err := j.Send(ctx, "team", "k", say("hello")); err != nil {
			return nil, err
		}
		if runs.Add(1) == 1 {
			close(died)
			<-ctx.Done() // the worker is dead to the world
			return nil, ctx.Err()
		}
		return "done", nil
	})
	dying, _, _ := w.make("w1", handled, nil, []tune{lease(time.Hour)}, handler)
	id := w.call("")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() { _ = dying.Job(ctx, id, 1) }()
	receive(t, died, 5*time.Second, "first run")
	if _, err := w.store.Change(t.Context(), id, func(r *job.Record) error {
		r.Doc.LeaseUntil = job.AtPtr(time.Now().Add(time.Second)) // what its lease would have come to
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	w.start("w2", handled, nil, handler)
	j := w.finished(id)
	if got := outcomes(j.Attempts); !slices.Equal(got, []job.Outcome{job.Interrupted, job.OK}) || string(j.Result) != `"done"` {
		t.Errorf("got %v and %s, want one interrupted, one ok", got, j.Result)
	}
	if got := w.room.heard("team"); !slices.Equal(got, []string{"hello"}) {
		t.Errorf("team heard %q, want it once", got)
	}
	r, err := w.store.Load(t.Context(), id)
	if err != nil || r.Doc.Spent != 0 {
		t.Errorf("got %d attempts spent, %v, want none", r.Doc.Spent, err)
	}
}
