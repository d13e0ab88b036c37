package store_test

import (
	"testing"

	"postern/internal/job"
	"postern/internal/redistest"
	"postern/internal/store"
	"postern/internal/store/storetest"
)

// Whatever reply is lost, nothing is done twice, and the answer is the same.
func TestLostRepliesToAChange(t *testing.T) {
	t.Parallel()
	for name, do := range map[string]func(t *testing.T, s *store.Store, id job.ID) error{
		"cancel": func(t *testing.T, s *store.Store, id job.ID) error { _, err := s.Cancel(t.Context(), id); return err },
		"delete": func(t *testing.T, s *store.Store, id job.ID) error {
			finish(t, s, id, true)
			return s.Delete(t.Context(), id)
		},
		"replay": func(t *testing.T, s *store.Store, id job.ID) error { _, err := s.Replay(t.Context(), id); return err },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := redistest.Start(t)
			proxy := redistest.StartProxy(t, server.Addr())
			s, _ := open(t, proxy.URL())
			if err := do(t, s, add(t, s, intake("warm")).ID); err != nil { // so that Redis knows the scripts
				t.Fatal(err)
			}
			direct, client := open(t, server.URL())
			a := add(t, direct, intake("d"))
			if name == "delete" {
				finish(t, direct, a.ID, true)
			}
			lose := map[string]redistest.Match{
				"cancel": redistest.Containing("\r\ncanceled\r\n"), "delete": redistest.Containing("9223372036854775807"), "replay": redistest.Containing(`"replay_of"`),
			}[name]
			proxy.DropReplies(1, lose)
			var err error
			if name == "delete" {
				err = s.Delete(t.Context(), a.ID)
			} else {
				err = do(t, s, a.ID)
			}
			if err != nil || proxy.Dropped() != 1 {
				t.Errorf("got %v, %d replies lost, want one", err, proxy.Dropped())
			}
			ids, _, err := direct.IDs(t.Context(), job.Query{DeliveryIDs: []string{"d"}, Limit: 10})
			if want := map[string]int{"cancel": 1, "delete": 0, "replay": 2}[name]; len(ids) != want || err != nil {
				t.Errorf("got %d jobs, %v, want %d", len(ids), err, want)
			}
			storetest.Audit(t, client)
		})
	}
}
