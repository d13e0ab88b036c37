package store_test

import (
	"testing"
	"time"

	"postern/internal/job"
	"postern/internal/redistest"
	"postern/internal/store"
	"postern/internal/store/storetest"
)

// A cluster refuses a script whose keys lie in several slots.
func TestEachScriptKeepsToOneSlot(t *testing.T) {
	t.Parallel()
	_, client := open(t, redistest.Cluster(t).URL())
	for late := time.After(10 * time.Second); client.Set(t.Context(), "k", "v", 0).Err() != nil; { // its nodes agree after a moment
		select {
		case <-time.After(20 * time.Millisecond):
		case <-late:
			t.Fatal("the cluster does not come up")
		}
	}
	s := store.New(client, 4, store.Retention{Succeeded: time.Hour, Failed: week})
	all := crowd(t, s, 24)
	wantPages(t, "all", s, job.Query{Limit: 5}, all)
	wantPages(t, "several", s, job.Query{Limit: 5, Plugins: []string{"acme.a"}, Events: []string{"pr"}, Chats: []string{"slack-1"}}, all)
	for _, j := range all {
		if _, err := s.Replay(t.Context(), j.ID); err != nil {
			t.Errorf("replay: %v", err)
		}
		if _, err := s.Cancel(t.Context(), j.ID); err != nil && !j.Finished() {
			t.Errorf("cancel: %v", err)
		}
	}
	failed := add(t, s, intake("d"))
	finish(t, s, failed.ID, true)
	if again := add(t, s, intake("d")); again.Run != 2 {
		t.Errorf("a redelivery: got %+v", again)
	}
	finish(t, s, failed.ID, true)
	if _, err := s.Retry(t.Context(), failed.ID); err != nil {
		t.Errorf("retry: %v", err)
	}
	finish(t, s, failed.ID, true)
	if err := s.Delete(t.Context(), failed.ID); err != nil {
		t.Errorf("delete: %v", err)
	}
	for shard := range uint8(4) {
		if _, err := s.Expire(t.Context(), shard, time.Now().Add(2*week), 100); err != nil {
			t.Errorf("expire: %v", err)
		}
	}
	storetest.Audit(t, client)
}
