package store_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"postern/internal/job"
	"postern/internal/redistest"
)

func TestIPRangesAreKept(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	s, client := open(t, server.URL())
	if got, at, err := s.IPRanges(t.Context(), "forge"); got != nil || !at.IsZero() || err != nil {
		t.Fatalf("before: got %v, %v, %v", got, at, err)
	}
	read := time.Now().Truncate(time.Millisecond)
	for provider, list := range map[string][]string{"forge": {"192.0.2.0/24", "2001:db8::/32"}, "cloud": {"198.51.100.1"}} {
		if err := s.KeepIPRanges(t.Context(), provider, list, read); err != nil {
			t.Fatal(err)
		}
		if got, at, err := s.IPRanges(t.Context(), provider); !slices.Equal(got, list) || !at.Equal(read) || err != nil {
			t.Errorf("got %v, %v, %v", got, at, err)
		}
	}
	if ttl := client.TTL(t.Context(), "postern:ip-ranges").Val(); ttl != -1 {
		t.Errorf("the copies expire in %v, want never", ttl)
	}
	client.HSet(t.Context(), "postern:ip-ranges", "forge", "garbage")
	if got, _, err := s.IPRanges(t.Context(), "forge"); err == nil {
		t.Errorf("garbage gave %v", got)
	}
	server.Kill()
	_, _, err := s.IPRanges(t.Context(), "forge")
	if keepErr := s.KeepIPRanges(t.Context(), "forge", nil, read); !errors.Is(err, job.ErrUnavailable) || !errors.Is(keepErr, job.ErrUnavailable) {
		t.Errorf("without Redis: got %v, %v", err, keepErr)
	}
}
