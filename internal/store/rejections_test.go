package store_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"postern/internal/job"
	"postern/internal/redistest"
	"postern/internal/store"
	"postern/pkg/secret"
)

// rejected is a row of an endpoint, so many seconds after the others began.
func rejected(endpoint, code, from string, second int) job.Rejection {
	at := job.At(time.Now().Add(-time.Hour).Truncate(time.Second).Add(time.Duration(second) * time.Second))
	r := job.Rejection{
		At: at, FirstAt: at, Count: 1, Plugin: "acme.repos", Endpoint: endpoint, Path: "/api" + endpoint, Method: "POST",
		RemoteIP: from, Status: 403, Code: code, Cause: "the secret has a trailing newline",
	}
	if endpoint == "" {
		r.Plugin, r.Path = "", "/wp-login.php?"+from
	}
	return r
}

func keep(t *testing.T, s *store.Store, rows ...job.Rejection) {
	t.Helper()
	if err := s.AddRejections(t.Context(), rows); err != nil {
		t.Fatal(err)
	}
}

func listed(t *testing.T, s *store.Store, q job.RejectionQuery) ([]job.Rejection, string) {
	t.Helper()
	if q.Limit == 0 {
		q.Limit = 200
	}
	rows, next, err := s.Rejections(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	return rows, next
}

func TestRejectionsOfOneKindAreOneRow(t *testing.T) {
	t.Parallel()
	redistest.Both(t, func(t *testing.T, url string) {
		s, _ := open(t, url)
		first, last := rejected("/github", "signature_mismatch", "192.0.2.1", 1), rejected("/github", "signature_mismatch", "192.0.2.1", 9)
		last.Count = 4
		keep(t, s, first)
		keep(t, s, last, rejected("/github", "signature_mismatch", "192.0.2.2", 5))
		keep(t, s, rejected("/github", "signature_mismatch", "192.0.2.1", 3)) // late, from another receiver
		rows, next := listed(t, s, job.RejectionQuery{})
		if len(rows) != 2 || next != "" {
			t.Fatalf("got %d rows and cursor %q, want 2 and none", len(rows), next)
		}
		want := last
		want.FirstAt, want.Count = first.FirstAt, 6
		if diff := cmp.Diff(want, rows[0], cmp.Comparer(func(a, b secret.Text) bool { return a.Reveal() == b.Reveal() })); diff != "" {
			t.Errorf("row (-want +got):\n%s", diff)
		}
	})
}

func TestRejectionsAreBoundedPerEndpoint(t *testing.T) {
	t.Parallel()
	redistest.Both(t, func(t *testing.T, url string) {
		s, client := open(t, url)
		token := rejected("/notion", job.Handshake, "192.0.2.1", 0)
		token.Secret = secret.New("secret_of-notion")
		keep(t, s, rejected("/quiet", "signature_missing", "192.0.2.1", 0), token)
		for i := range 150 {
			from := fmt.Sprintf("198.51.100.%d", i)
			keep(t, s, rejected("/flooded", "signature_mismatch", from, i), rejected("/notion", "signature_missing", from, i), rejected("", "not_found", from, i))
		}
		rows, _ := listed(t, s, job.RejectionQuery{Endpoints: []string{"/flooded"}})
		if len(rows) != store.RejectionsPerEndpoint || rows[0].RemoteIP != "198.51.100.149" {
			t.Errorf("the flooded endpoint: got %d rows, the first of %s, want the newest %d", len(rows), rows[0].RemoteIP, store.RejectionsPerEndpoint)
		}
		if rows, _ = listed(t, s, job.RejectionQuery{Endpoints: []string{"/quiet"}}); len(rows) != 1 {
			t.Errorf("the quiet endpoint: got %d rows, want its 1", len(rows))
		}
		if rows, _ = listed(t, s, job.RejectionQuery{Codes: []string{job.Handshake}}); len(rows) != 1 || rows[0].Secret.Reveal() != "secret_of-notion" {
			t.Errorf("the handshake: got %d rows, want it with its secret", len(rows))
		}
		if rows, _ = listed(t, s, job.RejectionQuery{Codes: []string{"not_found"}}); len(rows) != store.RejectionsOfNobody {
			t.Errorf("unknown paths: got %d rows, want %d", len(rows), store.RejectionsOfNobody)
		}
		keys := client.Keys(t.Context(), "*").Val()
		for _, key := range keys {
			if ttl := client.PTTL(t.Context(), key).Val(); !strings.HasPrefix(key, "postern:{rejections}:") || ttl <= 0 {
				t.Errorf("key %s lives for %s, want it in the one slot and bounded", key, ttl)
			}
		}
		// Nothing is left of the rows that went.
		want := int64(store.RejectionsPerEndpoint*2 + store.RejectionsOfNobody + 2)
		for _, key := range []string{"docs", "counts", "firsts"} {
			if got := client.HLen(t.Context(), "postern:{rejections}:"+key).Val(); got != want {
				t.Errorf("%s: got %d entries, want %d", key, got, want)
			}
		}
	})
}

func TestOldRejectionsGo(t *testing.T) {
	t.Parallel()
	s, client := open(t, redistest.Memory(t))
	old := rejected("/github", "signature_mismatch", "192.0.2.1", 0)
	old.At = job.At(time.Now().Add(-store.RejectionsFor - time.Minute))
	keep(t, s, old)
	if rows, _ := listed(t, s, job.RejectionQuery{}); len(rows) != 0 {
		t.Errorf("got %d rows, want none older than %s", len(rows), store.RejectionsFor)
	}
	keep(t, s, rejected("/github", "signature_mismatch", "192.0.2.2", 1))
	if got := client.HLen(t.Context(), "postern:{rejections}:docs").Val(); got != 1 {
		t.Errorf("got %d rows stored, want 1", got)
	}
}

func TestRejectionsPageByPage(t *testing.T) {
	t.Parallel()
	redistest.Both(t, func(t *testing.T, url string) {
		s, _ := open(t, url)
		var want []string
		for i := range 300 {
			endpoint := fmt.Sprintf("/%03d", i/40)
			keep(t, s, rejected(endpoint, "signature_mismatch", fmt.Sprintf("192.0.2.%d", i), i/100)) // many of one time
			if i/40%2 == 0 {
				want = append(want, fmt.Sprintf("192.0.2.%d", i))
			}
		}
		query := job.RejectionQuery{Endpoints: []string{"/000", "/002", "/004", "/006"}, Limit: 7}
		seen := map[string]int{}
		for {
			rows, next := listed(t, s, query)
			for _, r := range rows {
				seen[r.RemoteIP]++
			}
			if query.Cursor = next; next == "" {
				break
			}
			if len(rows) != 7 {
				t.Fatalf("a page has %d rows, want 7", len(rows))
			}
		}
		for _, from := range want {
			if seen[from] != 1 {
				t.Errorf("%s was listed %d times, want once", from, seen[from])
			}
		}
		if len(seen) != len(want) {
			t.Errorf("got %d rows, want %d", len(seen), len(want))
		}
	})
}

func TestRejectionFilters(t *testing.T) {
	t.Parallel()
	s, _ := open(t, redistest.Memory(t))
	keep(t, s, rejected("/a", "signature_missing", "192.0.2.1", 0), rejected("/b", "signature_mismatch", "192.0.2.2", 1800),
		rejected("/c", "ip_not_allowed", "192.0.2.3", 3000))
	for name, c := range map[string]struct {
		q    job.RejectionQuery
		want string
	}{
		"all":          {job.RejectionQuery{}, "/c/b/a"},
		"an endpoint":  {job.RejectionQuery{Endpoints: []string{"/b"}}, "/b"},
		"two codes":    {job.RejectionQuery{Codes: []string{"signature_missing", "ip_not_allowed"}}, "/c/a"},
		"a plugin":     {job.RejectionQuery{Plugins: []string{"acme.other"}}, ""},
		"since a time": {job.RejectionQuery{Since: time.Now().Add(-45 * time.Minute)}, "/c/b"},
		"both":         {job.RejectionQuery{Endpoints: []string{"/a"}, Codes: []string{"ip_not_allowed"}}, ""},
	} {
		rows, _ := listed(t, s, c.q)
		var endpoints []string
		for _, r := range rows {
			endpoints = append(endpoints, r.Endpoint)
		}
		if got := strings.Join(endpoints, ""); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
	for _, cursor := range []string{"x", "1", "0-x", "-1-x", "x-1"} {
		if _, _, err := s.Rejections(t.Context(), job.RejectionQuery{Limit: 1, Cursor: cursor}); !errors.Is(err, job.ErrCursor) {
			t.Errorf("cursor %q: got %v, want %v", cursor, err, job.ErrCursor)
		}
	}
}

func TestRejectionsOnACluster(t *testing.T) {
	t.Parallel()
	s, client := open(t, redistest.Cluster(t).URL())
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for client.Set(t.Context(), "up", "1", time.Minute).Err() != nil { // it takes a moment to know its slots
		<-tick.C
	}
	keep(t, s, rejected("/a", "signature_missing", "192.0.2.1", 0), rejected("", "not_found", "192.0.2.2", 1))
	if rows, _ := listed(t, s, job.RejectionQuery{}); len(rows) != 2 {
		t.Errorf("got %d rows, want 2", len(rows))
	}
}

func TestRejectionsWithoutRedis(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	s, _ := open(t, server.URL())
	server.Stop()
	if err := s.AddRejections(t.Context(), []job.Rejection{rejected("/a", "signature_missing", "192.0.2.1", 0)}); !errors.Is(err, job.ErrUnavailable) {
		t.Errorf("keep: got %v, want %v", err, job.ErrUnavailable)
	}
	if _, _, err := s.Rejections(t.Context(), job.RejectionQuery{Limit: 1}); !errors.Is(err, job.ErrUnavailable) {
		t.Errorf("list: got %v, want %v", err, job.ErrUnavailable)
	}
}
