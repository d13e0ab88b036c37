package client_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"postern/internal/job"
	"postern/pkg/client"
	"postern/pkg/secret"
)

const id = "01990000-0000-7000-8000-000000000001"

// server answers as handle says and remembers what was asked.
type server struct {
	*httptest.Server
	asked []string
}

func serve(t *testing.T, handle http.HandlerFunc) (*client.Client, *server) {
	t.Helper()
	s := &server{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.asked = append(s.asked, r.Method+" "+r.URL.RequestURI())
		if got := r.Header.Get("Authorization"); got != "Bearer the-token" {
			t.Errorf("Authorization: got %q", got)
		}
		handle(w, r)
	}))
	t.Cleanup(s.Close)
	c, err := client.New(client.Options{BaseURL: s.URL + "/", Token: secret.New("the-token"), HTTP: s.Client()})
	if err != nil {
		t.Fatal(err)
	}
	return c, s
}

func says(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = fmt.Fprint(w, body)
	}
}

// TestTheSameMembers: the client reads what the API writes.
func TestTheSameMembers(t *testing.T) {
	t.Parallel()
	for name, pair := range map[string][2]any{
		"Job": {job.Job{}, client.Job{}}, "Rejection": {job.Rejection{}, client.Rejection{}},
	} {
		got, want := members(reflect.TypeOf(pair[1])), members(reflect.TypeOf(pair[0]))
		if !slices.Equal(got, want) {
			t.Errorf("%s: got  %v\nwant %v", name, got, want)
		}
	}
}

// members gives all JSON names of a type, in their order, as paths.
func members(t reflect.Type) []string {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || t == reflect.TypeFor[time.Time]() || t == reflect.TypeFor[job.Time]() || t == reflect.TypeFor[secret.Text]() {
		return nil
	}
	var all []string
	for f := range t.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "-" {
			continue
		}
		all = append(all, name)
		for _, inner := range members(f.Type) {
			all = append(all, name+"."+inner)
		}
	}
	return all
}

func TestStatesAreTheServers(t *testing.T) {
	t.Parallel()
	for ours, theirs := range map[client.State]job.State{
		client.Queued: job.Queued, client.Running: job.Running, client.Retrying: job.Retrying,
		client.Succeeded: job.Succeeded, client.Dead: job.Dead, client.Canceled: job.Canceled,
	} {
		if string(ours) != string(theirs) {
			t.Errorf("got %s, want %s", ours, theirs)
		}
	}
	for ours, theirs := range map[client.Delivery]job.Delivery{
		client.Pending: job.Pending, client.None: job.None, client.Delivered: job.Delivered, client.Partial: job.Partial, client.Failed: job.Failed,
	} {
		if string(ours) != string(theirs) {
			t.Errorf("got %s, want %s", ours, theirs)
		}
	}
}

func TestCalls(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	for want, do := range map[string]func(*client.Client) error{
		"GET /api/jobs/" + id:              func(c *client.Client) error { _, err := c.Job(ctx, id); return err },
		"POST /api/jobs/" + id + "/retry":  func(c *client.Client) error { _, err := c.Retry(ctx, id); return err },
		"POST /api/jobs/" + id + "/replay": func(c *client.Client) error { _, err := c.Replay(ctx, id); return err },
		"POST /api/jobs/" + id + "/cancel": func(c *client.Client) error { return c.Cancel(ctx, id) },
		"DELETE /api/jobs/" + id:           func(c *client.Client) error { return c.Delete(ctx, id) },
		"GET /api/jobs/" + id + "/payload": func(c *client.Client) error { _, err := c.Payload(ctx, id); return err },
		"GET /api/jobs/a%2F..%2Fb":         func(c *client.Client) error { _, err := c.Job(ctx, "a/../b"); return err },
		"GET /api/webhooks":                func(c *client.Client) error { _, err := c.Webhooks(ctx); return err },
		"POST /api/webhooks/disable?endpoint=%2Fgithub&plugin=acme.repos": func(c *client.Client) error {
			return c.DisableWebhook(ctx, "acme.repos", "/github")
		},
		"POST /api/webhooks/enable?endpoint=%2Fgithub&plugin=acme.repos": func(c *client.Client) error {
			return c.EnableWebhook(ctx, "acme.repos", "/github")
		},
		"GET /api/chats":                        func(c *client.Client) error { _, err := c.Chats(ctx); return err },
		"POST /api/chats/matrix-%21a%2Fb/pause": func(c *client.Client) error { return c.PauseChat(ctx, "matrix-!a/b") },
		"POST /api/chats/team/resume":           func(c *client.Client) error { return c.ResumeChat(ctx, "team") },
		"GET /api/queues":                       func(c *client.Client) error { _, err := c.Queues(ctx); return err },
		"POST /api/queues/events-0/pause":       func(c *client.Client) error { return c.PauseQueue(ctx, "events-0") },
		"POST /api/queues/events-0/resume":      func(c *client.Client) error { return c.ResumeQueue(ctx, "events-0") },
		"GET /api/workers":                      func(c *client.Client) error { _, err := c.Workers(ctx); return err },
	} {
		c, s := serve(t, says(200, `{}`))
		if err := do(c); err != nil || !slices.Equal(s.asked, []string{want}) {
			t.Errorf("got %v and %v, want %s", s.asked, err, want)
		}
	}
}

func TestJobsGoThroughPages(t *testing.T) {
	t.Parallel()
	c, s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Query().Get("cursor") {
		case "":
			says(200, `{"jobs":[{"id":"1"},{"id":"2"}],"next_cursor":"a"}`)(w, r)
		case "a":
			says(200, `{"jobs":[],"next_cursor":"b"}`)(w, r)
		default:
			says(200, `{"jobs":[{"id":"3"}],"next_cursor":""}`)(w, r)
		}
	})
	jobs := c.Jobs(t.Context(), client.Query{
		States: []client.State{client.Dead, client.Canceled}, Chats: []string{"team"}, Since: time.Unix(0, 0).UTC(), Limit: 2,
	})
	for range 2 { // ranging again begins anew
		var ids []string
		for j, err := range jobs {
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, j.ID)
		}
		if !slices.Equal(ids, []string{"1", "2", "3"}) {
			t.Errorf("got %v", ids)
		}
	}
	want := "GET /api/jobs?chat=team&limit=2&since=1970-01-01T00%3A00%3A00Z&state=dead&state=canceled"
	if len(s.asked) != 6 || s.asked[0] != want || s.asked[3] != want {
		t.Errorf("asked %v", s.asked)
	}
	s.asked = nil
	for _, err := range jobs {
		if err != nil {
			t.Fatal(err)
		}
		break
	}
	if len(s.asked) != 1 {
		t.Errorf("who stops early asked %v", s.asked)
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		status int
		header string
		body   string
		want   client.Error
	}{
		"a problem":  {409, "", `{"code":"not_retryable","detail":"Only a job that failed."}`, client.Error{Status: 409, Code: client.NotRetryable, Detail: "Only a job that failed."}},
		"seconds":    {503, "7", `{"code":"queue_unavailable"}`, client.Error{Status: 503, Code: client.QueueUnavailable, RetryAfter: 7 * time.Second}},
		"no seconds": {429, "soon", `{"code":"too_many_requests"}`, client.Error{Status: 429, Code: client.TooManyRequests}},
		"a proxy's":  {502, "", `<html>Bad Gateway</html>`, client.Error{Status: 502}},
		"a redirect": {302, "", ``, client.Error{Status: 302}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Location", "/elsewhere")
				w.Header().Set("Retry-After", tt.header)
				says(tt.status, tt.body)(w, r)
			})
			_, err := c.Retry(t.Context(), id) // a change is made once
			var got *client.Error
			if !errors.As(err, &got) {
				t.Fatalf("got %v", err)
			}
			tt.want.Method, tt.want.Path = "POST", "/api/jobs/"+id+"/retry"
			if *got != tt.want || strings.Contains(err.Error(), "the-token") || !strings.Contains(err.Error(), strconv.Itoa(tt.status)) {
				t.Errorf("got  %+v\nwant %+v", *got, tt.want)
			}
		})
	}
}

func TestNoTokenInAnyError(t *testing.T) {
	t.Parallel()
	c, s := serve(t, says(200, "no JSON"))
	if _, err := c.Job(t.Context(), id); err == nil || strings.Contains(err.Error(), "the-token") {
		t.Errorf("got %v", err)
	}
	s.Close()
	if _, err := c.Job(t.Context(), id); err == nil || strings.Contains(err.Error(), "the-token") {
		t.Errorf("got %v", err)
	}
	if said := fmt.Sprintf("%v %+v %#v", c, c, c); strings.Contains(said, "the-token") {
		t.Errorf("a printed client says %s", said)
	}
	for _, base := range []string{"", "hooks.example.org", "ftp://x", "https://me:pw@x", "http://x/?token=1", "http://"} {
		if _, err := client.New(client.Options{BaseURL: base}); err == nil || strings.Contains(err.Error(), "pw") {
			t.Errorf("%q: got %v", base, err)
		}
	}
}

func TestReadsComeAgain(t *testing.T) {
	t.Parallel()
	n := 0
	c, s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if n++; n == 1 {
			w.Header().Set("Retry-After", "1")
			says(503, `{"code":"queue_unavailable"}`)(w, r)
			return
		}
		says(200, `{"id":"1"}`)(w, r)
	})
	if j, err := c.Job(t.Context(), id); err != nil || j.ID != "1" || len(s.asked) != 2 {
		t.Errorf("got %+v and %v after %v", j, err, s.asked)
	}
}

func TestPatienceEnds(t *testing.T) {
	t.Parallel()
	away := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Retry-After", "3600")
		says(503, `{"code":"queue_unavailable"}`)(w, r)
	}
	c, s := serve(t, away)
	var refusal *client.Error
	if _, err := c.Job(t.Context(), id); !errors.As(err, &refusal) || refusal.RetryAfter != time.Hour || len(s.asked) != 1 {
		t.Errorf("got %v after %v, want the refusal at once", err, s.asked)
	}
	c, err := client.New(client.Options{BaseURL: s.URL, Token: secret.New("the-token"), Patience: 2 * time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := c.Job(ctx, id); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want the context's end", err)
	}
}

func TestManyWithProgress(t *testing.T) {
	t.Parallel()
	c, s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("cursor") == "" {
			says(200, `{"count":1000,"skipped":2,"next_cursor":"x.1"}`)(w, r)
			return
		}
		says(200, `{"count":3,"skipped":0,"next_cursor":""}`)(w, r)
	})
	var heard []client.Bulk
	all, err := c.RetryAll(t.Context(), client.Query{States: []client.State{client.Dead}}, func(b client.Bulk) { heard = append(heard, b) })
	if err != nil || all != (client.Bulk{Count: 1003, Skipped: 2}) || !slices.Equal(heard, []client.Bulk{{Count: 1000, Skipped: 2, Next: "x.1"}, all}) {
		t.Errorf("got %+v, %v, heard %v", all, err, heard)
	}
	if want := []string{"POST /api/jobs/retry?state=dead", "POST /api/jobs/retry?cursor=x.1&state=dead"}; !slices.Equal(s.asked, want) {
		t.Errorf("asked %v, want %v", s.asked, want)
	}
	c, _ = serve(t, says(503, `{"code":"queue_unavailable"}`))
	if _, err := c.ReplayAll(t.Context(), client.Query{}, nil); err == nil {
		t.Error("got no error")
	}
}

// TestManyCutShort: what was done must not be done twice by who goes on.
func TestManyCutShort(t *testing.T) {
	t.Parallel()
	c, s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Query().Get("cursor") {
		case "":
			says(200, `{"count":1000,"skipped":0,"next_cursor":"x.1"}`)(w, r)
		case "x.1":
			says(500, `{"code":"internal_error"}`)(w, r)
		default:
			says(200, `{"count":3,"skipped":0,"next_cursor":""}`)(w, r)
		}
	})
	q := client.Query{Plugins: []string{"p"}}
	done, err := c.ReplayAll(t.Context(), q, nil)
	if want := (client.Bulk{Count: 1000, Next: "x.1"}); err == nil || done != want {
		t.Errorf("got %+v, %v, want %+v and an error", done, err, want)
	}
	q.Cursor = done.Next
	if done, err = c.ReplayAll(t.Context(), q, nil); err == nil || done.Next != "x.1" {
		t.Errorf("again: got %+v, %v, want the place where it began", done, err)
	}
	q.Cursor = "x.2"
	if done, err = c.ReplayAll(t.Context(), q, nil); err != nil || done != (client.Bulk{Count: 3}) {
		t.Errorf("got %+v, %v, want the rest", done, err)
	}
	if got := s.asked[len(s.asked)-1]; got != "POST /api/jobs/replay?cursor=x.2&plugin=p" {
		t.Errorf("asked %s", got)
	}
}

// TestAPageThatWasRefusedIsAskedForAgain: it was not begun.
func TestAPageThatWasRefusedIsAskedForAgain(t *testing.T) {
	t.Parallel()
	refused := false
	c, s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if !refused {
			refused = true
			w.Header().Set("Retry-After", "1")
			says(503, `{"code":"queue_unavailable"}`)(w, r)
			return
		}
		says(200, `{"count":3,"skipped":0,"next_cursor":""}`)(w, r)
	})
	done, err := c.RetryAll(t.Context(), client.Query{Plugins: []string{"p"}}, nil)
	if err != nil || done.Count != 3 || len(s.asked) != 2 {
		t.Errorf("got %+v, %v after %v, want it asked for again", done, err, s.asked)
	}
}
