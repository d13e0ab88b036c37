package store_test

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"

	"postern/internal/job"
	"postern/internal/redistest"
	"postern/internal/store"
)

// slowest is what a page of one filter may take at the median.
const slowest = 20 * time.Millisecond

// spacing lies between two jobs.
const spacing = 30 * time.Millisecond

// A page costs the same however many jobs there are. It loads 20,000, and
// 200,000 with POSTERN_TEST_FULL=1, and prints what a finished job takes in Redis.
// Under the race detector, ten times slower, it loads 2,000 and judges no time.
func TestPagesOfManyJobs(t *testing.T) {
	many, times := 20_000, 11
	switch {
	case redistest.Raced:
		many = 2000
	case redistest.Full():
		many = 200_000
	}
	s, client := open(t, redistest.Start(t).URL())
	before := memory(t, client)
	began := time.Now()
	fill(t, s, client, many)
	per := (memory(t, client) - before) / many
	t.Logf("%d jobs in %s; %d bytes per finished job, of that %s", many, time.Since(began).Round(time.Millisecond), per, parts(t, client, many))
	middle := began.Add(time.Duration(many/2)*spacing - 2*time.Hour)
	for _, c := range []struct {
		name string
		q    job.Query
	}{
		{"all", job.Query{}},
		{"state", job.Query{States: []job.State{job.Dead}}},
		{"state, most", job.Query{States: []job.State{job.Succeeded}}},
		{"states", job.Query{States: []job.State{job.Dead, job.Canceled}}},
		{"delivery", job.Query{Deliveries: []job.Delivery{job.Failed}}},
		{"plugin", job.Query{Plugins: []string{"acme.p1"}}},
		{"endpoint", job.Query{Endpoints: []string{"/e3"}}},
		{"event type", job.Query{Events: []string{"pull_request"}}},
		{"event type and action", job.Query{Events: []string{"pull_request.closed"}}},
		{"chat", job.Query{Chats: []string{"slack-c7"}}},
		{"delivery id", job.Query{DeliveryIDs: []string{"delivery-500"}}},
		{"since", job.Query{Since: middle}},
		{"until", job.Query{Until: middle}},
		{"dead ones of a chat", job.Query{States: []job.State{job.Dead}, Chats: []string{"slack-c7"}}},
		{"five filters", job.Query{States: []job.State{job.Succeeded}, Plugins: []string{"acme.p1"}, Events: []string{"push"}, Chats: []string{"slack-c7", "slack-c8"}, Since: began.Add(-24 * time.Hour)}},
		{"nothing in common", job.Query{Plugins: []string{"acme.p1"}, Chats: []string{"slack-none"}}},
	} {
		c.q.Limit = 50
		first := median(t, s, c.q, times)
		c.q.OldestFirst = true
		last := median(t, s, c.q, times) // the last page of the other order
		t.Logf("%-22s first %8s  last %8s", c.name, first.Round(10*time.Microsecond), last.Round(10*time.Microsecond))
		one := len(c.q.States)+len(c.q.Plugins) == 0 || len(c.q.Chats) == 0
		if one && !redistest.Raced && (first > slowest || last > slowest) {
			t.Errorf("%s: a page takes %s and %s, want at most %s", c.name, first, last, slowest)
		}
	}
}

// median times one page, once more where something else took the machine. Its
// number of jobs is no matter here.
func median(t *testing.T, s *store.Store, q job.Query, times int) time.Duration {
	t.Helper()
	got := medianOf(t, s, q, times)
	for range 2 {
		if got > slowest {
			got = min(got, medianOf(t, s, q, times))
		}
	}
	return got
}

func medianOf(t *testing.T, s *store.Store, q job.Query, times int) time.Duration {
	t.Helper()
	var took []time.Duration
	for range times {
		began := time.Now()
		if _, err := s.List(t.Context(), q); err != nil {
			t.Fatal(err)
		}
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	return took[times/2]
}

// fill stores jobs as they are once all is over: one in ten failed.
func fill(t *testing.T, s *store.Store, client redis.UniversalClient, many int) {
	t.Helper()
	if err := s.LoadScripts(t.Context(), client); err != nil {
		t.Fatal(err)
	}
	const batch = 250
	begin := time.Now().Add(-2 * time.Hour)
	work := make(chan int)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for from := range work {
				fillers := make([]store.Filler, 0, batch)
				for n := from; n < min(from+batch, many); n++ {
					fillers = append(fillers, filler(n, begin.Add(time.Duration(n)*spacing)))
				}
				if err := s.Fill(t.Context(), fillers); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for from := 0; from < many; from += batch {
		work <- from
	}
	close(work)
	all.Wait()
}

func filler(n int, at time.Time) store.Filler {
	id := idAt(at, uint8(n%4))
	event := []job.EventSummary{
		{Source: "github", Type: "push"},
		{Source: "github", Type: "pull_request", Action: "opened"},
		{Source: "github", Type: "pull_request", Action: "closed"},
		{Source: "github", Type: "issues", Action: "opened"},
	}[n/4%4]
	event.DeliveryID = "delivery-" + strconv.Itoa(n)
	f := store.Filler{
		ID: id, State: job.Succeeded, Body: []byte(`{"ref":"refs/heads/main"}`),
		Kept: job.Kept{
			Plugin: "acme.p" + strconv.Itoa(n/3%3), Endpoint: "/e" + strconv.Itoa(n/5%5), Name: "Repositories", Event: event, AcceptedAt: at.UnixMilli(),
			Request: job.Request{Method: "POST", Path: "/api/plugin/acme.p0/webhook/e0", ReceivedAt: at, RemoteIP: "140.82.115.9", Header: map[string][]string{
				"Content-Type": {"application/json"}, "User-Agent": {"GitHub-Hookshot/abc"}, "X-Github-Event": {event.Type}, "X-Github-Delivery": {event.DeliveryID},
			}},
		},
		Doc: job.Doc{Attempts: []job.Attempt{done(at)}, Title: "Push to main", Events: 1, Expanded: true, Run: 1},
	}
	chat := "c" + strconv.Itoa(n/7%20)
	note := &job.Note{Lane: "slack", Run: 1, Since: job.At(at), Notification: job.Notification{
		ID: id.Notification(0, chat, ""), Chat: chat, ChatKey: "slack-" + chat, State: job.NoteSent, Attempts: []job.Attempt{done(at)}, SentAt: job.AtPtr(at),
	}}
	switch n % 20 {
	case 7:
		note.State = job.NoteDead
	case 13:
		f.State = job.Dead
	}
	f.Notes = []*job.Note{note}
	return f
}

func done(at time.Time) job.Attempt {
	return job.Attempt{Number: 1, StartedAt: job.At(at), FinishedAt: job.AtPtr(at), Outcome: job.OK, Worker: "host-1"}
}

// idAt makes an id as at a moment.
func idAt(at time.Time, shard uint8) job.ID {
	u := uuid.New()
	ms := at.UnixMilli()
	for i := range 6 {
		u[i] = byte(ms >> (40 - 8*i))
	}
	u[6], u[15] = u[6]&0x0f|0x70, shard
	return job.ID(u.String())
}

var usedMemory = regexp.MustCompile(`used_memory:(\d+)`)

func memory(t *testing.T, client redis.UniversalClient) int {
	t.Helper()
	info, err := client.Info(t.Context(), "memory").Result()
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(usedMemory.FindStringSubmatch(info)[1])
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// parts says what the index takes of it, and what a record and a body do.
func parts(t *testing.T, client redis.UniversalClient, many int) string {
	t.Helper()
	var index, records, bodies, sampled int64
	cursor := client.Scan(t.Context(), 0, "postern:*", 1000).Iterator()
	for cursor.Next(t.Context()) {
		key := cursor.Val()
		size := func() int64 { return client.MemoryUsage(t.Context(), key, 0).Val() }
		switch _, kind, _ := strings.Cut(key, "}:"); {
		case strings.HasPrefix(kind, "i:") || kind == "ends":
			index += size()
		case strings.HasPrefix(kind, "j:") && sampled < 100:
			sampled++
			records += size()
			bodies += client.MemoryUsage(t.Context(), strings.Replace(key, "}:j:", "}:b:", 1), 0).Val()
		}
	}
	return fmt.Sprintf("index %d, record %d, body %d", index/int64(many), records/max(sampled, 1), bodies/max(sampled, 1))
}
