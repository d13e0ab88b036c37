package store_test

import (
	"context"
	"errors"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"postern/internal/job"
	"postern/internal/redistest"
	"postern/internal/store"
)

// everywhere runs a test on a server, on the stand-in in memory and on a
// cluster.
func everywhere(t *testing.T, run func(t *testing.T, s *store.Store)) {
	t.Helper()
	t.Parallel()
	redistest.Both(t, func(t *testing.T, url string) {
		t.Helper()
		s, _ := open(t, url)
		run(t, s)
	})
	t.Run("cluster", func(t *testing.T) {
		t.Parallel()
		s, client := open(t, redistest.Cluster(t).URL())
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for client.Set(t.Context(), "up", "1", time.Minute).Err() != nil { // it takes a moment to know its slots
			<-tick.C
		}
		run(t, s)
	})
}

func github() job.EndpointID { return job.EndpointID{Plugin: "acme.repos", Path: "/github"} }

func TestDisabledEndpoints(t *testing.T) {
	everywhere(t, func(t *testing.T, s *store.Store) {
		heard := make(chan struct{}, 100)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			s.WatchDisabled(ctx, func() { heard <- struct{}{} })
		}()
		<-heard // of the subscription itself
		first := job.Switched{By: "ops", At: job.At(time.Now().Truncate(time.Millisecond))}
		for _, by := range []job.Switched{first, {By: "somebody else"}} {
			if err := s.Disable(t.Context(), github(), by); err != nil {
				t.Fatal(err)
			}
			<-heard
		}
		got, err := s.Disabled(t.Context())
		if diff := cmp.Diff(map[string]job.Switched{"acme.repos/github": first}, got); diff != "" || err != nil {
			t.Errorf("disabled (-want +got, error %v):\n%s", err, diff)
		}
		for range 2 {
			if err := s.Enable(t.Context(), github()); err != nil {
				t.Fatal(err)
			}
			<-heard
		}
		if got, err := s.Disabled(t.Context()); err != nil || len(got) != 0 {
			t.Errorf("after enabling: got %v, %v, want none", got, err)
		}
		cancel()
		<-ended
	})
}

func TestTallies(t *testing.T) {
	everywhere(t, func(t *testing.T, s *store.Store) {
		other := job.EndpointID{Plugin: "acme.repos", Path: "/never"}
		last := func(second int) *job.LastEvent {
			return &job.LastEvent{At: job.At(time.Unix(int64(second), 0)), JobID: job.ID(strconv.Itoa(second)), Type: "push"}
		}
		for _, more := range []job.Tally{{Last: last(1), Accepted: 3}, {Refused: 2}, {Last: last(2), Accepted: 1, Refused: 1}} {
			if err := s.AddTallies(t.Context(), map[job.EndpointID]job.Tally{github(): more}); err != nil {
				t.Fatal(err)
			}
		}
		got, err := s.Tallies(t.Context(), []job.EndpointID{other, github()})
		if diff := cmp.Diff([]job.Tally{{}, {Last: last(2), Accepted: 4, Refused: 3}}, got); diff != "" || err != nil {
			t.Errorf("tallies (-want +got, error %v):\n%s", err, diff)
		}
	})
}

func TestPresence(t *testing.T) {
	everywhere(t, func(t *testing.T, s *store.Store) {
		short := job.Presence{Name: "host-1", Lanes: []string{"slack"}, Rates: map[string]int64{"events-0": 3}, LastSeen: job.At(time.Unix(1, 0)), StartedAt: job.At(time.Unix(0, 0))}
		long, leaves := short, short
		long.Name, leaves.Name = "host-2", "host-3"
		for w, lasting := range map[*job.Presence]time.Duration{&short: 2 * time.Second, &long: time.Minute, &leaves: time.Minute} {
			if err := s.Appear(t.Context(), *w, lasting); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Leave(t.Context(), "host-3"); err != nil {
			t.Fatal(err)
		}
		present := func() []job.Presence {
			all, err := s.Present(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return all
		}
		if diff := cmp.Diff([]job.Presence{short, long}, present()); diff != "" {
			t.Errorf("at work (-want +got):\n%s", diff)
		}
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for until := time.Now().Add(10 * time.Second); len(present()) != 1; <-tick.C {
			if time.Now().After(until) {
				t.Fatalf("a worker that said nothing for 10 s is still there: %v", present())
			}
		}
		if all := present(); all[0].Name != "host-2" {
			t.Errorf("got %v, want host-2 alone", all)
		}
	})
}

func TestBoxStates(t *testing.T) {
	everywhere(t, func(t *testing.T, s *store.Store) {
		box, empty := job.Box{Lane: "forum", Chat: "forum-a b/ü", Turns: 1}, job.Box{Lane: "forum", Chat: "forum-empty", Turns: 1}
		var ids []job.ID
		for range 3 {
			id, err := job.NewID(0)
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, id)
		}
		var hand job.Hand
		for i, id := range ids {
			h, err := s.Put(t.Context(), box, (&job.Note{Notification: job.Notification{ID: id.Notification(0, "a", "")}}).Item())
			if err != nil {
				t.Fatal(err)
			}
			if i == 0 {
				hand = h
			}
		}
		want := func(waiting int, oldest time.Time) {
			t.Helper()
			got, err := s.BoxStates(t.Context(), []job.Box{empty, box})
			if diff := cmp.Diff([]job.BoxState{{}, {Waiting: waiting, Oldest: oldest}}, got); diff != "" || err != nil {
				t.Errorf("boxes (-want +got, error %v):\n%s", err, diff)
			}
		}
		want(3, ids[0].Time())
		hand, err := s.StartTurn(t.Context(), box, hand.Ticket.Number, "turn", time.Minute)
		if err != nil || hand.Kind != job.HandItem {
			t.Fatalf("got %+v, %v, want an item", hand, err)
		}
		want(3, ids[0].Time()) // one in hand
		if hand, err = s.StepTurn(t.Context(), box, "turn", time.Minute, job.Report{Item: hand.Item, Fate: job.Later, After: time.Hour}); err != nil {
			t.Fatal(err)
		}
		want(3, ids[0].Time()) // one to be tried later
		if _, err = s.StepTurn(t.Context(), box, "turn", time.Minute, job.Report{Item: hand.Item, Fate: job.Done, End: true}); err != nil {
			t.Fatal(err)
		}
		want(2, ids[0].Time())
		if boxes, err := s.Boxes(t.Context(), "forum"); err != nil || len(boxes) != 1 || boxes[0] != box.Chat {
			t.Errorf("got boxes %q, %v, want %q", boxes, err, box.Chat)
		}
	})
}

// A turn that was told that its chat is paused, just before the chat was
// resumed, must not hold the box for as long as a paused one.
func TestAWokenBoxIsNotHeldByTheTurnOfBefore(t *testing.T) {
	everywhere(t, func(t *testing.T, s *store.Store) {
		box := job.Box{Lane: "forum", Chat: "forum-a", Turns: 1}
		h, err := s.Put(t.Context(), box, "01990000-0000-7000-8000-000000000001:000000:x")
		if err != nil {
			t.Fatal(err)
		}
		h, err = s.StartTurn(t.Context(), box, h.Ticket.Number, "turn", time.Minute)
		if err != nil || h.Kind != job.HandItem {
			t.Fatalf("got %+v, %v, want an item", h, err)
		}
		if _, err := s.WakeBox(t.Context(), box); err != nil {
			t.Fatal(err)
		}
		held := job.Report{Item: h.Item, Fate: job.Block, After: time.Minute}
		if h, err = s.StepTurn(t.Context(), box, "turn", time.Minute, held); err != nil || h.Kind != job.HandItem {
			t.Fatalf("after the box was woken: got %+v, %v, want the item again", h, err)
		}
		if h, err = s.StepTurn(t.Context(), box, "turn", time.Minute, held); err != nil || h.Kind != job.HandFinished {
			t.Errorf("when the chat is still held: got %+v, %v, want the turn's end", h, err)
		}
	})
}

func TestLiveStateWithoutRedis(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	s, _ := open(t, server.URL())
	server.Stop()
	for name, ask := range map[string]func(t *testing.T) error{
		"disabled": func(t *testing.T) error { _, err := s.Disabled(t.Context()); return err },
		"disable":  func(t *testing.T) error { return s.Disable(t.Context(), github(), job.Switched{}) },
		"enable":   func(t *testing.T) error { return s.Enable(t.Context(), github()) },
		"tallies":  func(t *testing.T) error { _, err := s.Tallies(t.Context(), []job.EndpointID{github()}); return err },
		"present":  func(t *testing.T) error { _, err := s.Present(t.Context()); return err },
		"boxes": func(t *testing.T) error {
			_, err := s.BoxStates(t.Context(), []job.Box{{Lane: "forum", Chat: "forum-a"}})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := ask(t); !errors.Is(err, job.ErrUnavailable) {
				t.Errorf("got %v, want ErrUnavailable", err)
			}
		})
	}
}
