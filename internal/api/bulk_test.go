package api_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"postern/internal/api"
	"postern/internal/job"
)

// idsEnding makes ids with these last digits: see store.again.
func idsEnding(digits string) []job.ID {
	ids := make([]job.ID, len(digits))
	for i, d := range digits {
		ids[i] = job.ID(fmt.Sprintf("01990000-0000-7000-8000-%011x%c", i+1, d))
	}
	return ids
}

type many struct {
	Count, Skipped int
	NextCursor     string `json:"next_cursor"`
}

func callMany(t *testing.T, h http.Handler, target string) many {
	t.Helper()
	w := call(h, "POST", target, "ops-token")
	var got many
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != http.StatusOK {
		t.Fatalf("%s: got %d %s, error %v", target, w.Code, w.Body, err)
	}
	return got
}

func TestRetryOfMany(t *testing.T) {
	t.Parallel()
	for _, verb := range []string{"retry", "replay"} {
		var asked job.Query
		var changed []job.ID
		ids := idsEnding("0a1b2")
		h, _ := newAPI(store{ids: ids, query: &asked, changed: &changed}, nil)
		got := callMany(t, h, "/api/jobs/"+verb+"?state=dead&chat=team")
		if got != (many{Count: 3, Skipped: 2}) {
			t.Errorf("%s: got %+v, want 3 and 2 skipped", verb, got)
		}
		if diff := cmp.Diff(ids, changed); diff != "" {
			t.Errorf("%s: order (-want +got):\n%s", verb, diff)
		}
		if !asked.OldestFirst || asked.Limit != 1000 || asked.Until.IsZero() || len(asked.States) != 1 || asked.Chats[0] != "telegram-group_1" {
			t.Errorf("%s: asked %+v", verb, asked)
		}
	}
}

func TestManyWithoutAFilter(t *testing.T) {
	t.Parallel()
	var changed []job.ID
	h, _ := newAPI(store{ids: idsEnding("0"), changed: &changed}, nil)
	for _, query := range []string{"", "?limit=10", "?cursor=abc.1", "?limit=1001&state=dead", "?all=true", "?state=x", "?state=dead&cursor=abc", "?state=dead&cursor=made-up.1", "?state=dead&cursor=.1", "?state=dead&cursor=abc.x"} {
		for _, verb := range []string{"retry", "replay"} {
			wantProblem(t, call(h, "POST", "/api/jobs/"+verb+query, "ops-token"), http.StatusBadRequest, "invalid_query")
		}
	}
	if len(changed) > 0 {
		t.Errorf("changed %v, want none", changed)
	}
}

// TestTheNextCallGoesOn: its cursor says when the first was, for what was
// accepted since is not meant: a replay would never end.
func TestTheNextCallGoesOn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var asked job.Query
		var changed []job.ID
		h, _ := newAPI(store{ids: idsEnding("0"), next: "more", query: &asked, changed: &changed}, nil)
		began := time.Now()
		first := callMany(t, h, "/api/jobs/replay?plugin=a.b&until=2100-01-01T00:00:00Z")
		if first.NextCursor != "more."+strconv.FormatInt(began.UnixMilli(), 10) || !asked.Until.Equal(began) {
			t.Fatalf("got cursor %q, until %s; want the beginning %s in both", first.NextCursor, asked.Until, began)
		}
		timer := time.NewTimer(time.Hour)
		<-timer.C
		second := callMany(t, h, "/api/jobs/replay?plugin=a.b&cursor="+first.NextCursor)
		if asked.Cursor != "more" || !asked.Until.Equal(began) || second.NextCursor != first.NextCursor {
			t.Errorf("asked %+v and got %+v; want the first call's time", asked, second)
		}
		callMany(t, h, "/api/jobs/replay?until="+began.Add(-time.Hour).UTC().Format(time.RFC3339))
		if !asked.Until.Equal(began.Add(-time.Hour)) {
			t.Errorf("until: got %s, want the caller's own", asked.Until)
		}
	})
}

func TestManyUntilTheStoreGoes(t *testing.T) {
	t.Parallel()
	var changed []job.ID
	ids := idsEnding("0a1f2")
	h, log := newAPI(store{ids: ids, changed: &changed}, nil)
	got := callMany(t, h, "/api/jobs/replay?state=dead")
	if got.Count != 2 || got.Skipped != 1 || !strings.HasPrefix(got.NextCursor, ids[2].Cursor()+".") || len(changed) != 4 {
		t.Errorf("got %+v after %v, want what was done and the place where it ended", got, changed)
	}
	if !strings.Contains(log.String(), "queue unavailable") {
		t.Errorf("the log does not say why: %s", log)
	}
	h, _ = newAPI(store{ids: idsEnding("f"), changed: &changed}, nil)
	wantProblem(t, call(h, "POST", "/api/jobs/replay?state=dead", "ops-token"), http.StatusServiceUnavailable, "queue_unavailable")
}

// slowStore takes three seconds for a retry.
type slowStore struct{ store }

func (s slowStore) Retry(ctx context.Context, id job.ID) (job.Receipt, error) {
	timer := time.NewTimer(3 * time.Second)
	<-timer.C
	return s.store.Retry(ctx, id)
}

func TestManyWithinATime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var changed []job.ID
		s := store{ids: idsEnding("000000000000"), changed: &changed}
		h, _ := newAPI(s, func(o *api.Options) { o.Changes = slowStore{s} })
		got := callMany(t, h, "/api/jobs/retry?state=dead")
		if got.Count != 7 || !strings.HasPrefix(got.NextCursor, s.ids[6].Cursor()+".") {
			t.Errorf("got %+v, want 7 within 20 s and the place of the last", got)
		}
	})
}
