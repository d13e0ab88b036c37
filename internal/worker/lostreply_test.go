package worker_test

import (
	"testing"
	"time"

	"postern/internal/job"
	"postern/internal/redistest"
)

// A client repeats a script whose reply was lost: the repetition must know what
// the first one did for its own.
func TestALostReplyIsNotTakenForADeadWorker(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"to the beginning of a job": "\r\nrunning\r\n",
		"to the intent of a send":   `"state":"sending"`,
		"to the receipt of a send":  `"state":"sent"`,
		"to the outcome of a job":   "\r\nsucceeded\r\n",
		"to making a notification":  `"state":"queued"`,
	}
	for name, what := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			proxy := redistest.StartProxy(t, redistest.Start(t).Addr())
			w := newWorldAt(t, proxy.URL())
			w.start("w", with("on_unknown: hold"), nil)
			w.finished(w.post("/one", "before")) // so that Redis knows the scripts
			proxy.DropReplies(1, redistest.Containing(what))
			begun := time.Now()
			j := w.finished(w.post("/one", "hello"))
			if proxy.Dropped() != 1 {
				t.Fatalf("%d replies were lost, want 1", proxy.Dropped())
			}
			if j.Delivery != job.Delivered || len(j.Attempts) != 1 || len(j.Notifications[0].Attempts) != 1 {
				t.Errorf("got %s", shown(j))
			}
			if said := w.room.said("team"); len(said) != 2 {
				t.Errorf("said %q, want each once", said)
			}
			if took := time.Since(begun); took > 8*time.Second {
				t.Errorf("took %s: a lease was waited for", took)
			}
		})
	}
}
