package store_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"postern/internal/job"
	"postern/internal/redisconn"
	"postern/internal/redistest"
	"postern/internal/store"
)

const week = 7 * 24 * time.Hour

func open(t *testing.T, url string) (*store.Store, redis.UniversalClient) {
	t.Helper()
	client, err := redisconn.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return store.New(client, 4, store.Retention{Succeeded: time.Hour, Failed: week}), client
}

func intake(delivery string) job.Intake {
	in := job.Intake{
		Plugin: "acme.repos", Endpoint: "/github", Name: "GitHub",
		Event:   job.EventSummary{Source: "github", Type: "push", DeliveryID: delivery},
		Request: job.Request{Method: "POST", Path: "/github", Body: []byte(`{"ref":"refs/heads/main"}`), ReceivedAt: time.Now()},
		Window:  time.Hour,
	}
	if delivery != "" {
		in.DuplicateKeys, in.ShardKey = []string{"id " + delivery}, delivery
	}
	return in
}

func add(t *testing.T, s *store.Store, in job.Intake) store.Added {
	t.Helper()
	a, err := s.Add(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// finish takes a job through one attempt, with notifications in given states.
func finish(t *testing.T, s *store.Store, id job.ID, dead bool, states ...job.NoteState) {
	t.Helper()
	for i, state := range states {
		n := &job.Note{Notification: job.Notification{ID: id.Notification(0, fmt.Sprintf("chat%d", i), ""), Chat: fmt.Sprintf("chat%d", i), State: job.NoteQueued}}
		if err := s.MakeNotes(t.Context(), id, []*job.Note{n}, []job.Content{{}}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.ChangeNote(t.Context(), n.ID, func(n *job.Note) error { n.Finish(state, ""); return nil }); err != nil {
			t.Fatal(err)
		}
	}
	_, err := s.Change(t.Context(), id, func(r *job.Record) error {
		r.Begin("test", time.Now(), time.Second)
		if dead {
			r.Fail(time.Now(), "no good", time.Time{})
		} else {
			r.Succeed(time.Now(), nil)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestAdd(t *testing.T) {
	t.Parallel()
	redistest.Both(t, func(t *testing.T, url string) {
		s, _ := open(t, url)
		first := add(t, s, intake("d1"))
		if first.Duplicate || first.Run != 1 || !first.Enqueue {
			t.Errorf("a new delivery: got %+v", first)
		}
		if again := add(t, s, intake("d1")); !again.Duplicate || again.ID != first.ID || !again.Enqueue {
			t.Errorf("the same delivery while the job is queued: got %+v, want a duplicate of %s that is enqueued again", again, first.ID)
		}
		finish(t, s, first.ID, false, job.NoteSent)
		if again := add(t, s, intake("d1")); !again.Duplicate || again.ID != first.ID || again.Enqueue {
			t.Errorf("the same delivery after success: got %+v, want a plain duplicate", again)
		}
		if other := add(t, s, intake("d2")); other.Duplicate || other.ID == first.ID {
			t.Errorf("another delivery: got %+v", other)
		}
		if a, b := add(t, s, intake("")), add(t, s, intake("")); a.ID == b.ID {
			t.Errorf("deliveries without an id are one job: %s", a.ID)
		}
	})
}

func TestRedeliveryOfAFailedJobRunsItAgain(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		dead  bool
		notes []job.NoteState
		again bool
	}{
		"dead":                         {dead: true, again: true},
		"nothing delivered":            {notes: []job.NoteState{job.NoteDead}, again: true},
		"partly delivered":             {notes: []job.NoteState{job.NoteSent, job.NoteUnknown}, again: true},
		"delivered":                    {notes: []job.NoteState{job.NoteSent}},
		"nothing to deliver":           {},
		"suppressed":                   {notes: []job.NoteState{job.NoteSuppressed}},
		"one still open, another dead": {notes: []job.NoteState{job.NoteDead, job.NoteRetrying}},
	}
	redistest.Both(t, func(t *testing.T, url string) {
		for name, c := range cases {
			t.Run(name, func(t *testing.T) {
				s, _ := open(t, url)
				first := add(t, s, intake(name))
				finish(t, s, first.ID, c.dead, c.notes...)
				got := add(t, s, intake(name))
				if got.ID != first.ID || got.Duplicate == c.again {
					t.Errorf("got %+v, want the id %s, duplicate %t", got, first.ID, !c.again)
				}
				if want := map[bool]int{true: 2, false: 1}[c.again]; got.Run != want {
					t.Errorf("run: got %d, want %d", got.Run, want)
				}
			})
		}
	})
}

func TestManyCopiesAtOnceAreOneJob(t *testing.T) {
	t.Parallel()
	redistest.Both(t, func(t *testing.T, url string) {
		s, _ := open(t, url)
		var mu sync.Mutex
		ids, fresh := map[job.ID]bool{}, 0
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() {
				a, err := s.Add(context.Background(), intake("same"))
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					t.Error(err)
				}
				ids[a.ID] = true
				if !a.Duplicate {
					fresh++
				}
			})
		}
		all.Wait()
		if len(ids) != 1 || fresh != 1 {
			t.Errorf("got %d jobs, %d of them new; want one of each", len(ids), fresh)
		}
	})
}

// ends is how long a job is kept from now; not positive where no end is set.
func ends(t *testing.T, client redis.UniversalClient, id job.ID) time.Duration {
	t.Helper()
	at, err := client.HGet(t.Context(), fmt.Sprintf("postern:{events-%d}:j:%s", id.Shard(), id), "ends").Int64()
	if err != nil && !errors.Is(err, redis.Nil) {
		t.Fatal(err)
	}
	return time.Until(time.UnixMilli(at))
}

func TestRetentionBeginsWhenAllIsFinished(t *testing.T) {
	t.Parallel()
	redistest.Both(t, func(t *testing.T, url string) {
		s, client := open(t, url)
		a := add(t, s, intake("d"))
		p := fmt.Sprintf("postern:{events-%d}:", a.ID.Shard())
		ttl := func() time.Duration { return ends(t, client, a.ID) }
		finish(t, s, a.ID, false, job.NoteRetrying)
		if got := ttl(); got > 0 {
			t.Errorf("expires in %s while a notification is open", got)
		}
		nid := a.ID.Notification(0, "chat0", "")
		if _, err := s.ChangeNote(t.Context(), nid, func(n *job.Note) error { n.Finish(job.NoteSent, ""); return nil }); err != nil {
			t.Fatal(err)
		}
		if got := ttl(); got <= 0 || got > time.Hour {
			t.Errorf("a delivered job expires in %s, want at most an hour", got)
		}
		if n := client.ZCard(t.Context(), p+"open").Val() + client.ZCard(t.Context(), p+"expanding").Val(); n != 0 {
			t.Errorf("a finished job stands in %d lists", n)
		}
		bad := add(t, s, intake("bad"))
		finish(t, s, bad.ID, true)
		if got := ends(t, client, bad.ID); got <= time.Hour {
			t.Errorf("a failed job expires in %s, want a week", got)
		}
		for _, key := range []string{"j:", "b:"} { // were no worker to forget it
			if got := client.PTTL(t.Context(), fmt.Sprintf("postern:{events-%d}:%s%s", bad.ID.Shard(), key, bad.ID)).Val(); got <= week {
				t.Errorf("%s of a failed job goes by itself in %s, want more than a week", key, got)
			}
		}
	})
}

func TestRetry(t *testing.T) {
	t.Parallel()
	redistest.Both(t, func(t *testing.T, url string) {
		s, client := open(t, url)
		a := add(t, s, intake("d"))
		if _, err := s.Retry(t.Context(), a.ID); err != job.ErrNotRetryable { //nolint:errorlint // the sentinel itself is meant
			t.Errorf("retry of a queued job: got %v, want %v", err, job.ErrNotRetryable)
		}
		finish(t, s, a.ID, false, job.NoteDead)
		run, err := s.Retry(t.Context(), a.ID)
		if err != nil || run != 2 {
			t.Fatalf("retry of a failed job: got run %d, %v, want 2", run, err)
		}
		j, err := s.Job(t.Context(), a.ID)
		if err != nil || j.State != job.Queued || j.Delivery != job.Pending || j.FinishedAt != nil {
			t.Errorf("after retry: got %+v, %v", j, err)
		}
		if ttl := client.PTTL(t.Context(), fmt.Sprintf("postern:{events-%d}:j:%s", a.ID.Shard(), a.ID)).Val(); ttl > 0 {
			t.Errorf("a job that runs again expires in %s", ttl)
		}
		if _, err := s.Retry(t.Context(), "0199f3a4-0000-7000-8000-000000000000"); err != job.ErrUnknown { //nolint:errorlint // the sentinel itself is meant
			t.Errorf("retry of no job: got %v, want %v", err, job.ErrUnknown)
		}
	})
}

func TestChangesOfManyWritersAllCount(t *testing.T) {
	t.Parallel()
	redistest.Both(t, func(t *testing.T, url string) {
		s, _ := open(t, url)
		a := add(t, s, intake("d"))
		var all sync.WaitGroup
		for i := range 8 {
			all.Go(func() {
				_, err := s.Change(context.Background(), a.ID, func(r *job.Record) error {
					r.Warn(job.Warning{Code: strconv.Itoa(i)})
					return nil
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if r, err := s.Load(t.Context(), a.ID); err != nil || len(r.Doc.Warnings) != 8 {
			t.Errorf("got %+v, %v, want 8 warnings", r, err)
		}
	})
}

func TestBodyComesBackToTheByte(t *testing.T) {
	t.Parallel()
	long := make([]byte, 300_000)
	for i := range long {
		long[i] = byte(i % 7)
	}
	redistest.Both(t, func(t *testing.T, url string) {
		s, client := open(t, url)
		for name, body := range map[string][]byte{"empty": {}, "short": []byte("\x00\xff"), "long": long} {
			in := intake("")
			in.Request.Body = body
			a := add(t, s, in)
			got, err := s.Body(t.Context(), a.ID)
			if err != nil || string(got) != string(body) {
				t.Errorf("%s: got %d bytes, %v, want %d", name, len(got), err, len(body))
			}
			if stored := client.StrLen(t.Context(), fmt.Sprintf("postern:{events-%d}:b:%s", a.ID.Shard(), a.ID)).Val(); name == "long" && stored > 30_000 {
				t.Errorf("a body that compresses takes %d bytes", stored)
			}
		}
	})
}

func TestALostReplyToStoringIsNoDuplicate(t *testing.T) {
	t.Parallel()
	proxy := redistest.StartProxy(t, redistest.Start(t).Addr())
	s, _ := open(t, proxy.URL())
	proxy.DropReplies(1, redistest.Containing("acme.repos"))
	if a := add(t, s, intake("d")); a.Duplicate || a.Run != 1 || !a.Enqueue {
		t.Errorf("got %+v, want a new job", a)
	}
	if proxy.Dropped() != 1 {
		t.Errorf("%d replies were lost, want 1", proxy.Dropped())
	}
}

func TestALostReplyToARetryGivesTheRunItOpened(t *testing.T) {
	t.Parallel()
	proxy := redistest.StartProxy(t, redistest.Start(t).Addr())
	s, _ := open(t, proxy.URL())
	warm := add(t, s, intake("warm"))
	finish(t, s, warm.ID, true)
	if _, err := s.Retry(t.Context(), warm.ID); err != nil { // so that Redis knows the scripts
		t.Fatal(err)
	}
	a := add(t, s, intake("d"))
	finish(t, s, a.ID, true)
	proxy.DropReplies(1, redistest.Containing(string(a.ID)))
	if run, err := s.Retry(t.Context(), a.ID); run != 2 || err != nil {
		t.Errorf("retry: got run %d, %v, want 2", run, err)
	}
	finish(t, s, a.ID, true)
	proxy.DropReplies(1, redistest.Containing("acme.repos"))
	if got := add(t, s, intake("d")); got.ID != a.ID || got.Duplicate || got.Run != 3 {
		t.Errorf("redelivery: got %+v, want run 3 and no duplicate", got)
	}
	if proxy.Dropped() != 2 {
		t.Errorf("%d replies were lost, want 2", proxy.Dropped())
	}
}

func TestNothingIsAddedToWorkThatHasEnded(t *testing.T) {
	t.Parallel()
	redistest.Both(t, func(t *testing.T, url string) {
		s, client := open(t, url)
		a := add(t, s, intake("d"))
		finish(t, s, a.ID, false, job.NoteSent)
		late := &job.Note{Notification: job.Notification{ID: a.ID.Notification(0, "late", ""), State: job.NoteQueued}}
		if err := s.MakeNotes(t.Context(), a.ID, []*job.Note{late}, []job.Content{{}}); !errors.Is(err, job.ErrUnknown) {
			t.Errorf("got %v, want %v", err, job.ErrUnknown)
		}
		j, err := s.Job(t.Context(), a.ID)
		if err != nil || j.Delivery != job.Delivered || len(j.Notifications) != 1 {
			t.Errorf("got %+v, %v", j, err)
		}
		for _, key := range []string{"j:", "b:"} {
			if ttl := client.PTTL(t.Context(), fmt.Sprintf("postern:{events-%d}:%s%s", a.ID.Shard(), key, a.ID)).Val(); ttl <= 0 {
				t.Errorf("%s has no end", key)
			}
		}
		if n := client.Exists(t.Context(), fmt.Sprintf("postern:{events-%d}:c:%s", a.ID.Shard(), a.ID)).Val(); n != 0 {
			t.Error("what a delivered job said is still kept")
		}
	})
}
