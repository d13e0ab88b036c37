package store_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"postern/internal/job"
	"postern/internal/redistest"
	"postern/internal/store"
	"postern/internal/store/storetest"
)

// crowd stores jobs of every kind and state, spread over shards and time, and
// gives them newest first.
func crowd(t *testing.T, s *store.Store, many int) []*job.Job {
	t.Helper()
	dice := rand.New(rand.NewPCG(1, 2))
	pick := func(of ...string) string { return of[dice.IntN(len(of))] }
	var all []*job.Job
	for n := range many {
		in := intake("")
		in.Plugin, in.Endpoint = pick("acme.a", "acme.b"), pick("/x", "/y/{id}", "/x/y")
		in.Event = job.EventSummary{Type: pick("push", "pr", "pr.opened", ""), Action: pick("", "opened", "closed"), DeliveryID: pick("", "d1", "d2", "d3")}
		a := add(t, s, in)
		for e := range dice.IntN(3) {
			note := &job.Note{Notification: job.Notification{
				ID: a.ID.Notification(e, "c", ""), EventNumber: e, ChatKey: pick("slack-1", "slack-2", `odd-"\<>&`), State: job.NoteQueued,
			}}
			if err := s.MakeNotes(t.Context(), a.ID, []*job.Note{note}, []job.Content{{}}); err != nil {
				t.Fatal(err)
			}
			state := job.NoteState(pick("queued", "sending", "retrying", "sent", "sent", "suppressed", "dead", "unknown"))
			if _, err := s.ChangeNote(t.Context(), note.ID, func(n *job.Note) error { n.State = state; return nil }); err != nil {
				t.Fatal(err)
			}
		}
		if n%6 > 0 {
			change(t, s, a.ID, n%6)
		}
		j, err := s.Job(t.Context(), a.ID)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, j)
	}
	slices.SortFunc(all, func(a, b *job.Job) int { return -compare(a.ID, b.ID) })
	return all
}

func compare(a, b job.ID) int {
	if a < b {
		return -1
	}
	return map[bool]int{true: 1}[a > b]
}

// change takes a job to one of its states.
func change(t *testing.T, s *store.Store, id job.ID, to int) {
	t.Helper()
	_, err := s.Change(t.Context(), id, func(r *job.Record) error {
		now := time.Now()
		r.Begin("test", now, time.Minute)
		switch to {
		case 2:
			r.Fail(now, "no", now.Add(time.Minute))
		case 3, 4:
			r.Succeed(now, nil)
		case 5:
			r.Fail(now, "no", time.Time{})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestListGivesWhatIsMeant(t *testing.T) {
	t.Parallel()
	redistest.Both(t, func(t *testing.T, url string) {
		s, client := open(t, url)
		all := crowd(t, s, 120)
		storetest.Audit(t, client)
		middle := all[60].AcceptedAt.Time
		for name, q := range map[string]job.Query{
			"all":                          {},
			"a state":                      {States: []job.State{job.Running}},
			"two states":                   {States: []job.State{job.Queued, job.Succeeded}},
			"pending":                      {Deliveries: []job.Delivery{job.Pending}},
			"two deliveries":               {Deliveries: []job.Delivery{job.Partial, job.Failed}},
			"state and delivery":           {States: []job.State{job.Succeeded}, Deliveries: []job.Delivery{job.Pending, job.Delivered}},
			"a state that cannot be so":    {States: []job.State{job.Running}, Deliveries: []job.Delivery{job.Delivered}},
			"a plugin":                     {Plugins: []string{"acme.a"}},
			"an endpoint":                  {Endpoints: []string{"/x"}},
			"plugin and endpoint":          {Plugins: []string{"acme.b"}, Endpoints: []string{"/y/{id}", "/x/y"}},
			"a type, whatever its action":  {Events: []string{"pr"}},
			"type.action, or a dotted one": {Events: []string{"pr.opened"}},
			"two events":                   {Events: []string{"push", "pr.closed"}},
			"a chat":                       {Chats: []string{"slack-1"}},
			"two chats, one of them odd":   {Chats: []string{"slack-2", `odd-"\<>&`}},
			"a delivery id":                {DeliveryIDs: []string{"d1"}},
			"two delivery ids":             {DeliveryIDs: []string{"d1", "d3", "none"}},
			"no delivery id is no value":   {DeliveryIDs: []string{"", "none"}},
			"since":                        {Since: middle},
			"until":                        {Until: middle},
			"since and until":              {Since: all[90].AcceptedAt.Time, Until: middle},
			"several":                      {States: []job.State{job.Succeeded, job.Dead}, Plugins: []string{"acme.a"}, Chats: []string{"slack-1", "slack-2"}},
			"all of them": {
				States: []job.State{job.Succeeded}, Deliveries: []job.Delivery{job.Delivered}, Plugins: []string{"acme.a"}, Endpoints: []string{"/x", "/x/y"},
				Events: []string{"pr", "push"}, Chats: []string{"slack-1"}, DeliveryIDs: []string{"d1", "d2"}, Since: all[110].AcceptedAt.Time, Until: middle.Add(time.Hour),
			},
			"nobody": {Plugins: []string{"acme.none"}},
		} {
			for _, limit := range []int{1, 7, 1000} {
				q.Limit = limit
				for _, q.OldestFirst = range []bool{false, true} {
					wantPages(t, fmt.Sprintf("%s by %d, oldest first %t", name, limit, q.OldestFirst), s, q, all)
				}
			}
		}
	})
}

// wantPages goes through all pages of a query and compares with what a look at
// every job gives.
func wantPages(t *testing.T, name string, s *store.Store, q job.Query, all []*job.Job) {
	t.Helper()
	var want, got []job.ID
	for _, j := range all {
		if q.Match(j) {
			want = append(want, j.ID)
		}
	}
	if q.OldestFirst {
		slices.Reverse(want)
	}
	for range len(all) + 2 {
		page, err := s.List(t.Context(), q)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if len(page.Jobs) > q.Limit {
			t.Errorf("%s: a page of %d jobs", name, len(page.Jobs))
		}
		for _, j := range page.Jobs {
			got = append(got, j.ID)
		}
		if q.Cursor = page.Next; q.Cursor == "" {
			break
		}
	}
	if q.Cursor != "" || !slices.Equal(got, want) {
		t.Errorf("%s: got %d jobs, and then %q, want %d", name, len(got), q.Cursor, len(want))
	}
}

// Whoever goes through the pages sees each job once, whatever is added and
// however states change meanwhile.
func TestPagesAreStable(t *testing.T) {
	t.Parallel()
	redistest.Both(t, func(t *testing.T, url string) {
		s, _ := open(t, url)
		all := crowd(t, s, 40)
		seen := map[job.ID]int{}
		q := job.Query{Limit: 6}
		for range 40 {
			page, err := s.List(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			for _, j := range page.Jobs {
				seen[j.ID]++
			}
			add(t, s, intake(""))
			for _, j := range all[:5] { // those that may move
				if _, err := s.Cancel(t.Context(), j.ID); err != nil && !errors.Is(err, job.ErrFinished) {
					t.Fatal(err)
				}
			}
			if q.Cursor = page.Next; q.Cursor == "" {
				break
			}
		}
		for _, j := range all {
			if seen[j.ID] != 1 {
				t.Errorf("%s was seen %d times", j.ID, seen[j.ID])
			}
		}
		if len(seen) != len(all) {
			t.Errorf("saw %d jobs, want the %d there were", len(seen), len(all))
		}
	})
}

func TestACursorOfSomebodyElse(t *testing.T) {
	t.Parallel()
	s, _ := open(t, redistest.Memory(t))
	a := add(t, s, intake(""))
	for _, cursor := range []string{"x", "AAAA", string(a.ID), a.ID.Cursor() + "A", "!", "AAAAAAAAAAAAAAAAAAAAAA"} {
		if _, err := s.List(t.Context(), job.Query{Cursor: cursor}); !errors.Is(err, job.ErrCursor) {
			t.Errorf("%q: got %v, want %v", cursor, err, job.ErrCursor)
		}
	}
	if _, err := s.List(t.Context(), job.Query{Cursor: a.ID.Cursor()}); err != nil {
		t.Error(err)
	}
}

// What is rare among many takes several pages to find, none of them dear.
func TestASearchIsBounded(t *testing.T) {
	t.Parallel()
	s, client := open(t, redistest.Start(t).URL())
	fill(t, s, client, 8000)
	q := job.Query{Limit: 50, Plugins: []string{"acme.p0"}, Endpoints: []string{"/e0", "/e1"}, Chats: []string{"slack-c1"}, States: []job.State{job.Dead}}
	var got, pages int
	for {
		page, err := s.List(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		got, pages = got+len(page.Jobs), pages+1
		if q.Cursor = page.Next; q.Cursor == "" {
			break
		}
	}
	want := 0
	for n := range 8000 {
		f := filler(n, time.Now())
		if f.Kept.Plugin == "acme.p0" && (f.Kept.Endpoint == "/e0" || f.Kept.Endpoint == "/e1") && f.Notes[0].Chat == "c1" && f.State == job.Dead {
			want++
		}
	}
	if got != want || want == 0 {
		t.Errorf("got %d jobs in %d pages, want %d", got, pages, want)
	}
}

// A job in a shard of an old, larger setting is still found.
func TestShardsOfOldSettings(t *testing.T) {
	t.Parallel()
	redistest.Both(t, func(t *testing.T, url string) {
		s, client := open(t, url)
		for range 30 {
			add(t, s, intake(""))
		}
		fewer := store.New(client, 1, store.Retention{Succeeded: time.Hour, Failed: week})
		page, err := fewer.List(t.Context(), job.Query{Limit: 100})
		if err != nil || len(page.Jobs) != 30 || page.Next != "" {
			t.Errorf("got %d jobs, %q, %v, want 30", len(page.Jobs), page.Next, err)
		}
	})
}

func exists(t *testing.T, client redis.UniversalClient, id job.ID) int64 {
	t.Helper()
	p := fmt.Sprintf("postern:{events-%d}:", id.Shard())
	return client.Exists(t.Context(), p+"j:"+string(id), p+"b:"+string(id), p+"c:"+string(id)).Val()
}
