package api_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"postern/internal/api"
	"postern/internal/job"
)

// liveStore is a store whose one job changes while it is watched.
type liveStore struct {
	store
	mu    sync.Mutex
	asked int
}

func (s *liveStore) Job(ctx context.Context, id job.ID) (*job.Job, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	return s.store.Job(ctx, id)
}

func (s *liveStore) set(change func(*store)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.store)
}

func (s *liveStore) state(state job.State) {
	s.set(func(s *store) { s.job = &job.Job{ID: known, State: state} })
}

// watch calls for the events of a job; the answer is whole when it is closed.
func watch(ctx context.Context, h http.Handler, lastID string) (*httptest.ResponseRecorder, chan struct{}) {
	r := httptest.NewRequest(http.MethodGet, path+"/events", nil).WithContext(ctx)
	r.Header.Set("Authorization", "Bearer view-token")
	if lastID != "" {
		r.Header.Set("Last-Event-ID", lastID)
	}
	w, ended := httptest.NewRecorder(), make(chan struct{})
	go func() {
		defer close(ended)
		h.ServeHTTP(w, r)
	}()
	return w, ended
}

func liveAPI(change func(*api.Options)) (http.Handler, *liveStore) {
	s := &liveStore{store: store{job: &job.Job{ID: known, State: job.Queued}}}
	h, _ := newAPI(s.store, func(o *api.Options) {
		o.Jobs = s
		if change != nil {
			change(o)
		}
	})
	return h, s
}

func pass(d time.Duration) {
	timer := time.NewTimer(d)
	<-timer.C
}

var eventID = regexp.MustCompile(`(?m)^id: (\w+)$`)

// shape is a stream less what is in the events.
func shape(w *httptest.ResponseRecorder) string {
	text := regexp.MustCompile(`data: \{"id".*?"state":"(\w+)".*`).ReplaceAllString(w.Body.String(), "$1")
	return strings.ReplaceAll(eventID.ReplaceAllString(text, "id"), "\n", "|")
}

func TestEvents(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h, s := liveAPI(nil)
		w, ended := watch(t.Context(), h, "")
		pass(time.Second)
		s.state(job.Running)
		pass(31 * time.Second)
		s.state(job.Succeeded)
		<-ended
		want := `retry: 1000||event: job|id|queued||event: job|id|running||: still here||: still here||` +
			`event: job|id|succeeded||event: end|data: {"reason":"finished"}||`
		if got := shape(w); got != want || !w.Flushed {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		for header, want := range map[string]string{
			"Content-Type": "text/event-stream; charset=utf-8", "Cache-Control": "no-store, no-transform", "X-Accel-Buffering": "no",
		} {
			if got := w.Header().Get(header); got != want {
				t.Errorf("%s: got %q, want %q", header, got, want)
			}
		}
	})
}

// TestEventsAgain is what an EventSource does when a stream has ended.
func TestEventsAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h, s := liveAPI(nil)
		s.state(job.Succeeded)
		w, ended := watch(t.Context(), h, "")
		<-ended
		last := eventID.FindStringSubmatch(w.Body.String())[1]
		again, ended := watch(t.Context(), h, last)
		<-ended
		if again.Code != http.StatusNoContent || again.Body.Len() > 0 {
			t.Errorf("of a finished job: got %d %s, want 204", again.Code, again.Body)
		}
		s.state(job.Retrying) // it was retried meanwhile
		pass(time.Second)
		again, ended = watch(t.Context(), h, last)
		pass(time.Second)
		s.state(job.Succeeded)
		<-ended
		if got := shape(again); !strings.HasPrefix(got, "retry: 1000||event: job|id|retrying||event: job|id|succeeded||event: end|") {
			t.Errorf("of one that runs again: got %s", got)
		}
	})
}

func TestWhatWasSeenIsNotSentAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h, _ := liveAPI(nil)
		ctx, cancel := context.WithCancel(t.Context())
		w, ended := watch(ctx, h, "")
		pass(time.Second)
		cancel()
		<-ended
		ctx, cancel = context.WithCancel(t.Context())
		again, ended := watch(ctx, h, eventID.FindStringSubmatch(w.Body.String())[1])
		pass(time.Second)
		cancel()
		<-ended
		if got := shape(again); got != "retry: 1000||" {
			t.Errorf("got %s, want no event", got)
		}
	})
}

func TestEventsOfAJobThatIsForgotten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h, s := liveAPI(nil)
		w, ended := watch(t.Context(), h, "")
		pass(time.Second)
		s.set(func(s *store) { s.err = errors.New("away") }) // no end: it will be back
		pass(time.Second)
		s.set(func(s *store) { s.err = job.ErrUnknown })
		<-ended
		if got := shape(w); !strings.HasSuffix(got, `|queued||event: end|data: {"reason":"gone"}||`) {
			t.Errorf("got %s", got)
		}
	})
}

func TestEventsEndWithTheServer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		stopping := make(chan struct{})
		h, _ := liveAPI(func(o *api.Options) { o.Stopping = stopping })
		w, ended := watch(t.Context(), h, "")
		pass(time.Second)
		began := time.Now()
		close(stopping)
		<-ended
		if took := time.Since(began); took > 0 || strings.Contains(w.Body.String(), "event: end") {
			t.Errorf("it took %s, and said %s; want at once, and no end: the caller is to call another", took, w.Body)
		}
	})
}

// TestManyWatchOne: the store is asked once in a while, whoever watches.
func TestManyWatchOne(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h, s := liveAPI(nil)
		var streams []chan struct{}
		for range 50 {
			_, ended := watch(t.Context(), h, "")
			streams = append(streams, ended)
		}
		pass(10 * time.Second)
		s.mu.Lock()
		asked := s.asked
		s.mu.Unlock()
		if asked < 45 || asked > 60 {
			t.Errorf("the store was asked %d times in 10 s, want about 50", asked)
		}
		s.state(job.Dead)
		for _, ended := range streams {
			<-ended
		}
	})
}

func TestStreamsAreBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h, s := liveAPI(nil)
		var streams []chan struct{}
		for range 64 {
			_, ended := watch(t.Context(), h, "")
			streams = append(streams, ended)
		}
		synctest.Wait()
		w := call(h, "GET", path+"/events", "view-token")
		wantProblem(t, w, http.StatusTooManyRequests, "too_many_requests")
		if w.Header().Get("Retry-After") == "" {
			t.Error("no Retry-After")
		}
		if w := call(h, "HEAD", path+"/events", "ops-token"); w.Code != http.StatusOK {
			t.Errorf("another caller: got %d, want 200", w.Code)
		}
		s.state(job.Dead)
		for _, ended := range streams {
			<-ended
		}
		if w := call(h, "GET", path+"/events", "view-token"); w.Code != http.StatusOK {
			t.Errorf("afterwards: got %d, want 200", w.Code)
		}
	})
}

// TestEventsOutliveTheServersDeadline: a whole answer has one, a stream has one
// for each piece.
func TestEventsOutliveTheServersDeadline(t *testing.T) {
	t.Parallel()
	h, s := liveAPI(nil)
	server := httptest.NewUnstartedServer(h)
	server.Config.WriteTimeout = 300 * time.Millisecond
	server.Start()
	defer server.Close()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+path+"/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer view-token")
	response, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	go func() {
		pass(time.Second)
		s.state(job.Dead)
	}()
	var all strings.Builder
	if _, err := fmt.Fprint(&all, readAll(response)); err != nil || !strings.Contains(all.String(), "event: end") {
		t.Errorf("got %s, want the end", all.String())
	}
}
