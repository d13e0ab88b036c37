package live_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"postern/internal/job"
	"postern/internal/live"
	"postern/internal/redistest"
	"postern/internal/routing"
	"postern/internal/worker"
	"postern/pkg/retry"
)

func (r *rig) chats() (*live.Chats, *turns) {
	q := &turns{}
	return &live.Chats{Directory: r.setup.Directory, Boxes: r.store, Governor: r.governor, Turns: q}, q
}

func (r *rig) chat(name string) routing.Chat {
	r.t.Helper()
	c, err := r.setup.Directory.Resolve(name)
	if err != nil {
		r.t.Fatal(err)
	}
	return c
}

// hold puts a message into a chat's box and lets a turn find that it may not be
// spoken, as a worker's does.
func (r *rig) hold(box job.Box) {
	r.t.Helper()
	id, err := job.NewID(0)
	if err != nil {
		r.t.Fatal(err)
	}
	item := fmt.Sprintf("%s:000000:%s", id, id.Notification(0, box.Chat, ""))
	hand, err := r.store.Put(r.t.Context(), box, item)
	if err == nil {
		hand, err = r.store.StartTurn(r.t.Context(), box, hand.Ticket.Number, "turn "+box.Chat, time.Minute)
	}
	if err == nil {
		_, err = r.store.StepTurn(r.t.Context(), box, "turn "+box.Chat, time.Minute, job.Report{Item: hand.Item, Fate: job.Block, After: time.Minute, End: true})
	}
	if err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) broken(name string, reach retry.Reach) {
	r.t.Helper()
	err := r.governor.Tell(r.t.Context(), worker.LineOf(r.chat(name)), job.Verdict{Kind: job.Break, Reach: reach, Why: "410 Gone"})
	if err != nil {
		r.t.Fatal(err)
	}
}

func names(all []job.ChatState) (chats []string) {
	for _, c := range all {
		chats = append(chats, c.Chat)
	}
	return chats
}

func TestChatsAreShownAsTheyStand(t *testing.T) {
	t.Parallel()
	redistest.Both(t, func(t *testing.T, url string) {
		r := newRig(t, url)
		c, _ := r.chats()
		r.hold(worker.BoxOf(r.chat("dev")))
		r.hold(job.Box{Lane: "forgotten", Chat: "forgotten-room", Turns: 1})
		r.broken("team", retry.Account)
		if _, err := c.Pause(t.Context(), "other-private_5"); err != nil {
			t.Fatal(err)
		}
		all, err := c.Chats(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		none := []string{}
		telegram := r.chat("team").Limits
		want := []job.ChatState{{
			Chat: "dev", ChatKey: "webhook-dev", Type: "webhook", Known: true, Account: "webhook-dev", Ordering: "soft", Waiting: 1,
			Limits: job.LineLimits{Chat: []string{"30/m", "1/s"}, Account: none, Platform: none},
		}, {
			Chat: "team", ChatKey: "telegram-group_-1", Type: "telegram", Known: true, Account: "telegram", Ordering: "soft",
			Broken: &job.Broken{Why: "410 Gone", Scope: "account"},
		}, {
			Chat: "forgotten-room", ChatKey: "forgotten-room", Type: "forgotten", Waiting: 1,
			Limits: job.LineLimits{Chat: none, Account: none, Platform: none},
		}, {
			Chat: "other-private_5", ChatKey: "other-private_5", Type: "telegram", Known: true, Account: "other", Ordering: "soft", Paused: true,
		}}
		ignore := cmp.Options{
			cmpopts.IgnoreFields(job.ChatState{}, "OldestAt", "OldestAgeMS"), cmpopts.IgnoreFields(job.Broken{}, "Since"),
			cmp.FilterPath(func(p cmp.Path) bool { return p.String() == "Limits" }, cmp.Comparer(func(a, b job.LineLimits) bool {
				return a.Chat == nil || b.Chat == nil || slices.Equal(a.Chat, b.Chat)
			})),
		}
		if diff := cmp.Diff(want, all, ignore); diff != "" {
			t.Errorf("chats (-want +got):\n%s", diff)
		}
		if got := all[1].Limits; len(got.Chat) != len(telegram.Chat) || len(got.Account) != len(telegram.Account) {
			t.Errorf("got limits %v, want those of the platform, %v", got, telegram)
		}
		if all[0].OldestAt == nil || time.Since(all[0].OldestAt.Time) > time.Minute || all[1].OldestAt != nil {
			t.Errorf("got oldest %v and %v, want a moment ago, and none", all[0].OldestAt, all[1].OldestAt)
		}
	})
}

// What is broken of an account holds all of its chats: all are woken when one of
// them is mended, and no other.
func TestMendingAnAccountWakesItsChats(t *testing.T) {
	t.Parallel()
	redistest.Both(t, func(t *testing.T, url string) {
		r := newRig(t, url)
		c, q := r.chats()
		for _, name := range []string{"telegram-group_-1", "telegram-group_-2", "other-group_-1"} {
			r.hold(worker.BoxOf(r.chat(name)))
		}
		r.broken("team", retry.Account)
		state, err := c.Resume(t.Context(), "team")
		if err != nil || state.Broken != nil || state.Waiting != 1 {
			t.Errorf("got %+v, %v, want that it is mended", state, err)
		}
		var woken []string
		for _, ticket := range q.asked {
			if time.Until(ticket.Due) < time.Second {
				woken = append(woken, ticket.Box.Chat)
			}
		}
		slices.Sort(woken)
		if want := []string{"telegram-group_-1", "telegram-group_-2"}; !slices.Equal(woken, want) {
			t.Errorf("woken are %v, want %v", woken, want)
		}
	})
}

func TestMendingLeavesAPause(t *testing.T) {
	t.Parallel()
	r := newRig(t, redistest.Memory(t))
	c, _ := r.chats()
	r.broken("dev", retry.Chat)
	if _, err := c.Pause(t.Context(), "dev"); err != nil {
		t.Fatal(err)
	}
	if err := c.Mend(t.Context(), r.chat("dev")); err != nil {
		t.Fatal(err)
	}
	all, err := c.Chats(t.Context())
	if err != nil || !all[0].Paused || all[0].Broken != nil {
		t.Errorf("got %+v, %v, want paused and no longer broken", all[0], err)
	}
	if state, err := c.Resume(t.Context(), "webhook-dev"); err != nil || state.Paused {
		t.Errorf("got %+v, %v, want that the pause is over", state, err)
	}
}

func TestUnknownChatsAreNotPaused(t *testing.T) {
	t.Parallel()
	r := newRig(t, redistest.Memory(t))
	c, _ := r.chats()
	for _, name := range []string{"", "nobody", "slack-C1", "webhook-other", "forgotten-room"} {
		_, pausing := c.Pause(t.Context(), name)
		_, resuming := c.Resume(t.Context(), name)
		if !errors.Is(pausing, job.ErrNoSuch) || !errors.Is(resuming, job.ErrNoSuch) {
			t.Errorf("%q: got %v and %v, want ErrNoSuch", name, pausing, resuming)
		}
	}
	if all, err := c.Chats(t.Context()); err != nil || !slices.Equal(names(all), []string{"dev", "team"}) {
		t.Errorf("got %v, %v, want those of the config alone", names(all), err)
	}
}
