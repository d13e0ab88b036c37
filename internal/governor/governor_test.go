package governor_test

import (
	"fmt"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"postern/internal/governor"
	"postern/internal/job"
	"postern/internal/redisconn"
	"postern/internal/redistest"
	"postern/pkg/chat"
	"postern/pkg/retry"
)

// rig asks; each call fails the test on an error.
type rig struct {
	t      *testing.T
	g      *governor.Governor
	client redis.UniversalClient
}

func governors(t *testing.T, run func(t *testing.T, r *rig)) {
	t.Helper()
	t.Parallel()
	redistest.Both(t, func(t *testing.T, url string) {
		t.Helper()
		client, err := redisconn.Open(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = client.Close() })
		run(t, &rig{t: t, g: governor.New(client), client: client})
	})
}

func line(channel string) job.Line {
	return job.Line{Lane: "forum", Chat: "forum-" + channel, Account: "forum", Print: "p1", Longest: time.Minute}
}

func (r *rig) ask(l job.Line) job.Leave { return r.again(l, "") }

func (r *rig) again(l job.Line, missed string) job.Leave {
	r.t.Helper()
	leave, err := r.g.Ask(r.t.Context(), l, missed)
	if err != nil {
		r.t.Fatal(err)
	}
	return leave
}

func (r *rig) tell(l job.Line, v job.Verdict) {
	r.t.Helper()
	if err := r.g.Tell(r.t.Context(), l, v); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) state(l job.Line) job.LineState {
	r.t.Helper()
	s, err := r.g.State(r.t.Context(), l)
	if err != nil {
		r.t.Fatal(err)
	}
	return s
}

func (r *rig) wants(l job.Line, kind job.LeaveKind, least, most time.Duration) job.Leave {
	r.t.Helper()
	leave := r.ask(l)
	if leave.Kind != kind || leave.Wait < least || leave.Wait > most {
		r.t.Fatalf("%s: got %s after %s, want %s between %s and %s", l.Chat, leave.Kind, leave.Wait, kind, least, most)
	}
	return leave
}

func placeOf(t *testing.T, leave job.Leave) time.Duration {
	t.Helper()
	ms, err := strconv.ParseFloat(leave.Place, 64)
	if err != nil {
		t.Fatalf("the place %q is no time: %v", leave.Place, err)
	}
	return time.Duration(ms * float64(time.Millisecond))
}

func TestWithoutLimitsEverybodyMaySpeak(t *testing.T) {
	governors(t, func(_ *testing.T, r *rig) {
		for range 50 {
			r.wants(line("1"), job.LeaveGo, 0, 0)
		}
	})
}

// No window of a rate's time holds more than its count, whoever asks how often,
// and what may be said is.
func TestNoWindowHoldsMoreThanItsCount(t *testing.T) {
	governors(t, func(t *testing.T, r *rig) {
		const per = 200 * time.Millisecond
		limits := chat.Limits{
			Chat: []chat.Rate{{Count: 2, Per: per}, {Count: 7, Per: 5 * per}}, Account: []chat.Rate{{Count: 8, Per: per}},
			Platform: []chat.Rate{{Count: 30, Per: 5 * per}},
		}
		places := map[string][]time.Duration{}
		var mu sync.Mutex
		var all sync.WaitGroup
		until := time.Now().Add(12 * per)
		for i := range 9 {
			l := line(strconv.Itoa(i))
			l.Limits = limits
			all.Go(func() {
				for time.Now().Before(until) {
					leave := r.ask(l)
					<-time.After(leave.Wait)
					if leave.Kind == job.LeaveGo {
						mu.Lock()
						places[l.Chat] = append(places[l.Chat], placeOf(t, leave))
						mu.Unlock()
					}
				}
			})
		}
		all.Wait()
		var whole []time.Duration
		for name, of := range places {
			crowd(t, name, of, limits.Chat)
			whole = append(whole, of...)
		}
		crowd(t, "account", whole, append(limits.Account, limits.Platform...))
		if n := len(whole); n < 60 {
			t.Errorf("%d messages in %s, want about 72: 30 in each second", n, 12*per)
		}
	})
}

func crowd(t *testing.T, name string, places []time.Duration, rates []chat.Rate) {
	t.Helper()
	slices.Sort(places)
	for _, rate := range rates {
		for i := rate.Count; i < len(places); i++ {
			if gap := places[i] - places[i-rate.Count]; gap < rate.Per {
				t.Errorf("%s: %d messages within %s, want at most %d in %s", name, rate.Count+1, gap, rate.Count, rate.Per)
			}
		}
	}
}

// A chat that waits for its own limit takes no place of the account's.
func TestAChatHeldByItsOwnLimitHoldsNobody(t *testing.T) {
	governors(t, func(_ *testing.T, r *rig) {
		slow := line("slow")
		slow.Limits = chat.Limits{Chat: []chat.Rate{{Count: 1, Per: time.Hour}}, Account: []chat.Rate{{Count: 3, Per: time.Minute}}}
		r.wants(slow, job.LeaveGo, 0, 0)
		for range 20 {
			r.wants(slow, job.LeaveLater, 50*time.Minute, 70*time.Minute)
		}
		healthy := line("healthy")
		healthy.Limits.Account = slow.Limits.Account
		r.wants(healthy, job.LeaveGo, 0, 0)
		r.wants(healthy, job.LeaveGo, 0, 0)
		r.wants(healthy, job.LeaveLater, 50*time.Second, 70*time.Second)
	})
}

// Who waits for the account keeps the place that was given, however often it asks.
func TestAPlaceThatWasGivenIsKept(t *testing.T) {
	governors(t, func(t *testing.T, r *rig) {
		limits := chat.Limits{Account: []chat.Rate{{Count: 1, Per: 4 * time.Second}}}
		first, second, third := line("1"), line("2"), line("3")
		first.Limits, second.Limits, third.Limits = limits, limits, limits
		r.wants(first, job.LeaveGo, 0, 0)
		for range 5 {
			r.wants(second, job.LeaveLater, 3*time.Second, 4*time.Second)
		}
		r.wants(third, job.LeaveLater, 7*time.Second, 8*time.Second)
		if keys := r.client.LLen(t.Context(), "postern:{chats-forum}:g:ra:forum:0").Val(); keys != 2 {
			t.Errorf("%d places are remembered, want twice the count", keys)
		}
	})
}

func TestAMissedPlaceIsGivenUpForAnother(t *testing.T) {
	governors(t, func(t *testing.T, r *rig) {
		l := line("1")
		l.Limits = chat.Limits{Chat: []chat.Rate{{Count: 1, Per: 10 * time.Second}}}
		leave := r.wants(l, job.LeaveGo, 0, 0)
		if leave.Late < 20*time.Millisecond || leave.Late > time.Second {
			t.Errorf("a place may be missed by %s", leave.Late)
		}
		again := r.again(l, leave.Place)
		if again.Kind != job.LeaveGo || again.Wait > 0 || placeOf(t, again) <= placeOf(t, leave) {
			t.Errorf("got %+v, want a place of now, not one behind the missed one", again)
		}
		r.wants(l, job.LeaveLater, 9*time.Second, 11*time.Second)
	})
}

func TestAPlaceThatIsUsedLateIsMoved(t *testing.T) {
	governors(t, func(t *testing.T, r *rig) {
		l := line("1")
		l.Limits = chat.Limits{Chat: []chat.Rate{{Count: 1, Per: 300 * time.Millisecond}}}
		leave := r.wants(l, job.LeaveGo, 0, 0)
		<-time.After(150 * time.Millisecond)
		if err := r.g.Move(t.Context(), l, leave.Place); err != nil {
			t.Fatal(err)
		}
		r.wants(l, job.LeaveGo, 250*time.Millisecond, 330*time.Millisecond)
	})
}

func TestAHoldReachesWhomItConcerns(t *testing.T) {
	for reach, held := range map[retry.Reach][]bool{ // another chat, another account
		retry.Chat: {false, false}, retry.Account: {true, false}, retry.Platform: {true, true},
	} {
		t.Run(reach.String(), func(t *testing.T) {
			governors(t, func(t *testing.T, r *rig) {
				r.tell(line("1"), job.Verdict{Kind: job.Hold, Reach: reach, For: 20 * time.Second})
				r.tell(line("1"), job.Verdict{Kind: job.Hold, Reach: reach, For: time.Second}) // shortens nothing
				r.wants(line("1"), job.LeaveLater, 18*time.Second, 20*time.Second)
				other := line("x")
				other.Account = "elsewhere"
				for i, l := range []job.Line{line("2"), other} {
					want := job.LeaveGo
					if held[i] {
						want = job.LeaveLater
					}
					if got := r.ask(l); got.Kind != want {
						t.Errorf("%s of %s: got %s, want %s", l.Chat, l.Account, got.Kind, want)
					}
				}
				if till := r.state(line("1")).HeldTill; time.Until(till) < 18*time.Second {
					t.Errorf("held till %v, want in 20 s", till)
				}
			})
		})
	}
}

// Failures in a row hold a chat, longer each time; then one try at a time finds
// out whether it works again.
// Where a platform names no time, each hold is twice as long as the one before, as
// often as it was tried since.
func TestAGuessedHoldDoubles(t *testing.T) {
	governors(t, func(t *testing.T, r *rig) {
		l, guess := line("1"), job.Verdict{Kind: job.Hold, For: 4 * time.Second, Guess: true}
		passed := func() { r.client.HSet(t.Context(), "postern:{chats-forum}:g:c:forum-1", "hold", 1) }
		held := func(want time.Duration) {
			t.Helper()
			if got := time.Until(r.state(l).HeldTill); got > want+100*time.Millisecond || got < want-2*time.Second {
				t.Errorf("held for %s, want %s", got, want)
			}
		}
		r.tell(l, guess)
		r.tell(l, guess) // it was under way with the first
		held(4 * time.Second)
		passed()
		if !r.wants(l, job.LeaveGo, 0, 0).Watched {
			t.Error("a chat that was held for a guessed time is not watched")
		}
		r.tell(l, guess)
		held(8 * time.Second)
		for range 20 {
			passed()
			r.tell(l, guess)
		}
		held(15 * time.Minute)
		passed()
		r.tell(l, job.Verdict{Kind: job.Worked})
		r.tell(l, guess)
		held(4 * time.Second)
	})
}

func TestFailuresHoldAChatAndOneTriesAtATime(t *testing.T) {
	governors(t, func(t *testing.T, r *rig) {
		l := line("1")
		for range 4 {
			r.tell(l, job.Verdict{Kind: job.Fails})
			if !r.wants(l, job.LeaveGo, 0, 0).Watched {
				t.Error("a chat that failed is not watched")
			}
		}
		r.tell(l, job.Verdict{Kind: job.Fails})
		r.wants(l, job.LeaveGo, 500*time.Millisecond, 1100*time.Millisecond) // short enough to be waited for: the probe
		r.wants(l, job.LeaveLater, 13*time.Second, 17*time.Second)           // nobody beside it
		r.tell(l, job.Verdict{Kind: job.Fails})
		r.client.HSet(t.Context(), "postern:{chats-forum}:g:c:forum-1", "open", 1) // its time has come
		r.wants(l, job.LeaveGo, 0, 0)
		r.wants(l, job.LeaveLater, 13*time.Second, 15*time.Second)
		r.tell(l, job.Verdict{Kind: job.Worked})
		if leave := r.wants(l, job.LeaveGo, 0, 0); leave.Watched {
			t.Error("a chat that works is still watched")
		}
		if s := r.state(l); s.Failures != 0 || !s.HeldTill.IsZero() {
			t.Errorf("state %+v, want none", s)
		}
	})
}

func TestFailuresHoldNoLongerThanTheLongest(t *testing.T) {
	governors(t, func(t *testing.T, r *rig) {
		l := line("1")
		l.Longest = 50 * time.Millisecond
		for range 30 {
			r.tell(l, job.Verdict{Kind: job.Fails})
		}
		if till := time.Until(r.state(l).HeldTill); till > 60*time.Millisecond {
			t.Errorf("held for %s, want at most 50 ms", till)
		}
	})
}

func TestFailuresOfManyChatsHoldTheirAccount(t *testing.T) {
	governors(t, func(_ *testing.T, r *rig) {
		for i := range 13 {
			r.tell(line(strconv.Itoa(i)), job.Verdict{Kind: job.Fails})
		}
		r.wants(line("untried"), job.LeaveGo, 500*time.Millisecond, 1100*time.Millisecond) // the probe
		r.wants(line("second"), job.LeaveLater, 13*time.Second, 17*time.Second)
		other := line("x")
		other.Account = "elsewhere"
		r.wants(other, job.LeaveGo, 0, 0)
		r.tell(line("1"), job.Verdict{Kind: job.Worked})
		r.wants(line("untried"), job.LeaveGo, 0, 0)
	})
}

// A moment's silence of a platform is one failure, however many calls were under
// way; what counts is how often it was tried since.
func TestCallsThatFailTogetherHoldAsLongAsOne(t *testing.T) {
	governors(t, func(t *testing.T, r *rig) {
		held := func(doing string, least, most time.Duration) {
			t.Helper()
			if till := time.Until(r.state(line("1")).HeldTill); till < least || till > most {
				t.Errorf("%s: held for %s, want %s to %s", doing, till, least, most)
			}
		}
		for i := range 64 {
			r.tell(line(strconv.Itoa(i%8)), job.Verdict{Kind: job.Fails})
		}
		held("64 at once", 0, 1100*time.Millisecond)
		for _, wait := range []time.Duration{2 * time.Second, 4 * time.Second} {
			r.wants(line("1"), job.LeaveGo, 0, 1100*time.Millisecond)
			for range 3 { // and two that were under way
				r.tell(line("1"), job.Verdict{Kind: job.Fails})
			}
			held("another try", wait-500*time.Millisecond, wait+100*time.Millisecond)
			for _, key := range []string{"c:forum-1", "a:" + line("1").Account} { // its time has come
				r.client.HSet(t.Context(), "postern:{chats-forum}:g:"+key, "open", 1)
			}
		}
	})
}

// What is broken stays so until it is mended: by an operator, or by other settings.
func TestBrokenUntilMended(t *testing.T) {
	governors(t, func(t *testing.T, r *rig) {
		l := line("1")
		r.tell(l, job.Verdict{Kind: job.Break, Reach: retry.Account, Why: "401 Unauthorized"})
		for _, channel := range []string{"1", "2"} {
			if got := r.ask(line(channel)); got.Kind != job.LeaveBroken || got.Why != "401 Unauthorized" {
				t.Errorf("got %+v, want broken, with the platform's words", got)
			}
		}
		if s := r.state(line("2")); s.Broken != "401 Unauthorized" || time.Since(s.BrokenAt) > time.Minute {
			t.Errorf("state %+v, want broken a moment ago", s)
		}
		mended := l
		mended.Print = "p2"
		r.wants(mended, job.LeaveGo, 0, 0)
		if got := r.ask(l); got.Kind != job.LeaveBroken {
			t.Errorf("got %+v: a worker with the old settings must not try", got)
		}
		if err := r.g.Resume(t.Context(), line("2")); err != nil {
			t.Fatal(err)
		}
		r.wants(l, job.LeaveGo, 0, 0)
	})
}

func TestPauseAndResume(t *testing.T) {
	governors(t, func(t *testing.T, r *rig) {
		l := line("1")
		if err := r.g.Pause(t.Context(), l); err != nil {
			t.Fatal(err)
		}
		r.tell(l, job.Verdict{Kind: job.Hold, For: time.Minute})
		if got := r.ask(l); got.Kind != job.LeavePaused || !r.state(l).Paused {
			t.Errorf("got %+v, want paused", got)
		}
		r.wants(line("2"), job.LeaveGo, 0, 0)
		if ttl := r.client.TTL(t.Context(), "postern:{chats-forum}:g:c:forum-1").Val(); ttl > 0 {
			t.Errorf("the pause is forgotten in %s", ttl)
		}
		if err := r.g.Resume(t.Context(), l); err != nil {
			t.Fatal(err)
		}
		r.wants(l, job.LeaveGo, 0, 0)
		if ttl := r.client.TTL(t.Context(), "postern:{chats-forum}:g:c:forum-1").Val(); ttl < 0 && r.client.Exists(t.Context(), "postern:{chats-forum}:g:c:forum-1").Val() > 0 {
			t.Error("what nobody marked is kept for ever")
		}
	})
}

func TestWithoutRedisNothingIsKnown(t *testing.T) {
	t.Parallel()
	redistest.Need(t)
	server := redistest.Start(t)
	client, err := redisconn.Open(t.Context(), server.URL())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	server.Stop()
	g := governor.New(client)
	_, askErr := g.Ask(t.Context(), line("1"), "")
	_, stateErr := g.State(t.Context(), line("1"))
	for doing, err := range map[string]error{"ask": askErr, "state": stateErr, "tell": g.Tell(t.Context(), line("1"), job.Verdict{Kind: job.Fails})} {
		if err == nil || fmt.Sprint(err) == "" {
			t.Errorf("%s: got no error", doing)
		}
	}
}

func TestStatesSayWhatIsBroken(t *testing.T) {
	governors(t, func(t *testing.T, r *rig) {
		t.Helper()
		lines := []job.Line{line("a"), line("b"), line("c")}
		lines[0].Account, lines[2].Account, lines[2].Chat = "own", "other", "other-c"
		r.tell(lines[0], job.Verdict{Kind: job.Break, Reach: retry.Chat, Why: "410 Gone"})
		r.tell(lines[1], job.Verdict{Kind: job.Break, Reach: retry.Account, Why: "401 Unauthorized"})
		states, err := r.g.States(t.Context(), lines)
		if err != nil || len(states) != 3 {
			t.Fatalf("got %v, %v, want 3 states", states, err)
		}
		if s := states[0]; s.Broken != "410 Gone" || s.Reach != retry.Chat || s.BrokenAt.IsZero() {
			t.Errorf("a broken chat: got %+v", s)
		}
		if s := states[1]; s.Broken != "401 Unauthorized" || s.Reach != retry.Account {
			t.Errorf("a broken account: got %+v", s)
		}
		if s := states[2]; s.Broken != "" || !s.BrokenAt.IsZero() {
			t.Errorf("another account: got %+v, want that nothing is broken", s)
		}
		if marked, err := r.g.Marked(t.Context(), "forum"); err != nil || !slices.Equal(marked, []string{"forum-a"}) {
			t.Errorf("marked are %v, %v, want the broken chat", marked, err)
		}
		if none, err := r.g.States(t.Context(), nil); err != nil || len(none) != 0 {
			t.Errorf("of no lines: got %v, %v", none, err)
		}
	})
}

func TestMendingLeavesAPause(t *testing.T) {
	governors(t, func(t *testing.T, r *rig) {
		t.Helper()
		l := line("a")
		for _, reach := range []retry.Reach{retry.Chat, retry.Account, retry.Platform} {
			r.tell(l, job.Verdict{Kind: job.Break, Reach: reach, Why: "gone"})
		}
		if err := r.g.Pause(t.Context(), l); err != nil {
			t.Fatal(err)
		}
		if err := r.g.Mend(t.Context(), l); err != nil {
			t.Fatal(err)
		}
		if s, err := r.g.State(t.Context(), l); err != nil || s.Broken != "" || !s.Paused {
			t.Errorf("got %+v, %v, want paused and nothing broken", s, err)
		}
		if marked, err := r.g.Marked(t.Context(), "forum"); err != nil || !slices.Equal(marked, []string{"forum-a"}) {
			t.Errorf("marked are %v, %v, want the paused chat", marked, err)
		}
		if err := r.g.Resume(t.Context(), l); err != nil {
			t.Fatal(err)
		}
		if marked, err := r.g.Marked(t.Context(), "forum"); err != nil || len(marked) != 0 {
			t.Errorf("marked are %v, %v, want none", marked, err)
		}
		if leave := r.ask(l); leave.Kind != job.LeaveGo {
			t.Errorf("got %+v, want leave to go", leave)
		}
	})
}
