package rejections_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"postern/internal/job"
	"postern/internal/rejections"
	"postern/internal/routing"
)

// TestAFloodIsOneRow: ten thousand refusals of one kind are two writes.
func TestAFloodIsOneRow(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		github := find("/github")
		h := newHouse(t, endpoints()...)
		for range 10_000 {
			h.Add(refused(github, request("{}", "X-Hub-Signature-256", sign("a-strangers", "{}"))))
		}
		h.stop()
		rows, writes := h.book.kept()
		var count int64
		for _, r := range rows {
			count += r.Count
			if r.Likeness() != rows[0].Likeness() {
				t.Errorf("got another kind of row: %+v", r)
			}
		}
		if writes > 2 || count != 10_000 {
			t.Errorf("%d requests were kept in %d writes, want 10000 in at most 2", count, writes)
		}
	})
}

// TestEachMistakeHasItsRow: two mistakes that one error refuses, of one caller
// within one pause, are two causes; the same mistake again is not a third.
func TestEachMistakeHasItsRow(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		github := find("/github")
		h := newHouse(t, endpoints()...)
		for _, key := range []string{otherSecret, githubSecret + "\n", githubSecret + "\n"} {
			h.Add(refused(github, request("{}", "X-Hub-Signature-256", sign(key, "{}"))))
		}
		h.stop()
		rows, writes := h.book.kept()
		counts := map[string]int64{}
		for _, r := range rows {
			for _, cause := range []string{"signed with the secret of acme.other", "trailing newline"} {
				if strings.Contains(r.Cause, cause) {
					counts[cause] += r.Count
				}
			}
		}
		if len(rows) != 2 || writes > 1 || counts["trailing newline"] != 2 || counts["signed with the secret of acme.other"] != 1 {
			t.Errorf("got %v in %d writes: %+v, want a row for each mistake", counts, writes, rows)
		}
	})
}

// TestAFloodOfManyPushesOutNoOther: however many kinds of refusals come, and
// for however long, there is a write a second, and the quiet endpoint's row is
// kept.
func TestAFloodOfManyPushesOutNoOther(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		github, gitlab := find("/github"), find("/gitlab")
		h := newHouse(t, endpoints()...)
		const seconds = 10
		for i := range 10_000 {
			r := request("{}", "X-Hub-Signature-256", sign("a-strangers", "{}"))
			r.RemoteIP = netip.AddrFrom4([4]byte{198, 18, byte(i >> 8), byte(i)})
			h.Add(refused(github, r))
			h.Add(rejections.Refusal{Request: r, Path: fmt.Sprintf("/%d", i), Code: "not_found", Cause: errors.New("x")})
			if i%1000 == 999 {
				h.Add(refused(gitlab, request("{}", "X-Gitlab-Token", "wrong")))
				wait(time.Second)
			}
		}
		h.stop()
		rows, writes := h.book.kept()
		var quiet int64
		for _, r := range rows {
			if r.Endpoint == "/gitlab" {
				quiet += r.Count
			}
		}
		if writes > seconds+2 {
			t.Errorf("got %d writes in %d s, want one a second", writes, seconds)
		}
		if quiet != seconds {
			t.Errorf("%d requests of the quiet endpoint were kept, want %d", quiet, seconds)
		}
		if len(rows) > writes*3*16 {
			t.Errorf("got %d rows in %d writes, want 16 of an endpoint at a time", len(rows), writes)
		}
		if !strings.Contains(h.log.String(), "refusals not kept") {
			t.Error("the log does not tell how many were not kept")
		}
	})
}

// wait lets the bubble's clock go on.
func wait(d time.Duration) {
	timer := time.NewTimer(d)
	<-timer.C
}

// TestRedisAway: rows wait, within bounds, and are written when it is back.
func TestRedisAway(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		h := newHouse(t, endpoints()...)
		h.book.fail(job.ErrUnavailable)
		unstored := rejections.Refusal{
			Endpoint: find("/github"), Request: request("{}"), Whole: true, Status: 503, Code: "queue_unavailable", Cause: errors.New("redis is away"),
		}
		for range 30 {
			h.Add(unstored)
			wait(time.Second)
		}
		rows, writes := h.book.kept()
		if len(rows) != 0 || writes > 31 {
			t.Fatalf("got %d rows in %d writes, want none, and one try a second", len(rows), writes)
		}
		h.book.fail(nil)
		wait(2 * time.Second)
		synctest.Wait()
		if rows, _ = h.book.kept(); len(rows) != 1 || rows[0].Count != 30 || rows[0].Code != "queue_unavailable" {
			t.Errorf("got %+v, want one row of 30", rows)
		}
		h.stop()
	})
}

// stuck is a store that does not come back before it is let go.
type stuck struct {
	entered chan struct{}
	leave   chan struct{}
}

func (s stuck) AddRejections(context.Context, []job.Rejection) error {
	s.entered <- struct{}{}
	<-s.leave
	return nil
}

// TestNobodyWaitsForTheStore: a refusal is taken at once, whatever the store
// and the explaining do.
func TestNobodyWaitsForTheStore(t *testing.T) {
	t.Parallel()
	s := stuck{entered: make(chan struct{}), leave: make(chan struct{})}
	k := rejections.New(rejections.Options{Store: s, Endpoints: endpoints, Log: slog.New(slog.DiscardHandler)})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		k.Run(ctx)
	}()
	k.Add(refused(find("/github"), request("{}")))
	<-s.entered
	for n := range 1000 { // the test hangs if one of them waits
		r := request("{}")
		r.RemoteIP = netip.AddrFrom4([4]byte{10, 0, byte(n >> 8), byte(n)})
		k.Add(refused(find("/github"), r))
	}
	cancel()
	close(s.leave)
	<-s.entered // once more, at the end
	<-done
}

func TestWhatIsLeftIsKeptAtTheEnd(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		h := newHouse(t, endpoints()...)
		r := request("{}", "X-Hub-Signature-256", sign(githubSecret+"\n", "{}"))
		h.Add(refused(find("/github"), r))
		synctest.Wait() // it is stored; the keeper rests
		h.Add(refused(find("/gitlab"), r))
		h.stop()
		rows, _ := h.book.kept()
		if len(rows) != 2 {
			t.Errorf("got %d rows, want both", len(rows))
		}
		if !strings.Contains(h.log.String(), `"msg":"refusal explained"`) || !strings.Contains(h.log.String(), "trailing newline at the sender") {
			t.Errorf("the log does not explain it: %s", h.log)
		}
	})
}

func TestWithoutRedisAtTheEndTheLogSaysSo(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		h := newHouse(t, endpoints()...)
		h.book.fail(job.ErrUnavailable)
		h.Add(refused(find("/github"), request("{}")))
		h.stop()
		if !strings.Contains(h.log.String(), `"msg":"refusals not kept","rows":1`) {
			t.Errorf("got log %s, want one row that is not kept", h.log)
		}
	})
}

// TestHeldBodiesAreBounded: what is held of bodies does not grow with a flood;
// without its body a row is kept all the same.
func TestHeldBodiesAreBounded(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T) {
		github := find("/github")
		k := rejections.New(rejections.Options{})
		for i := range 16 {
			r := request("", "X-Hub-Signature-256", sign("x", ""))
			r.Body, r.RemoteIP = make([]byte, 200<<10), netip.AddrFrom4([4]byte{10, 0, 0, byte(i)})
			k.Add(refused(github, r))
		}
		if got := k.Held(); got > 1<<20 || got < 200<<10 {
			t.Errorf("%d bytes are held, want some, and at most 1 MiB", got)
		}
	})
}

// BenchmarkAdd is what a refusal costs the request's own goroutine.
func BenchmarkAdd(b *testing.B) {
	github := find("/github")
	k := rejections.New(rejections.Options{})
	r := refused(github, request("{}", "X-Hub-Signature-256", sign("x", "{}")))
	for b.Loop() {
		k.Add(r)
	}
}

// BenchmarkExplain is the longest that a stranger can make an explanation take:
// the largest body that is held, at one of many endpoints.
func BenchmarkExplain(b *testing.B) {
	github, others := find("/github"), []*routing.Endpoint{}
	for range 100 {
		others = append(others, find("/hook"))
	}
	body := strings.Repeat(`{"a":1},`, 32<<10)
	// as many signatures as are looked at
	var several []string
	for n := range 10 {
		several = append(several, sign(strconv.Itoa(n), body))
	}
	r := refused(github, request(body, "X-Hub-Signature-256", strings.Join(several, ",")))
	ctx, cancel := context.WithCancel(b.Context())
	cancel()
	for b.Loop() {
		k := rejections.New(rejections.Options{
			Store: &book{}, Endpoints: func() []*routing.Endpoint { return others }, Log: slog.New(slog.DiscardHandler),
		})
		k.Add(r)
		k.Run(ctx)
	}
}
