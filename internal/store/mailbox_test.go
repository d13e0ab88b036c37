package store_test

import (
	"fmt"
	"regexp"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"postern/internal/job"
	"postern/internal/redistest"
	"postern/internal/store"
)

const lease = 5 * time.Second

// box is one mailbox under test; each call fails the test on an error.
type box struct {
	t      *testing.T
	s      *store.Store
	client redis.UniversalClient
	job.Box
}

func newBox(t *testing.T, url string) *box {
	t.Helper()
	s, client := open(t, url)
	return &box{t: t, s: s, client: client, Box: job.Box{Lane: "slack", Chat: "slack-" + t.Name(), Turns: 1}}
}

func (b *box) must(h job.Hand, err error) job.Hand {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
	return h
}

func (b *box) put(items ...string) *job.Ticket {
	b.t.Helper()
	var ticket *job.Ticket
	for _, item := range items {
		if h := b.must(b.s.Put(b.t.Context(), b.Box, item)); h.Ticket != nil {
			ticket = h.Ticket
		}
	}
	return ticket
}

func (b *box) start(ticket, token string) job.Hand {
	b.t.Helper()
	return b.must(b.s.StartTurn(b.t.Context(), b.Box, ticket, token, lease))
}

func (b *box) step(token, item string, fate job.Fate, after time.Duration) job.Hand {
	b.t.Helper()
	return b.must(b.s.StepTurn(b.t.Context(), b.Box, token, lease, job.Report{Item: item, Fate: fate, After: after}))
}

func (b *box) end(token, item string, fate job.Fate) {
	b.t.Helper()
	b.must(b.s.StepTurn(b.t.Context(), b.Box, token, lease, job.Report{Item: item, Fate: fate, End: true}))
}

func (b *box) check(unrunnable string) job.Hand {
	b.t.Helper()
	return b.must(b.s.CheckBox(b.t.Context(), b.Box, unrunnable))
}

func (b *box) key(part string) string { return "postern:{chats-slack}:" + part + ":" + b.Chat }

// expire lets every turn's lease run out.
func (b *box) expire() {
	for _, token := range b.client.ZRange(b.t.Context(), b.key("r"), 0, -1).Val() {
		b.client.ZAdd(b.t.Context(), b.key("r"), redis.Z{Score: 1, Member: token})
	}
}

func (b *box) wants(h job.Hand, kind job.HandKind, item string) {
	b.t.Helper()
	if h.Kind != kind || h.Item != item {
		b.t.Fatalf("got %s %q, want %s %q", h.Kind, h.Item, kind, item)
	}
}

func mailboxes(t *testing.T, run func(t *testing.T, b *box)) {
	t.Helper()
	t.Parallel()
	redistest.Both(t, func(t *testing.T, url string) {
		t.Helper()
		run(t, newBox(t, url))
	})
}

func TestOneTurnSaysAllInOrder(t *testing.T) {
	mailboxes(t, func(t *testing.T, b *box) {
		ticket := b.put("3", "1", "2", "1")
		if more := b.put("4"); ticket == nil || more != nil {
			t.Fatalf("tickets: got %v, then %v; want one", ticket, more)
		}
		h := b.start(ticket.Number, "turn")
		for _, item := range []string{"1", "2", "3", "4"} {
			b.wants(h, job.HandItem, item)
			h = b.step("turn", item, job.Done, 0)
		}
		b.wants(h, job.HandFinished, "")
		if h.Ticket != nil {
			t.Errorf("an empty box made the ticket %v", h.Ticket)
		}
		if b.put("5") == nil {
			t.Error("no ticket for what came after the turn")
		}
	})
}

func TestATicketIsUsedOnce(t *testing.T) {
	mailboxes(t, func(_ *testing.T, b *box) {
		ticket := b.put("1")
		b.wants(b.start(ticket.Number, "a"), job.HandItem, "1")
		b.wants(b.start(ticket.Number, "b"), job.HandStale, "")
		b.wants(b.start("12345", "c"), job.HandStale, "")
	})
}

// A client repeats a script whose reply was lost. The second run must not take
// a second message, or the first is stranded.
func TestARepeatedScriptHandsTheSameItem(t *testing.T) {
	mailboxes(t, func(t *testing.T, b *box) {
		ticket := b.put("1", "2", "3")
		b.wants(b.start(ticket.Number, "turn"), job.HandItem, "1")
		b.wants(b.start(ticket.Number, "turn"), job.HandItem, "1")
		b.wants(b.step("turn", "1", job.Done, 0), job.HandItem, "2")
		b.wants(b.step("turn", "1", job.Done, 0), job.HandItem, "2")
		b.wants(b.step("turn", "2", job.Later, time.Minute), job.HandItem, "3")
		b.wants(b.step("turn", "2", job.Later, time.Minute), job.HandItem, "3")
		b.end("turn", "3", job.Done)
		b.end("turn", "3", job.Done)
		if n := b.client.HLen(t.Context(), b.key("t")).Val(); n != 0 {
			t.Errorf("%d items are stranded in hands", n)
		}
	})
}

func TestAnItemThatFailedWaitsWhileOthersGoOn(t *testing.T) {
	mailboxes(t, func(t *testing.T, b *box) {
		ticket := b.put("1", "2")
		b.start(ticket.Number, "turn")
		b.wants(b.step("turn", "1", job.Later, time.Minute), job.HandItem, "2")
		h := b.step("turn", "2", job.Done, 0)
		b.wants(h, job.HandFinished, "")
		if h.Ticket == nil || time.Until(h.Ticket.Due) < 50*time.Second {
			t.Errorf("got the ticket %v, want one in a minute", h.Ticket)
		}
	})
}

func TestABlockedChatKeepsEveryPlace(t *testing.T) {
	mailboxes(t, func(t *testing.T, b *box) {
		ticket := b.put("1", "2")
		b.start(ticket.Number, "turn")
		h := b.step("turn", "1", job.Block, time.Minute)
		b.wants(h, job.HandFinished, "")
		if h.Ticket == nil || time.Until(h.Ticket.Due) < 50*time.Second {
			t.Fatalf("got the ticket %v, want one in a minute", h.Ticket)
		}
		if b.put("0") != nil {
			t.Error("a new message made a ticket before the chat may be spoken to")
		}
		b.client.HSet(t.Context(), b.key("m"), "hold", 0)
		b.wants(b.start(h.Ticket.Number, "next"), job.HandItem, "0")
		b.wants(b.step("next", "0", job.Done, 0), job.HandItem, "1")
	})
}

// The engine may start a delayed task a second early: finishing and making a
// new ticket would spin.
func TestATurnThatIsALittleEarlyWaits(t *testing.T) {
	mailboxes(t, func(t *testing.T, b *box) {
		ticket := b.put("1")
		b.start(ticket.Number, "turn")
		h := b.step("turn", "1", job.Block, 700*time.Millisecond)
		if h.Kind != job.HandWait || h.Wait <= 0 || h.Wait > 700*time.Millisecond {
			t.Errorf("got %+v, want a wait within the turn", h)
		}
	})
}

func TestADeadTurnsItemsComeBack(t *testing.T) {
	mailboxes(t, func(t *testing.T, b *box) {
		ticket := b.put("1", "2")
		b.wants(b.start(ticket.Number, "dead"), job.HandItem, "1")
		if h := b.check(""); h.Ticket != nil {
			t.Fatalf("a living turn was given a second one: %v", h.Ticket)
		}
		b.expire()
		h := b.check("")
		if h.Ticket == nil {
			t.Fatal("no ticket after the turn died")
		}
		b.wants(b.start(h.Ticket.Number, "heir"), job.HandItem, "1")
	})
}

// A turn may be done with a message whose job runs again already.
func TestWhatIsPutWhileItIsInHandIsHandedOutAgain(t *testing.T) {
	mailboxes(t, func(t *testing.T, b *box) {
		ticket := b.put("1", "2")
		b.wants(b.start(ticket.Number, "turn"), job.HandItem, "1")
		b.put("1")
		b.wants(b.step("turn", "1", job.Done, 0), job.HandItem, "1")
		b.wants(b.step("turn", "1", job.Done, 0), job.HandItem, "2")
		b.put("2")
		b.expire()
		h := b.check("")
		b.wants(b.step("turn", "2", job.Done, 0), job.HandFenced, "") // it speaks of the run before
		b.wants(b.start(h.Ticket.Number, "heir"), job.HandItem, "2")
	})
}

// What waits for its time is said as soon as may be once its job runs again.
func TestWhatIsPutAgainDoesNotWaitForItsTime(t *testing.T) {
	mailboxes(t, func(t *testing.T, b *box) {
		ticket := b.put("1")
		b.start(ticket.Number, "turn")
		b.end("turn", "1", job.Back)
		number := b.client.HGet(t.Context(), b.key("m"), "ticket").Val()
		b.start(number, "next")
		b.step("next", "1", job.Later, time.Hour)
		ticket = b.put("1")
		if ticket == nil {
			t.Fatal("no ticket for what may be said now")
		}
		b.wants(b.start(ticket.Number, "third"), job.HandItem, "1")
	})
}

func TestAFencedTurnsWordCountsOnlyForWhatItSent(t *testing.T) {
	mailboxes(t, func(t *testing.T, b *box) {
		ticket := b.put("1", "2")
		b.start(ticket.Number, "slow")
		b.expire()
		h := b.check("")
		b.wants(b.step("slow", "1", job.Later, time.Hour), job.HandFenced, "")
		b.wants(b.start(h.Ticket.Number, "heir"), job.HandItem, "1") // "later" did not count
		b.end("heir", "1", job.Back)
		b.wants(b.step("slow", "1", job.Done, 0), job.HandFenced, "")
		next := b.check("")
		if next.Ticket == nil {
			number := b.client.HGet(t.Context(), b.key("m"), "ticket").Val()
			next.Ticket = &job.Ticket{Number: number}
		}
		b.wants(b.start(next.Ticket.Number, "third"), job.HandItem, "2") // "done" did
	})
}

func TestAnOverdueTicketIsAskedForEverMoreRarely(t *testing.T) {
	mailboxes(t, func(t *testing.T, b *box) {
		ticket := b.put("1")
		if h := b.check(""); h.Kind == job.HandOverdue {
			t.Fatal("a ticket just made is overdue")
		}
		age := func(d time.Duration) {
			b.client.HSet(t.Context(), b.key("m"), "due", time.Now().Add(-d).UnixMilli())
		}
		age(1500 * time.Millisecond)
		h := b.check("")
		if h.Kind != job.HandOverdue || h.Ticket.Number != ticket.Number {
			t.Fatalf("got %+v, want the same ticket again: same id, same place", h)
		}
		if h := b.check(""); h.Kind == job.HandOverdue {
			t.Error("asked again at once")
		}
		age(2500 * time.Millisecond)
		if h := b.check(""); h.Kind != job.HandOverdue {
			t.Error("not asked again after twice the time")
		}
		b.wants(b.start(ticket.Number, "turn"), job.HandItem, "1")
	})
}

// A worker killed between taking the task and starting the turn leaves a ticket
// that no engine will run.
func TestATicketThatWillNotRunIsReplaced(t *testing.T) {
	mailboxes(t, func(t *testing.T, b *box) {
		ticket := b.put("1")
		h := b.check(ticket.Number)
		if h.Ticket == nil || h.Ticket.Number == ticket.Number {
			t.Fatalf("got %v, want another ticket", h.Ticket)
		}
		b.wants(b.start(ticket.Number, "late"), job.HandStale, "")
		b.wants(b.start(h.Ticket.Number, "turn"), job.HandItem, "1")
	})
}

func TestAnEmptyBoxForgetsNeitherHoldNorNumbers(t *testing.T) {
	mailboxes(t, func(t *testing.T, b *box) {
		ticket := b.put("1")
		b.start(ticket.Number, "turn")
		b.wants(b.step("turn", "1", job.Block, 10*time.Second), job.HandFinished, "")
		b.client.HDel(t.Context(), b.key("m"), "ticket", "due")
		b.client.Del(t.Context(), b.key("w"))
		b.check("")
		next := b.put("2")
		if next == nil || time.Until(next.Due) < 8*time.Second {
			t.Errorf("got the ticket %v, want one that keeps the hold", next)
		}
		b.client.Del(t.Context(), b.key("m"), b.key("w"))
		after := b.put("3")
		if after.Number == ticket.Number || after.Number == next.Number || len(after.Number) < len(next.Number) {
			t.Errorf("the ticket %s may have been used before (%s, %s)", after.Number, ticket.Number, next.Number)
		}
	})
}

func TestLargeNumbersArePrintedWhole(t *testing.T) {
	mailboxes(t, func(t *testing.T, b *box) {
		ticket := b.put("1")
		if !regexp.MustCompile(`^\d{16}$`).MatchString(ticket.Number) {
			t.Errorf("the ticket's number is %q", ticket.Number)
		}
		if d := time.Since(ticket.Due); d < -time.Second || d > 10*time.Second {
			t.Errorf("the ticket is due %s ago", d)
		}
	})
}

func TestAnUnorderedBoxHasSeveralTurns(t *testing.T) {
	mailboxes(t, func(t *testing.T, b *box) {
		b.Turns = 3
		held := map[string]bool{}
		ticket := b.put("1", "2", "3", "4", "5")
		for turn := 1; turn <= 3; turn++ {
			if ticket == nil {
				t.Fatalf("no ticket for turn %d", turn)
			}
			h := b.start(ticket.Number, fmt.Sprint("turn", turn))
			held[h.Item] = true
			ticket = h.Ticket
		}
		if len(held) != 3 || held[""] {
			t.Errorf("three turns hold %v", held)
		}
		if ticket != nil {
			t.Errorf("a fourth turn was asked for: %v", ticket)
		}
	})
}
