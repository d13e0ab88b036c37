package queue_test

import (
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"postern/internal/job"
	"postern/internal/redistest"
)

// ghost leaves only the id and the state of a task that asynq has begun.
func (r *rig) ghost(q, id string) {
	r.t.Helper()
	r.move(q, id, "active")
	r.client.HDel(r.t.Context(), "asynq:{"+q+"}:t:"+id, "msg")
}

func TestEnsureJobInEveryState(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		state     string
		abandoned bool
		want      string
	}{
		"absent":                         {"", false, "pending"},
		"absent, its worker dead":        {"", true, "pending"},
		"pending":                        {"pending", false, "pending"},
		"pending, its worker dead":       {"pending", true, "pending"},
		"scheduled":                      {"scheduled", false, "scheduled"},
		"waiting for a retry":            {"retry", false, "retry"},
		"waiting, its worker dead":       {"retry", true, "retry"},
		"active, its worker may live":    {"active", false, "active"},
		"active, its worker dead":        {"active", true, "pending"},
		"active, its worker silent":      {"silent", false, "pending"},
		"active without a lease":         {"leaseless", false, "pending"},
		"a ghost, its worker dead":       {"ghost", true, "pending"},
		"archived by somebody":           {"archived", false, "pending"},
		"completed, kept by somebody":    {"completed", false, "pending"},
		"archived, its worker long dead": {"archived", true, "pending"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			redistest.Both(t, func(t *testing.T, url string) {
				r := newRig(t, url)
				id := r.addJob(0)
				task := string(id) + ":1"
				r.put("events-0", task, c.state)
				for _, abandoned := range []bool{c.abandoned, false} { // as often as one likes
					if err := r.EnsureJob(t.Context(), id, 1, abandoned); err != nil {
						t.Fatalf("ensure: %v", err)
					}
					if got := r.state("events-0", task); got != c.want {
						t.Errorf("got %q, want %q", got, c.want)
					}
				}
				if n := r.client.ZCard(t.Context(), "asynq:{events-0}:lease").Val(); (n == 1) != (c.want == "active") {
					t.Errorf("%d leases are left of a task that is %s", n, c.want)
				}
			})
		})
	}
}

func TestEnsureTurnInEveryState(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		state    string
		runnable bool
		want     string
	}{
		"absent":               {"", true, "pending"},
		"pending":              {"pending", true, "pending"},
		"scheduled":            {"scheduled", true, "scheduled"},
		"waiting for a retry":  {"retry", true, "retry"},
		"active":               {"active", false, "active"},
		"active, silent":       {"silent", true, "pending"},
		"active, no lease":     {"leaseless", true, "pending"},
		"a ghost":              {"ghost", false, "active"},
		"archived by somebody": {"archived", true, "pending"},
		"kept by somebody":     {"completed", true, "pending"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, redistest.Memory(t))
			ticket := job.Ticket{Box: job.Box{Lane: "slack", Chat: "slack-team"}, Number: "12"}
			if err := r.AddTurn(t.Context(), ticket); err != nil {
				t.Fatal(err)
			}
			r.put("chats-slack", "slack-team:12", c.state)
			runnable, err := r.EnsureTurn(t.Context(), ticket)
			if runnable != c.runnable || err != nil {
				t.Errorf("got runnable %v, %v, want %v", runnable, err, c.runnable)
			}
			if got := r.state("chats-slack", "slack-team:12"); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// put brings a pending task into a state.
func (r *rig) put(q, id, state string) {
	r.t.Helper()
	switch state {
	case "pending":
	case "":
		r.client.LRem(r.t.Context(), "asynq:{"+q+"}:pending", 0, id)
		r.client.Del(r.t.Context(), "asynq:{"+q+"}:t:"+id)
	case "ghost":
		r.ghost(q, id)
	case "silent": // asynq's lease is 30 s, prolonged every 5 s
		r.move(q, id, "active")
		r.client.ZAdd(r.t.Context(), "asynq:{"+q+"}:lease", redis.Z{Score: float64(time.Now().Add(15 * time.Second).Unix()), Member: id})
	case "leaseless":
		r.move(q, id, "active")
		r.client.ZRem(r.t.Context(), "asynq:{"+q+"}:lease", id)
	default:
		r.move(q, id, state)
	}
}

// A recovered task goes to the head of its queue: it has waited already.
func TestARecoveredTaskIsNext(t *testing.T) {
	t.Parallel()
	r := newRig(t, redistest.Memory(t))
	id := r.addJob(0)
	r.kill("events-0", string(id)+":1")
	for range 3 {
		r.addJob(0)
	}
	if err := r.EnsureJob(t.Context(), id, 1, true); err != nil {
		t.Fatal(err)
	}
	if next := r.client.LIndex(t.Context(), "asynq:{events-0}:pending", -1).Val(); next != string(id)+":1" { // asynq takes from the right
		t.Errorf("the next task is %s, want %s", next, id)
	}
}

// A worker that lives still acknowledges a task that was thought lost.
func TestTheLeaseIsLookedAtNotTheClock(t *testing.T) {
	t.Parallel()
	r := newRig(t, redistest.Memory(t))
	id := string(r.addJob(0)) + ":1"
	r.move("events-0", id, "active")
	r.client.ZAdd(t.Context(), "asynq:{events-0}:lease", redis.Z{Score: float64(time.Now().Add(-time.Second).Unix()), Member: id})
	if n, err := r.Sweep(t.Context(), options()); n != 0 || err != nil {
		t.Errorf("got %d mended, %v: a lease that has just ended is asynq's own affair", n, err)
	}
}
