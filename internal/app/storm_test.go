package app_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"postern/pkg/chat/chattest"
)

// asked is the receiver that is asked for jobs.
const asked = "r1"

const stormPath = "/api/plugin/acme.repos/webhook/github"

// accepted are the jobs of a storm, by the message of their push.
type accepted struct {
	ids  map[string]string
	when map[string]posted // by job id
	took time.Duration
}

// posted is when a push was begun and when its 202 had come.
type posted struct{ begun, answered time.Time }

// storm posts n signed pushes from so many connections, to the receivers in
// turn. Each must be answered with 202 and an id of its own.
func (h *house) storm(n, connections int, receivers ...string) accepted {
	h.tb.Helper()
	var mu sync.Mutex
	var errs []string
	ids, when := make(map[string]string, n), make(map[string]posted, n)
	numbers := make(chan int)
	s, began := newSender(), time.Now()
	var senders sync.WaitGroup
	for range connections {
		senders.Go(func() {
			for i := range numbers {
				message := fmt.Sprintf("change-%05d", i)
				address, begun := h.running[receivers[i%len(receivers)]].address, time.Now()
				a, err := s.do(push(address, stormPath, "s3cret", "delivery-"+message, "main", message))
				if err == nil {
					err = a.is("202")
				}
				mu.Lock()
				if err != nil {
					errs = append(errs, err.Error())
				} else {
					id := a.member("job_id")
					ids[message], when[id] = id, posted{begun, time.Now()}
				}
				mu.Unlock()
			}
		})
	}
	for i := range n {
		numbers <- i
	}
	close(numbers)
	senders.Wait()
	took := time.Since(began)
	if len(errs) > 0 {
		h.tb.Fatalf("%d of %d pushes were not accepted; the first:\n%s", len(errs), n, errs[0])
	}
	if unique := slices.Compact(slices.Sorted(maps.Values(ids))); len(unique) != n {
		h.tb.Fatalf("%d pushes were given %d job ids", n, len(unique))
	}
	return accepted{ids, when, took}
}

// told is what a message of a webhook chat says of itself.
type told struct {
	job, notification string
	at                time.Time
	chat              string
}

func tellings(t *testing.T, calls []chattest.Call) []told {
	t.Helper()
	all := make([]told, 0, len(calls))
	for _, c := range calls {
		var m struct {
			Data struct {
				JobID          string `json:"job_id"`
				NotificationID string `json:"notification_id"`
			} `json:"data"`
		}
		if err := json.Unmarshal(c.Body, &m); err != nil || m.Data.JobID == "" {
			t.Fatalf("a message that names no job: %s", c.Body)
		}
		all = append(all, told{m.Data.JobID, m.Data.NotificationID, c.At, c.Channel})
	}
	return all
}

// count says how often each notification was told.
func count(all []told) map[string]int {
	times := map[string]int{}
	for _, one := range all {
		times[one.notification]++
	}
	return times
}

// allDelivered asks for every job until it is.
func (h *house) allDelivered(ids map[string]string, d time.Duration) {
	h.tb.Helper()
	s, address, until := newSender(), h.running[asked].address, time.Now().Add(d)
	for message, id := range ids {
		if _, err := s.awaitJob(address, id, max(time.Until(until), time.Second), []string{"state=succeeded", "delivery=delivered"}); err != nil {
			h.tb.Fatalf("%s: %v", message, err)
		}
	}
}

const stormConfig = `
redis: {url: "${REDIS}"}
log: {level: warn}
worker: {shutdown_timeout: 5s}
api: {tokens: {ops: a-token-of-the-tests}}
chats: {CHATS}
plugins:
  acme.repos:
    webhooks:
      /github: {source: github, secrets: [s3cret], notify: [{to: [TO]}]}
`

// stormWith gives the config with chats, which all hear of every push.
func stormWith(names []string, options string) string {
	chats := make([]string, len(names))
	for i, name := range names {
		chats[i] = fmt.Sprintf(`%s: {type: webhook, url: "${PLATFORM}/hook/%s"%s}`, name, name, options)
	}
	return strings.NewReplacer("CHATS", strings.Join(chats, ", "), "TO", strings.Join(names, ", ")).Replace(stormConfig)
}

// Every push that was accepted is told exactly once, and its job says so.
func TestStormIsToldExactlyOnce(t *testing.T) {
	t.Parallel()
	const n = 2000
	h := newStormHouse(t, stormWith([]string{"team"}, ""))
	h.mustStart("receiver", "r1", "r2")
	h.mustStart("worker", "w1", "w2", "w3")
	jobs := h.storm(n, 32, "r1", "r2")
	began := time.Now()
	calls, err := h.platform.Await(n, 2*patience)
	if err != nil {
		t.Fatal(err)
	}
	all := tellings(t, calls)
	t.Logf("%d accepted in %v (%.0f/s), all told %v after the last; from the first to the last message %v",
		n, jobs.took.Round(time.Millisecond), n/jobs.took.Seconds(), time.Since(began).Round(time.Millisecond),
		all[len(all)-1].at.Sub(all[0].at).Round(time.Millisecond))
	h.allDelivered(jobs.ids, patience)
	all = tellings(t, h.platform.Messages())
	for id, times := range count(all) {
		if times != 1 {
			t.Errorf("notification %s was told %d times, want once", id, times)
		}
	}
	byJob := map[string]bool{}
	for _, one := range all {
		byJob[one.job] = true
	}
	for message, id := range jobs.ids {
		if !byJob[id] {
			t.Errorf("%s (job %s) was never told", message, id)
		}
	}
}

// A worker that is killed in the middle of a send loses nothing, and only that
// send may be told twice: its record says that its outcome is unknown. The chat
// it spoke for is served again within 10 s, the others go on.
func TestKilledWorkerLosesNothing(t *testing.T) {
	t.Parallel()
	const n = 60
	h := newStormHouse(t, stormWith([]string{"c1", "c2", "c3", "c4", "c5", "c6"}, ", ordering: soft"))
	held, release := make(chan string, 1), make(chan struct{})
	var mu sync.Mutex
	heard := 0
	h.platform.Fail(func(c chattest.Call) *chattest.Answer {
		slow := &chattest.Answer{Status: 204, Delay: 20 * time.Millisecond, Accept: true}
		mu.Lock()
		if c.Channel == "/hook/c1" {
			heard++
		}
		hold := c.Channel == "/hook/c1" && heard == n/3
		mu.Unlock()
		if hold {
			held <- c.Key
			<-release
		}
		return slow
	})
	h.mustStart("receiver", "r1")
	h.mustStart("worker", "w1", "w2", "w3")
	jobs := h.storm(n, 8, "r1")
	var inFlight string
	select {
	case inFlight = <-held:
	case <-time.After(patience):
		t.Fatal("the chat was not told a third of its messages")
	}
	victim := h.speaks(jobs.ids, inFlight)
	if err := victim.signal(9); err != nil {
		t.Fatal(err)
	}
	killed := time.Now()
	if _, err := victim.exit(patience); err != nil {
		t.Fatal(err)
	}
	close(release)
	if _, err := h.platform.Await(6*n, 2*patience); err != nil {
		t.Fatal(err)
	}
	h.allDelivered(jobs.ids, patience)
	all := tellings(t, h.platform.Messages())
	if times := count(all); len(times) != 6*n {
		t.Errorf("%d notifications were told, want %d", len(times), 6*n)
	}
	if twice := h.explain(all); twice == 0 {
		t.Error("the message that was in flight was not told again")
	} else {
		t.Logf("%d told, %d of them twice, each explained", len(all), twice)
	}
	h.servedAgain(all, killed)
}

// speaks finds the worker whose send of a notification is under way.
func (h *house) speaks(ids map[string]string, notification string) *process {
	h.tb.Helper()
	s := newSender()
	for _, id := range ids {
		if !strings.HasPrefix(notification, id) {
			continue
		}
		a, err := s.job(h.running[asked].address, id)
		if err != nil {
			h.tb.Fatal(err)
		}
		for _, p := range h.running {
			if strings.Contains(string(a.body), fmt.Sprintf(`-%d"`, p.cmd.Process.Pid)) && p.name != asked {
				if h.sends(a.body, notification, p) {
					return p
				}
			}
		}
	}
	h.tb.Fatalf("no worker is known to send %s", notification)
	return nil
}

// record is what the tests look at of a job.
type record struct {
	Notifications []struct {
		ID       string `json:"id"`
		State    string `json:"state"`
		Attempts []struct {
			Outcome string `json:"outcome"`
			Worker  string `json:"worker"`
		} `json:"attempts"`
	} `json:"notifications"`
}

func (h *house) sends(body []byte, notification string, p *process) bool {
	var r record
	if err := json.Unmarshal(body, &r); err != nil {
		h.tb.Fatal(err)
	}
	for _, n := range r.Notifications {
		if k := len(n.Attempts); n.ID == notification && n.State == "sending" && k > 0 {
			return strings.HasSuffix(n.Attempts[k-1].Worker, fmt.Sprintf("-%d", p.cmd.Process.Pid))
		}
	}
	return false
}

// explain checks that each message that was told twice has an attempt whose
// outcome is unknown, and counts them.
func (h *house) explain(all []told) (twice int) {
	h.tb.Helper()
	s := newSender()
	for id, times := range count(all) {
		if times == 1 {
			continue
		}
		twice++
		job, _, _ := strings.Cut(id, "-0-")
		a, err := s.job(h.running[asked].address, job)
		if err != nil {
			h.tb.Fatal(err)
		}
		var r record
		if err := json.Unmarshal(a.body, &r); err != nil {
			h.tb.Fatal(err)
		}
		unknown := 0
		for _, n := range r.Notifications {
			for _, attempt := range n.Attempts {
				if n.ID == id && attempt.Outcome == "unknown" {
					unknown++
				}
			}
		}
		if unknown != times-1 {
			h.tb.Errorf("notification %s was told %d times, its record has %d attempts of unknown outcome:\n%s", id, times, unknown, a.body)
		}
	}
	return twice
}

// servedAgain checks how long the killed worker's chat was silent.
func (h *house) servedAgain(all []told, killed time.Time) {
	h.tb.Helper()
	for _, one := range all {
		if one.chat == "/hook/c1" && one.at.After(killed) {
			silent := one.at.Sub(killed)
			h.tb.Logf("the killed worker's chat was served again after %v", silent.Round(time.Millisecond))
			if silent > 10*time.Second {
				h.tb.Errorf("the killed worker's chat was silent for %v, want at most 10 s", silent)
			}
			return
		}
	}
	h.tb.Error("the killed worker's chat was never served again")
}
