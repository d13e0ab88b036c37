package live_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"postern/internal/job"
	"postern/internal/live"
	"postern/internal/redistest"
)

func TestWebhooksAreShownAsTheyStand(t *testing.T) {
	t.Parallel()
	r := newRig(t, redistest.Memory(t))
	last := job.LastEvent{At: job.At(time.Unix(1, 0)), JobID: "a-job", Type: "push"}
	if err := r.store.AddTallies(t.Context(), map[job.EndpointID]job.Tally{github(): {Last: &last, Accepted: 2, Refused: 1}}); err != nil {
		t.Fatal(err)
	}
	w := live.Webhooks{Table: r.setup.Table, Gate: r.gate(), Store: r.store, BaseURL: "https://hooks.example.org/"}
	off := job.EndpointID{Plugin: "acme.repos", Path: "/off"}
	for _, id := range []job.EndpointID{github(), off} {
		if _, err := w.Disable(t.Context(), id, "ops"); err != nil {
			t.Fatal(err)
		}
	}
	all, err := w.Webhooks(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	const base = "https://hooks.example.org/api/plugin/acme.repos/webhook"
	want := []job.Webhook{{
		Plugin: "acme.repos", Endpoint: "/github", Name: "GitHub", Description: "Pushes", URL: base + "/github", Methods: []string{"POST"},
		Source: "github", Verification: []string{"hmac X-Hub-Signature-256 sha256"},
		Disabled: true, DisabledBy: job.ByOperator, Switched: &job.Switched{By: "ops"}, LastEvent: &last, Accepted: 2, Refused: 1,
	}, {
		Plugin: "acme.repos", Endpoint: "/off", Name: "/off", URL: base + "/off", Methods: []string{},
		Source: "github", Verification: []string{"hmac X-Hub-Signature-256 sha256"},
		Disabled: true, DisabledBy: job.ByConfig, Switched: &job.Switched{By: "ops"},
	}, {
		Plugin: "acme.repos", Endpoint: "/open/{id}", Name: "/open/{id}", URL: base + "/open/{id}", Methods: []string{},
		Source: "generic", Verification: []string{"none"},
	}}
	if diff := cmp.Diff(want, all, cmpopts.IgnoreFields(job.Switched{}, "At")); diff != "" {
		t.Errorf("webhooks (-want +got):\n%s", diff)
	}
}

func TestWhatTheConfigDisablesIsEnabledThereAlone(t *testing.T) {
	t.Parallel()
	r := newRig(t, redistest.Memory(t))
	w := live.Webhooks{Table: r.setup.Table, Gate: r.gate(), Store: r.store}
	if _, err := w.Enable(t.Context(), job.EndpointID{Plugin: "acme.repos", Path: "/off"}); !errors.Is(err, job.ErrByConfig) {
		t.Errorf("got %v, want ErrByConfig", err)
	}
	for _, id := range []job.EndpointID{{Plugin: "acme.repos", Path: "/none"}, {Plugin: "acme", Path: "/github"}, {}} {
		_, enabling := w.Enable(t.Context(), id)
		_, disabling := w.Disable(t.Context(), id, "ops")
		if !errors.Is(enabling, job.ErrNoSuch) || !errors.Is(disabling, job.ErrNoSuch) {
			t.Errorf("%v: got %v and %v, want ErrNoSuch", id, enabling, disabling)
		}
	}
}
