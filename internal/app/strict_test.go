package app_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// A strict chat that takes 50 messages a second is told 50 a second, in the
// order in which they were accepted, and what Redis has to do for each message
// does not grow with the number that wait. It measures, so it does not run beside others.
func TestStrictChatKeepsPaceAndOrder(t *testing.T) {
	few, many := 40, 160
	if judged() {
		few, many = 100, 500
	}
	short, _ := runStrict(t, few)
	long, pace := runStrict(t, many)
	// Order holds in every run; the pace is a measurement, and one run in three may
	// be the one that counts.
	for tries := 1; tries < 3 && judged() && !near(pace, strictRate); tries++ {
		_, pace = runStrict(t, many)
	}
	if judged() && !near(pace, strictRate) {
		t.Errorf("%.1f messages a second, want %d within a tenth", pace, strictRate)
	}
	t.Logf("Redis commands per message: %.1f with %d waiting, %.1f with %d", short, few, long, many)
	if long > 1.5*short {
		t.Errorf("%d messages cost %.1f commands each, %d cost %.1f: it grows with the queue", many, long, few, short)
	}
}

const strictRate = 50

func near(pace float64, rate int) bool {
	return pace >= 0.9*float64(rate) && pace <= 1.1*float64(rate)
}

// runStrict gives the number of Redis commands per message, and the messages
// per second.
func runStrict(t *testing.T, n int) (commands, pace float64) {
	t.Helper()
	const rate = strictRate
	h := newStormHouse(t, stormWith([]string{"team"}, fmt.Sprintf(", ordering: strict, limits: {rate: %d/s}", rate)))
	h.platform.Limit(rate)
	h.mustStart("receiver", "r1", "r2")
	h.mustStart("worker", "w1", "w2", "w3")
	client := redis.NewClient(&redis.Options{Addr: h.redis.Addr()})
	t.Cleanup(func() { _ = client.Close() })

	before := commandsOf(t, client)
	jobs := h.storm(n, 8, "r1", "r2")
	calls, err := h.platform.Await(n, 2*patience)
	if err != nil {
		t.Fatal(err)
	}
	after := commandsOf(t, client)
	h.allDelivered(jobs.ids, patience)

	all := tellings(t, calls)
	order := make([]string, len(all))
	for i, one := range all {
		order[i] = one.job
	}
	checkOrder(t, order, jobs)
	if refused := h.platform.Requests() - n; refused > 0 {
		t.Logf("%d sends were refused for coming too early", refused)
	}
	return float64(after-before) / float64(n), paceOf(t, all)
}

// checkOrder: each job was told once, and none before another whose 202 had come
// when its own request was only begun. Of two that were being posted at once
// either may be the earlier one.
func checkOrder(t *testing.T, got []string, jobs accepted) {
	t.Helper()
	if want := slices.Sorted(maps.Values(jobs.ids)); !slices.Equal(slices.Sorted(slices.Values(got)), want) {
		t.Errorf("%d messages were told, want one of each of %d jobs", len(got), len(want))
		return
	}
	late, wrong := got[0], 0
	for i, id := range got {
		if jobs.when[id].answered.Before(jobs.when[late].begun) {
			if wrong++; wrong <= 3 {
				t.Errorf("message %d of %d is of job %s, after that of job %s, which was posted later", i, len(got), id, late)
			}
		}
		if jobs.when[id].begun.After(jobs.when[late].begun) {
			late = id
		}
	}
	if wrong > 0 {
		t.Errorf("%d of %d messages are out of order", wrong, len(got))
	}
}

func paceOf(t *testing.T, all []told) float64 {
	t.Helper()
	took := all[len(all)-1].at.Sub(all[0].at)
	got := float64(len(all)-1) / took.Seconds()
	t.Logf("%d messages in %v: %.1f/s", len(all), took.Round(time.Millisecond), got)
	return got
}

// commandsOf is how many commands the Redis has carried out.
func commandsOf(t *testing.T, client *redis.Client) int64 {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	info, err := client.InfoMap(ctx, "stats").Result()
	if err != nil {
		t.Fatal(err)
	}
	var total int64
	if _, err := fmt.Sscan(info["Stats"]["total_commands_processed"], &total); err != nil {
		t.Fatalf("total_commands_processed: %v", err)
	}
	return total
}
