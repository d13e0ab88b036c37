package live_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"postern/internal/job"
	"postern/internal/live"
	"postern/internal/redistest"
	"postern/internal/routing"
)

func TestEveryReceiverKnowsOfAChangeAtOnce(t *testing.T) {
	t.Parallel()
	redistest.Both(t, func(t *testing.T, url string) {
		r := newRig(t, url)
		gates := []*live.Gate{r.gate(), r.gate()}
		w := live.Webhooks{Table: r.setup.Table, Gate: gates[0], Store: r.store}
		var took []time.Duration
		for range 20 {
			if _, err := w.Disable(t.Context(), github(), "ops"); err != nil {
				t.Fatal(err)
			}
			if found(gates[0]) {
				t.Fatal("who disabled it still finds it")
			}
			took = append(took, eventually(t, "disabled", func() bool { return !found(gates[1]) }))
			if _, err := w.Enable(t.Context(), github()); err != nil {
				t.Fatal(err)
			}
			took = append(took, eventually(t, "enabled", func() bool { return found(gates[1]) }))
		}
		slices.Sort(took)
		t.Logf("another receiver knew after %v at the median, %v at most", took[len(took)/2], took[len(took)-1])
		if median := took[len(took)/2]; median > 500*time.Millisecond {
			t.Errorf("it took %v at the median: it was not told, it looked", median)
		}
	})
}

func TestADisabledEndpointIsUnknownWhateverTheMethod(t *testing.T) {
	t.Parallel()
	r := newRig(t, redistest.Memory(t))
	g := r.gate()
	var wrong *routing.MethodError
	if _, _, err := g.Find("acme.repos", "/github", "GET"); !errors.As(err, &wrong) {
		t.Fatalf("got %v, want a *MethodError", err)
	}
	w := live.Webhooks{Table: r.setup.Table, Gate: g, Store: r.store}
	for _, id := range []job.EndpointID{github(), {Plugin: "acme.repos", Path: "/open/{id}"}} {
		if _, err := w.Disable(t.Context(), id, "ops"); err != nil {
			t.Fatal(err)
		}
	}
	for _, path := range []string{"/github", "/open/7", "/off"} {
		for _, method := range []string{"GET", "POST"} {
			e, _, err := g.Find("acme.repos", path, method)
			if !errors.Is(err, routing.ErrNotFound) || e != nil {
				t.Errorf("%s %s: got %v, want ErrNotFound", method, path, err)
			}
			if d, ok := errors.AsType[*routing.DisabledError](err); !ok || d.Endpoint.Plugin != "acme.repos" {
				t.Errorf("%s %s: got %v, want it to name the endpoint", method, path, err)
			}
		}
	}
	for _, e := range g.All() {
		if e.Plugin == "acme.repos" && !e.Disabled {
			t.Errorf("All says that %s is not disabled", e.Path)
		}
	}
	if e, ok := r.setup.Table.ByID("acme.repos", "/github"); !ok || e.Disabled {
		t.Error("the Table was changed: what was accepted before must be worked on")
	}
}

// deaf is a store whose messages get lost.
type deaf struct {
	mu  sync.Mutex
	all map[string]job.Switched
}

func (d *deaf) Disabled(context.Context) (map[string]job.Switched, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.all, nil
}

func (*deaf) WatchDisabled(ctx context.Context, _ func()) { <-ctx.Done() }

func TestAReceiverThatIsNotToldLooks(t *testing.T) {
	t.Parallel()
	table := setup(t).Table
	synctest.Test(t, func(t *testing.T) {
		d := &deaf{}
		g := live.NewGate(table, d, slog.New(slog.DiscardHandler))
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			g.Run(ctx)
		}()
		time.Sleep(5 * time.Second)
		d.mu.Lock()
		d.all = map[string]job.Switched{github().String(): {}}
		d.mu.Unlock()
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if found(g) {
			t.Error("2 s later it still finds what is disabled")
		}
		stop()
		<-ended
	})
}

// A receiver whose Redis is away goes by what it knew last; one that starts
// without Redis, by the config alone, and says so.
func TestAReceiverWithoutRedis(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, "--appendonly", "yes", "--appendfsync", "always")
	r := newRig(t, server.URL())
	knows := r.gate()
	w := live.Webhooks{Table: r.setup.Table, Gate: knows, Store: r.store}
	if _, err := w.Disable(t.Context(), github(), "ops"); err != nil {
		t.Fatal(err)
	}
	server.Stop()
	if err := knows.Reload(t.Context()); !errors.Is(err, job.ErrUnavailable) {
		t.Fatalf("got %v, want ErrUnavailable", err)
	}
	if found(knows) {
		t.Error("a receiver that lost Redis forgot what is disabled")
	}
	log := &transcript{}
	ignorant := live.NewGate(r.setup.Table, r.store, slog.New(slog.NewTextHandler(log, nil)))
	ignorant.Load(t.Context())
	if !found(ignorant) || log.count("disabled endpoints not known, the config alone holds") != 1 {
		t.Errorf("found %v, log %s; want that the config holds, and that it is said", found(ignorant), log.text.String())
	}
	if _, _, err := ignorant.Find("acme.repos", "/off", "POST"); !errors.Is(err, routing.ErrNotFound) {
		t.Errorf("what the config disables: got %v, want ErrNotFound", err)
	}
	late := r.gate()
	server.Restart()
	t.Logf("known %v after Redis was back", eventually(t, "known again", func() bool { return !found(late) }))
}
