package worker_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"postern/internal/job"
	"postern/internal/worker"
	"postern/pkg/retry"
)

// notices gives what of each notification is the same at every expansion.
func notices(j *job.Job) []string {
	var all []string
	for _, n := range j.Notifications {
		all = append(all, n.ID+" "+n.Chat+" "+string(n.State))
	}
	return all
}

func TestExpandingTwiceAddsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made, _, _ := w.make("w1", with(""), nil, nil)
	id := w.accept(intake("/two", "a\nb"))
	if err := made.Job(t.Context(), id, 1); err != nil {
		t.Fatal(err)
	}
	first := w.job(id)
	if len(first.Notifications) != 4 || first.State != job.Succeeded || first.Delivery != job.Pending {
		t.Fatalf("got %s, want 4 notifications of a job that succeeded", shown(first))
	}
	// As if its worker had died just before the end.
	if _, err := w.store.Change(t.Context(), id, func(r *job.Record) error {
		r.State, r.Doc.Expanded = job.Running, false
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if err := made.Job(t.Context(), id, 1); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(notices(first), notices(w.job(id))); diff != "" {
		t.Errorf("the second expansion changed, want -, got +:\n%s", diff)
	}
	for box, want := range map[string]int64{"room-team": 2, "room-dev": 2} {
		if n := w.client.ZCard(t.Context(), "postern:{chats-room}:w:"+box).Val(); n != want {
			t.Errorf("%d wait for %s, want %d", n, box, want)
		}
	}
	w.start("w1", with(""), nil)
	w.finished(id)
	if n := len(w.room.log()); n != 4 {
		t.Errorf("the platform was called %d times, want 4", n)
	}
}

func TestWhatBecomesOfARequest(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		body     string
		state    job.State
		delivery job.Delivery
		reason   string
		calls    int
	}{
		"one event":                {"a", job.Succeeded, job.Delivered, "", 1},
		"three events":             {"a\nb\nc", job.Succeeded, job.Delivered, "", 3},
		"nothing to tell":          {"", job.Succeeded, job.None, "", 0},
		"the source does not read": {"nonsense", job.Dead, job.None, "understand event", 0},
		"the source panics":        {"panic", job.Dead, job.None, "panic: ouch", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.start("w1", with(""), nil)
			j := w.finished(w.post("/one", c.body))
			if j.State != c.state || j.Delivery != c.delivery || !strings.Contains(reason(j.Error), c.reason) || (j.Error == nil) != (c.reason == "") {
				t.Errorf("got %s, %s, %q, want %s, %s, %q", j.State, j.Delivery, reason(j.Error), c.state, c.delivery, c.reason)
			}
			if n := len(w.room.log()); n != c.calls {
				t.Errorf("the platform was called %d times, want %d", n, c.calls)
			}
			if j.FinishedAt == nil || len(j.Attempts) != 1 {
				t.Errorf("got finished at %v after %d attempts, want one", j.FinishedAt, len(j.Attempts))
			}
		})
	}
}

func TestTheFirstEventNamesTheJob(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.start("w1", with(""), nil)
	if j := w.finished(w.post("/one", "first\nsecond")); j.Event.Title != "first" || j.Events != 2 {
		t.Errorf("got %q of %d events, want the first of 2", j.Event.Title, j.Events)
	}
}

// strange is a config that knows neither the endpoints nor the chats.
const strange = `
accounts: {other: {}}
plugins:
  acme.other:
    webhooks:
      /one: {source: lines, verify: none}
`

// laneOnly knows the platform, and not this account.
const laneOnly = `
accounts: {lobby: {type: room}}
plugins:
  acme.other:
    webhooks:
      /one: {source: lines, verify: none}
`

func TestAJobIsLeftToAWorkerThatKnowsIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.start("stranger", strange, nil)
	id := w.post("/one", "hello")
	j := w.when(id, 5*time.Second, "passed", func(j *job.Job) bool { return len(j.Attempts) > 0 })
	if a := j.Attempts[0]; j.State != job.Queued || a.Outcome != job.UnknownHere || a.Worker != "stranger" || j.Error != nil {
		t.Errorf("got %s, want it queued and an attempt unknown_here", shown(j))
	}
	w.start("friend", with(""), nil)
	j = w.finished(id)
	if got := outcomes(j.Attempts); !slices.Equal(got, []job.Outcome{job.UnknownHere, job.OK}) || j.Delivery != job.Delivered {
		t.Errorf("got %v and %s, want it passed, then done", got, j.Delivery)
	}
	r, err := w.store.Load(t.Context(), id)
	if err != nil || r.Doc.Spent != 0 {
		t.Errorf("got %d attempts spent, %v, want none", r.Doc.Spent, err)
	}
}

func TestAJobThatIsOverIsNotPassedOnForEver(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	friend, _, _ := w.make("friend", with(""), nil, nil)
	stranger, _, _ := w.make("stranger", strange, nil, nil)
	id := w.accept(intake("/one", ""))
	for _, m := range []*worker.Worker{friend, stranger} { // the second time its acknowledgement was lost
		if err := m.Job(t.Context(), id, 1); err != nil {
			t.Errorf("got %v, want the task to end with its run", err)
		}
	}
	if j := w.job(id); len(j.Attempts) != 1 {
		t.Errorf("got %v, want one attempt", outcomes(j.Attempts))
	}
}

func TestAJobNobodyKnowsIsGivenUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	stranger, _, _ := w.make("stranger", "retry: {give_up_after: 1s}\n"+strange, nil, nil)
	id := w.accept(intake("/one", "hello"))
	for run := 1; run <= 2; run++ {
		if err := stranger.Job(t.Context(), id, run); err == nil {
			t.Errorf("run %d: the task of a job that others may know was ended", run)
		}
		<-time.After(1100 * time.Millisecond)
		_ = stranger.Job(t.Context(), id, run) // writes it down
		if err := stranger.Job(t.Context(), id, run); err != nil {
			t.Errorf("run %d: got %v, want the task to end with the job", run, err)
		}
		if j := w.job(id); j.State != job.Dead || j.Run != run || !strings.Contains(reason(j.Error), "no endpoint /one of acme.repos") {
			t.Errorf("run %d: got %s %q, want dead with the reason", run, j.State, reason(j.Error))
		}
		if run == 1 {
			w.retry(id)
		}
	}
}

func TestAChatIsLeftToAWorkerThatKnowsIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	friend, _, _ := w.make("friend", with(""), nil, nil)
	id := w.accept(intake("/one", "hello"))
	if err := friend.Job(t.Context(), id, 1); err != nil { // expanded, and its turn enqueued
		t.Fatal(err)
	}
	w.start("stranger", laneOnly, nil)
	turns := func() int64 { return w.client.ZCard(t.Context(), "asynq:{chats-room}:retry").Val() }
	w.when(id, 5*time.Second, "passed", func(*job.Job) bool { return turns() == 1 })
	w.start("friend", with(""), nil)
	j := w.finished(id)
	if n := j.Notifications[0]; n.State != job.NoteSent || len(n.Attempts) != 1 {
		t.Errorf("got %s after %v, want it sent at the first attempt", n.State, outcomes(n.Attempts))
	}
}

func TestARetrySendsWhatWasNotDelivered(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.room.script(retry.Never(errors.New("chat not found")))
	p := w.start("w1", with(""), nil)
	id := w.post("/one", "a\nb")
	if j := w.finished(id); j.Delivery != job.Failed {
		t.Fatalf("got %s, want failed", j.Delivery)
	}
	w.retry(id)
	if j := w.finished(id); j.Delivery != job.Delivered || j.Run != 2 || len(j.Notifications[0].Attempts) != 2 {
		t.Errorf("got %s", shown(j))
	}
	p.stop()
	if got := w.room.asked("team"); !slices.Equal(got, []string{"a", "b", "a", "b"}) {
		t.Errorf("got %q, want each refused, then each sent", got)
	}
}

// The text stays as it was first rendered; the alias may mean another chat.
func TestARetryResolvesTheAliasAnewAndKeepsTheText(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.room.script(retry.Never(errors.New("chat not found")))
	p := w.start("w1", with(""), nil)
	id := w.post("/two", "old words")
	w.finished(id)
	p.stop()
	moved := strings.NewReplacer("room-team", "room-new", "notify: [{to: [team, dev]}]", `notify: [{to: [team, dev], template: "new words"}]`).Replace(with(""))
	w.start("w2", moved, nil)
	w.retry(id)
	j := w.finished(id)
	if got := w.room.said("new"); !slices.Equal(got, []string{"old words"}) || j.Delivery != job.Delivered {
		t.Errorf("the new chat heard %q and the job is %s, want the old words, delivered", got, j.Delivery)
	}
	if n := j.Notifications[0]; n.Chat == "team" && n.ChatKey != "room-new" {
		t.Errorf("got the chat key %s, want room-new", n.ChatKey)
	}
}

// A retry in a chat that is no longer configured must not keep the others
// waiting, nor spend the job's attempts: another worker may know it.
func TestARetryWithAnAliasUnknownHere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.room.script(retry.Never(errors.New("chat not found")))
	p := w.start("w1", with(""), nil)
	id := w.post("/two", "hello")
	w.finished(id)
	p.stop()
	without := strings.NewReplacer("  team: {key: room-team}\n", "", "/one: {source: lines, verify: none, notify: [{to: team}]}", "/one: {source: lines, verify: none}",
		"[team, dev]", "dev").Replace(with(""))
	w.start("w2", without, nil)
	w.retry(id)
	w.when(id, 5*time.Second, "said in the other chat", func(*job.Job) bool { return len(w.room.said("dev")) == 1 })
	j := w.when(id, 5*time.Second, "passed", func(j *job.Job) bool { return j.Attempts[len(j.Attempts)-1].Outcome != "" })
	if got := j.Attempts[len(j.Attempts)-1].Outcome; got != job.UnknownHere || j.State == job.Dead {
		t.Errorf("got %s, %s, want it left to others", j.State, got)
	}
	w.start("w3", with(""), nil)
	if j := w.finished(id); j.Delivery != job.Delivered {
		t.Errorf("got %s", shown(j))
	}
}
