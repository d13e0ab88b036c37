package job_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"postern/internal/job"
	"postern/pkg/chat"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func jobStates() []job.State {
	return []job.State{job.Queued, job.Running, job.Retrying, job.Succeeded, job.Dead, job.Canceled}
}

func noteStates() []job.NoteState {
	return []job.NoteState{
		job.NoteQueued, job.NoteSending, job.NoteRetrying, job.NoteSent, job.NoteSuppressed, job.NoteDead, job.NoteUnknown, job.NoteCanceled,
	}
}

func TestFinalStates(t *testing.T) {
	t.Parallel()
	final := map[job.State]bool{job.Succeeded: true, job.Dead: true, job.Canceled: true}
	for _, s := range jobStates() {
		if s.Final() != final[s] {
			t.Errorf("%s: got final %v, want %v", s, s.Final(), final[s])
		}
	}
	open := map[job.NoteState]bool{job.NoteQueued: true, job.NoteSending: true, job.NoteRetrying: true}
	delivered := map[job.NoteState]bool{job.NoteSent: true, job.NoteSuppressed: true}
	for _, s := range noteStates() {
		if s.Final() == open[s] || s.Delivered() != delivered[s] {
			t.Errorf("%s: got final %v and delivered %v, want %v and %v", s, s.Final(), s.Delivered(), !open[s], delivered[s])
		}
	}
}

// kind is what a notification's state counts as.
func kind(s job.NoteState) string {
	switch s {
	case job.NoteQueued, job.NoteSending, job.NoteRetrying:
		return "open"
	case job.NoteSent:
		return "sent"
	case job.NoteSuppressed:
		return "aside"
	default:
		return "unsent"
	}
}

// want says in the contract's words what is true of a job.
func want(state job.State, notes []job.NoteState) (d job.Delivery, failed, retryable bool) {
	count := map[string]int{}
	for _, n := range notes {
		count[kind(n)]++
	}
	final := state == job.Succeeded || state == job.Dead || state == job.Canceled
	switch {
	case !final || count["open"] > 0:
		return job.Pending, false, false
	case count["sent"] == 0 && count["unsent"] == 0:
		d = job.None
	case count["unsent"] == 0:
		d = job.Delivered
	case count["sent"] == 0:
		d = job.Failed
	default:
		d = job.Partial
	}
	failed = state == job.Dead || state == job.Succeeded && (d == job.Failed || d == job.Partial)
	return d, failed, failed || state == job.Canceled
}

// Every state of a job with every set of up to three notifications.
func TestDeliveryFailedAndRetryable(t *testing.T) {
	t.Parallel()
	sets := [][]job.NoteState{nil}
	for _, a := range noteStates() {
		sets = append(sets, []job.NoteState{a})
		for _, b := range noteStates() {
			sets = append(sets, []job.NoteState{a, b})
			for _, c := range noteStates() {
				sets = append(sets, []job.NoteState{a, b, c})
			}
		}
	}
	for _, state := range jobStates() {
		for _, set := range sets {
			j := &job.Job{State: state}
			for _, s := range set {
				j.Notifications = append(j.Notifications, job.Notification{State: s})
			}
			delivery, failed, retryable := want(state, set)
			if got := j.DeliveryOf(); got != delivery {
				t.Errorf("%s %v: got delivery %s, want %s", state, set, got, delivery)
			}
			if j.HasFailed() != failed || j.Retryable() != retryable || j.Finished() != (delivery != job.Pending) {
				t.Errorf("%s %v: got failed %v, retryable %v, finished %v, want %v, %v, %v",
					state, set, j.HasFailed(), j.Retryable(), j.Finished(), failed, retryable, delivery != job.Pending)
			}
		}
	}
}

// The combinations the contract names, word for word.
func TestDeliveryByTheContract(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		state     job.State
		notes     []job.NoteState
		delivery  job.Delivery
		failed    bool
		retryable bool
	}{
		"nothing to send":              {job.Succeeded, nil, job.None, false, false},
		"all suppressed":               {job.Succeeded, []job.NoteState{job.NoteSuppressed}, job.None, false, false},
		"all sent":                     {job.Succeeded, []job.NoteState{job.NoteSent, job.NoteSent}, job.Delivered, false, false},
		"sent, one suppressed":         {job.Succeeded, []job.NoteState{job.NoteSent, job.NoteSuppressed}, job.Delivered, false, false},
		"one of two dead":              {job.Succeeded, []job.NoteState{job.NoteSent, job.NoteDead}, job.Partial, true, true},
		"unknown counts as not sent":   {job.Succeeded, []job.NoteState{job.NoteSent, job.NoteUnknown}, job.Partial, true, true},
		"canceled counts as not sent":  {job.Succeeded, []job.NoteState{job.NoteCanceled}, job.Failed, true, true},
		"no one sent":                  {job.Succeeded, []job.NoteState{job.NoteDead, job.NoteSuppressed}, job.Failed, true, true},
		"one still waits":              {job.Succeeded, []job.NoteState{job.NoteSent, job.NoteRetrying}, job.Pending, false, false},
		"expanding":                    {job.Running, []job.NoteState{job.NoteSent}, job.Pending, false, false},
		"dead before any notification": {job.Dead, nil, job.None, true, true},
		"dead, its message was sent":   {job.Dead, []job.NoteState{job.NoteSent}, job.Delivered, true, true},
		"dead, one is still sending":   {job.Dead, []job.NoteState{job.NoteSending}, job.Pending, false, false},
		"canceled":                     {job.Canceled, []job.NoteState{job.NoteCanceled}, job.Failed, false, true},
	} {
		j := &job.Job{State: c.state}
		for _, s := range c.notes {
			j.Notifications = append(j.Notifications, job.Notification{State: s})
		}
		if j.DeliveryOf() != c.delivery || j.HasFailed() != c.failed || j.Retryable() != c.retryable {
			t.Errorf("%s: got %s, failed %v, retryable %v, want %s, %v, %v", name,
				j.DeliveryOf(), j.HasFailed(), j.Retryable(), c.delivery, c.failed, c.retryable)
		}
	}
}

func TestTimesAreMillisecondsInUTC(t *testing.T) {
	t.Parallel()
	tokyo := time.FixedZone("JST", 9*3600)
	for name, c := range map[string]struct {
		at   time.Time
		want string
	}{
		"a whole second":     {time.Date(2026, 11, 24, 11, 0, 0, 0, tokyo), `"2026-11-24T02:00:00.000Z"`},
		"parts of a second":  {time.Date(2026, 11, 24, 2, 0, 0, 1_999_999, time.UTC), `"2026-11-24T02:00:00.001Z"`},
		"before the century": {time.Date(1999, 1, 2, 3, 4, 5, 0, time.UTC), `"1999-01-02T03:04:05.000Z"`},
	} {
		got, err := json.Marshal(job.At(c.at))
		if err != nil || string(got) != c.want {
			t.Errorf("%s: got %s, %v, want %s", name, got, err, c.want)
		}
		var back job.Time
		if err := json.Unmarshal(got, &back); err != nil || !back.Equal(c.at.Truncate(time.Millisecond)) {
			t.Errorf("%s: read back %v, %v, want %v", name, back, err, c.at.Truncate(time.Millisecond))
		}
	}
	if job.AtPtr(time.Time{}) != nil {
		t.Error("no time is not null")
	}
}

// example is the job of the contract's example.
func example() *job.Record {
	at := func(ms int) job.Time {
		return job.At(time.Date(2026, 11, 24, 2, 0, 0, 0, time.UTC).Add(time.Duration(ms) * time.Millisecond))
	}
	ptr := func(t job.Time) *job.Time { return &t }
	const id = job.ID("0199a0b1-c2d3-7e4f-8a5b-6c7d8e9f0a00")
	return &job.Record{
		ID: id, State: job.Succeeded, Run: 1, FinishedAt: at(3500).Time,
		Kept: job.Kept{
			Plugin: "acme.repos", Endpoint: "/github", Name: "GitHub", Size: 7324, AcceptedAt: at(0).UnixMilli(),
			Event: job.EventSummary{Source: "github", Type: "push", DeliveryID: "72d3162e-cc78-11e3-81ab-4c9367dc0958"},
			Request: job.Request{
				Method: "POST", Header: http.Header{"Content-Type": {"application/json"}}, RemoteIP: "140.82.115.9",
			},
		},
		Doc: job.Doc{
			Attempts: []job.Attempt{{Number: 1, StartedAt: at(4), FinishedAt: ptr(at(9)), Outcome: job.OK, Worker: "host-1"}},
			Title:    "octo pushed 1 commit to acme/widgets", Events: 1, Expanded: true, StartedAt: ptr(at(4)),
		},
		Notes: []*job.Note{{
			Notification: job.Notification{
				ID: id.Notification(0, "team", ""), Chat: "team", ChatKey: "telegram-group_-1001234567890", State: job.NoteSent,
				Attempts: []job.Attempt{
					{
						Number: 1, StartedAt: at(11), FinishedAt: ptr(at(90)), Outcome: job.RateLimited,
						Error: "Too Many Requests: retry after 3", RetryAfter: "3s", Worker: "host-1",
					},
					{Number: 2, StartedAt: at(3100), FinishedAt: ptr(at(3500)), Outcome: job.OK, Worker: "host-1"},
				},
				SentAt: ptr(at(3500)), Receipt: &chat.Receipt{MessageID: "42"},
			},
			Lane: "telegram", Spent: 1, Plain: true, Version: "3",
		}},
	}
}

func TestJobAsTheAPIShowsIt(t *testing.T) {
	t.Parallel()
	got, err := json.MarshalIndent(example().Job(), "", " ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "testdata/job.golden", append(got, '\n'))
}

// Lists are lists and never null, and what is not there is null.
func TestABareJobAsTheAPIShowsIt(t *testing.T) {
	t.Parallel()
	r := &job.Record{ID: "0199a0b1-c2d3-7e4f-8a5b-6c7d8e9f0a00", State: job.Queued, Run: 1, Kept: job.Kept{Plugin: "acme.repos", Endpoint: "/x"}}
	r.Notes = []*job.Note{{Notification: job.Notification{State: job.NoteQueued}}}
	got, err := json.MarshalIndent(r.Job(), "", " ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "testdata/bare.golden", append(got, '\n'))
}

func golden(t *testing.T, file string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("want -, got +:\n%s", cmp.Diff(string(want), string(got)))
	}
}

// What is shown is a copy: a reader must not change the record.
func TestTheShownJobIsACopy(t *testing.T) {
	t.Parallel()
	r := example()
	j := r.Job()
	j.Attempts[0].Error = "changed"
	j.Notifications[0].Attempts[0].Error = "changed"
	j.Notifications[0].State = job.NoteDead
	if diff := cmp.Diff(example(), r); diff != "" {
		t.Errorf("the record changed, want -, got +:\n%s", diff)
	}
}
