package ipranges_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"postern/internal/fetch"
	"postern/internal/ipranges"
	"postern/internal/redisconn"
	"postern/internal/redistest"
	"postern/internal/store"
	"postern/pkg/source"
)

var (
	old     = netip.MustParseAddr("192.0.2.1")    // of the first list
	moved   = netip.MustParseAddr("198.51.100.1") // of the second
	written = netip.MustParseAddr("203.0.113.1")  // documented
)

const (
	firstList  = `{"hooks":["192.0.2.0/24"]}`
	secondList = `{"hooks":["198.51.100.0/24"]}`
)

// publisher is a fake provider's web server. What it answers is changed while
// it runs; empty is no answer at all.
type publisher struct {
	*httptest.Server
	answer atomic.Value
	asked  atomic.Int32
}

func newPublisher(t *testing.T) *publisher {
	t.Helper()
	p := &publisher{}
	p.answer.Store(firstList)
	p.Server = httptest.NewTLSServer(http.HandlerFunc(p.serve))
	p.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, 0)
	t.Cleanup(p.Close)
	return p
}

func (p *publisher) serve(w http.ResponseWriter, r *http.Request) {
	p.asked.Add(1)
	switch answer := p.answer.Load().(string); answer {
	case "500":
		http.Error(w, firstList, http.StatusInternalServerError)
	case "moved":
		http.Redirect(w, r, "/elsewhere", http.StatusMovedPermanently)
	case "slow":
		<-r.Context().Done()
	case "gone":
		panic(http.ErrAbortHandler)
	default:
		_, _ = io.WriteString(w, answer)
	}
}

// provider is one that publishes its list here.
func (p *publisher) provider(t *testing.T, paths ...string) *ipranges.Provider {
	t.Helper()
	var urls []string
	for _, path := range append(paths, "/meta") {
		urls = append(urls, p.URL+path)
	}
	made, err := ipranges.New("forge", source.Ranges{
		URLs: urls, Read: source.ListIn("hooks"), Known: []string{"203.0.113.0/24"},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func (p *publisher) refresher(kept ipranges.Kept, log io.Writer, providers ...*ipranges.Provider) *ipranges.Refresher {
	transport := p.Client().Transport.(*http.Transport).Clone()
	transport.ResponseHeaderTimeout = 200 * time.Millisecond
	return &ipranges.Refresher{
		Providers: providers, Fetch: fetch.NewListsWith(transport).Get, Kept: kept,
		Log: slog.New(slog.NewTextHandler(log, nil)),
	}
}

// shelf keeps copies in memory.
type shelf struct {
	mu   sync.Mutex
	list []string
	at   time.Time
	err  error
}

func (s *shelf) IPRanges(context.Context, string) ([]string, time.Time, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.list, s.at, s.err
}

func (s *shelf) KeepIPRanges(_ context.Context, _ string, list []string, at time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		s.list, s.at = list, at
	}
	return s.err
}

func allowed(t *testing.T, p *ipranges.Provider, who string, want ...netip.Addr) {
	t.Helper()
	for _, ip := range []netip.Addr{old, moved, written} {
		got, known := p.Allows(ip)
		wanted := false
		for _, w := range want {
			wanted = wanted || w == ip
		}
		if got != wanted || !known {
			t.Errorf("%s: %s may call: %t, known %t; want %t", who, ip, got, known, wanted)
		}
	}
}

func TestRefresh(t *testing.T) {
	t.Parallel()
	endless := `{"hooks":["192.0.2.1"` + strings.Repeat(`,"198.51.100.1"`, 10_000) + `]}`
	tests := map[string]struct {
		second string // answer
		err    string // empty: it is taken
	}{
		"changed":               {secondList, ""},
		"an empty list":         {`{"hooks":[]}`, "no address"},
		"no list":               {`{"web":["198.51.100.0/24"]}`, "no list"},
		"a list of numbers":     {`{"hooks":[1,2]}`, "no list"},
		"everybody":             {`{"hooks":["198.51.100.0/24","0.0.0.0/0"]}`, "wider"},
		"not addresses":         {`{"hooks":["198.51.100.0/24","hooks.example"]}`, "neither an address"},
		"endless":               {endless, "10001"},
		"larger than it may be": {`{"hooks":["198.51.100.0/24"],"web":"` + strings.Repeat("x", fetch.MaxListBytes) + `"}`, "longer"},
		"garbage":               {"\x00\xff<html>", "invalid"},
		"half an answer":        {secondList[:20], "unexpected end"},
		"an error":              {"500", "500"},
		"moved":                 {"moved", "301"},
		"slow":                  {"slow", "timeout"},
		"gone":                  {"gone", "EOF"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			from, kept := newPublisher(t), &shelf{}
			p := from.provider(t)
			allowed(t, p, "before", written)
			if err := from.refresher(kept, io.Discard).Refresh(t.Context(), p); err != nil {
				t.Fatal(err)
			}
			allowed(t, p, "the first list", old)
			from.answer.Store(tt.second)
			err := from.refresher(kept, io.Discard).Refresh(t.Context(), p)
			if (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
				t.Errorf("got %v, want %q", err, tt.err)
			}
			want, list := moved, "198.51.100.0/24"
			if tt.err != "" {
				want, list = old, "192.0.2.0/24"
			}
			allowed(t, p, "the second list", want)
			if len(kept.list) != 1 || kept.list[0] != list {
				t.Errorf("kept %v, want %s", kept.list, list)
			}
		})
	}
}

func TestAPartOfAListIsNone(t *testing.T) {
	t.Parallel()
	from := newPublisher(t)
	p := from.provider(t, "/eu")
	fetched := 0
	r := from.refresher(&shelf{}, io.Discard)
	whole := r.Fetch
	r.Fetch = func(ctx context.Context, url string) ([]byte, error) {
		if fetched++; fetched > 1 {
			return nil, errors.New("the second list is gone")
		}
		return whole(ctx, url)
	}
	if err := r.Refresh(t.Context(), p); err == nil {
		t.Error("a part was taken for the whole")
	}
	allowed(t, p, "afterwards", written)
}

func TestAReaderThatBreaksIsAnError(t *testing.T) {
	t.Parallel()
	from := newPublisher(t)
	p, err := ipranges.New("forge", source.Ranges{URLs: []string{from.URL}, Read: func([]byte) ([]string, error) { panic("ouch") }}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := from.refresher(&shelf{}, io.Discard).Refresh(t.Context(), p); err == nil || !strings.Contains(err.Error(), "ouch") {
		t.Errorf("got %v", err)
	}
}

func TestTheKeptCopyIsSharedAndSurvives(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	client, err := redisconn.Open(t.Context(), server.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	kept := store.New(client, 1, store.Retention{})
	from := newPublisher(t)
	if err := from.refresher(kept, io.Discard).Refresh(t.Context(), from.provider(t)); err != nil {
		t.Fatal(err)
	}
	from.answer.Store("gone")
	next := from.provider(t) // another receiver, or the same one after a restart
	from.refresher(kept, io.Discard, next).Load(t.Context())
	allowed(t, next, "loaded", old)

	server.Kill()
	var log bytes.Buffer
	last := from.provider(t)
	from.refresher(kept, &log, last).Load(t.Context())
	allowed(t, last, "without Redis", written)
	if !strings.Contains(log.String(), "kept ip ranges not read") {
		t.Errorf("the log says %q", log.String())
	}
}

func TestAKeptCopyThatIsAbsurdIsLeft(t *testing.T) {
	t.Parallel()
	from := newPublisher(t)
	p := from.provider(t)
	from.refresher(&shelf{list: []string{"0.0.0.0/0"}, at: time.Now()}, io.Discard, p).Load(t.Context())
	allowed(t, p, "afterwards", written)
}

// line counts how often a log has a message.
func line(log *lockedBuffer, message string) int { return strings.Count(log.text(), `msg="`+message) }

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// simulated is a Refresher under a fake clock, whose fetches are counted and
// answered by the test.
func simulated(t *testing.T, kept ipranges.Kept, answer func() (string, error)) (p *ipranges.Provider, fetches *atomic.Int32, log *lockedBuffer) {
	t.Helper()
	p, err := ipranges.New("forge", source.Ranges{URLs: []string{"https://lists.example"}, Read: source.ListIn("hooks")}, nil)
	if err != nil {
		t.Fatal(err)
	}
	fetches, log = &atomic.Int32{}, &lockedBuffer{}
	r := &ipranges.Refresher{
		Providers: []*ipranges.Provider{p}, Kept: kept, Log: slog.New(slog.NewTextHandler(log, nil)),
		Fetch: func(context.Context, string) ([]byte, error) {
			fetches.Add(1)
			text, err := answer()
			return []byte(text), err
		},
	}
	r.Load(t.Context())
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	go r.Run(ctx)
	synctest.Wait()
	return p, fetches, log
}

func TestRunAsksEveryFewHoursAndTellsOfAFailureOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var broken atomic.Bool
		p, fetches, log := simulated(t, &shelf{}, func() (string, error) {
			if broken.Load() {
				return "", errors.New("no route to host")
			}
			return firstList, nil
		})
		if got := fetches.Load(); got != 1 || !p.Known() {
			t.Fatalf("%d fetches at start, known %t; want 1", got, p.Known())
		}
		time.Sleep(24 * time.Hour)
		if got := fetches.Load(); got < 4 || got > 5 {
			t.Errorf("%d fetches in a day, want one in 6 to 7 hours", got)
		}
		broken.Store(true)
		time.Sleep(24 * time.Hour)
		if got := line(log, "ip ranges not refreshed"); got != 1 {
			t.Errorf("a day of failures is told %d times, want once\n%s", got, log.text())
		}
		if ok, known := p.Allows(old); !ok || !known {
			t.Error("the last good list is not in force")
		}
		broken.Store(false)
		time.Sleep(time.Hour)
		if got := line(log, "ip ranges refreshed again"); got != 1 {
			t.Errorf("the end of the failure is told %d times, want once\n%s", got, log.text())
		}
		if got := line(log, "ip ranges changed"); got != 1 {
			t.Errorf("the same list is told %d times as a change, want once", got)
		}
	})
}

func TestRunAsksSoonWhereNothingIsKnown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var fixed atomic.Bool
		p, _, _ := simulated(t, &shelf{}, func() (string, error) {
			if !fixed.Load() {
				return "", errors.New("no route to host")
			}
			return firstList, nil
		})
		if _, known := p.Allows(old); known {
			t.Fatal("something is known")
		}
		fixed.Store(true)
		time.Sleep(time.Minute)
		if ok, _ := p.Allows(old); !ok {
			t.Error("a minute after the network came back nothing is known")
		}
	})
}

func TestRunTakesWhatAnotherReceiverFetched(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		kept := &shelf{list: []string{"192.0.2.0/24"}, at: time.Now().Add(-time.Hour)}
		p, fetches, _ := simulated(t, kept, func() (string, error) { return secondList, nil })
		if ok, _ := p.Allows(old); !ok || fetches.Load() != 0 {
			t.Errorf("the kept copy is not in force, or was fetched anew: %d fetches", fetches.Load())
		}
		for range 5 { // the other one is always first
			time.Sleep(4 * time.Hour)
			_ = kept.KeepIPRanges(t.Context(), "forge", []string{"198.51.100.0/24"}, time.Now())
		}
		if ok, _ := p.Allows(moved); !ok || fetches.Load() != 0 {
			t.Errorf("what another one kept is not in force, or was fetched anew: %d fetches", fetches.Load())
		}
	})
}

func TestAKeptCopyOfTheFutureIsUsedAndFetchedAnew(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		kept := &shelf{list: []string{"192.0.2.0/24"}, at: time.Now().Add(1000 * time.Hour)}
		p, fetches, _ := simulated(t, kept, func() (string, error) { return secondList, nil })
		if ok, _ := p.Allows(moved); !ok || fetches.Load() != 1 {
			t.Errorf("the list of a wrong clock stays: %d fetches", fetches.Load())
		}
	})
}
