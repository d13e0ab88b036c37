package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/google/go-cmp/cmp"

	"postern/internal/api"
	"postern/internal/api/apitest"
	"postern/internal/job"
	"postern/pkg/secret"
)

// Ids of the jobs that the store of these tests knows.
const (
	known   = "01990000-0000-7000-8000-000000000001"
	unknown = "01990000-0000-7000-8000-0000000000ff"

	replayed = "01990000-0000-7000-8000-000000000002"
)

// store is a store with one job.
type store struct {
	job     *job.Job
	rows    []job.Rejection
	next    string
	asked   *job.RejectionQuery // set by Rejections, where it is not nil
	query   *job.Query          // set by List and IDs, where it is not nil
	ids     []job.ID            // what IDs gives
	changed *[]job.ID           // added to by Retry and Replay, where it is not nil
	request job.Request
	err     error
}

func (s store) Job(_ context.Context, id job.ID) (*job.Job, error) {
	if s.err != nil {
		return nil, s.err
	}
	if id != known {
		return nil, job.ErrUnknown
	}
	return whole(s.job), nil
}

// whole is a job with what every stored one has.
func whole(given *job.Job) *job.Job {
	j := *given
	j.ID, j.Run, j.Delivery = known, max(j.Run, 1), j.DeliveryOf()
	return &j
}

func (s store) List(ctx context.Context, q job.Query) (job.Page, error) {
	_, next, err := s.IDs(ctx, q)
	if err != nil {
		return job.Page{}, err
	}
	return job.Page{Jobs: []*job.Job{whole(s.job)}, Next: next}, nil
}

func (s store) IDs(_ context.Context, q job.Query) ([]job.ID, string, error) {
	if s.query != nil {
		*s.query = q
	}
	if q.Cursor == "made-up" {
		return nil, "", job.ErrCursor
	}
	return s.ids, s.next, s.err
}

func (s store) Request(ctx context.Context, id job.ID) (job.Request, error) {
	_, err := s.Job(ctx, id)
	return s.request, err
}

func (s store) Retry(ctx context.Context, id job.ID) (job.Receipt, error) {
	if s.changed != nil {
		return s.again(id)
	}
	if _, err := s.Job(ctx, id); err != nil {
		return job.Receipt{}, err
	}
	if !s.job.Retryable() {
		return job.Receipt{}, job.ErrNotRetryable
	}
	return job.Receipt{ID: id, Run: 2}, nil
}

func (s store) Replay(ctx context.Context, id job.ID) (job.Receipt, error) {
	if s.changed != nil {
		return s.again(id)
	}
	if _, err := s.Job(ctx, id); err != nil {
		return job.Receipt{}, err
	}
	return job.Receipt{ID: replayed, Run: 1}, nil
}

// again is a change of many: the last digit of an id says what becomes of it.
func (s store) again(id job.ID) (job.Receipt, error) {
	*s.changed = append(*s.changed, id)
	switch id[len(id)-1] {
	case 'a':
		return job.Receipt{}, job.ErrNotRetryable
	case 'b':
		return job.Receipt{}, job.ErrUnknown
	case 'f':
		return job.Receipt{}, job.ErrUnavailable
	default:
		return job.Receipt{ID: id}, nil
	}
}

func (s store) Cancel(ctx context.Context, id job.ID) error {
	if _, err := s.Job(ctx, id); err != nil {
		return err
	}
	if s.job.Finished() {
		return job.ErrFinished
	}
	return nil
}

func (s store) Delete(ctx context.Context, id job.ID) error {
	if _, err := s.Job(ctx, id); err != nil {
		return err
	}
	if !s.job.Finished() {
		return job.ErrNotFinished
	}
	return nil
}

func (s store) Key(name string) (string, error) {
	if name == "team" {
		return "telegram-group_1", nil
	}
	return "", errors.New("unknown chat")
}

func (s store) Rejections(_ context.Context, q job.RejectionQuery) ([]job.Rejection, string, error) {
	if s.err != nil {
		return nil, "", s.err
	}
	if q.Cursor == "made-up" {
		return nil, "", job.ErrCursor
	}
	if s.asked != nil {
		*s.asked = q
	}
	return s.rows, s.next, nil
}

func tokens() []api.Token {
	return []api.Token{
		{Name: "ops", Token: secret.New("ops-token"), Scopes: api.Everything()},
		{Name: "viewer", Token: secret.New("view-token"), Scopes: []api.Scope{api.Read}},
		{Name: "mute", Token: secret.New("mute-token")},
		{Name: "empty", Token: secret.New(""), Scopes: api.Everything()},
	}
}

// newAPI is the API on a router; change may alter its options.
func newAPI(s store, change func(*api.Options)) (http.Handler, *bytes.Buffer) {
	gin.SetMode(gin.ReleaseMode)
	log := &bytes.Buffer{}
	if s.job == nil {
		s.job = &job.Job{ID: known, State: job.Dead, AcceptedAt: job.At(time.Unix(0, 0))}
	}
	o := api.Options{
		Jobs: s, Changes: s, Chats: s, Rejections: s, Log: slog.New(slog.NewJSONHandler(log, nil)), Tokens: tokens(),
		BaseURL: "http://postern.example",
	}
	if change != nil {
		change(&o)
	}
	router := gin.New()
	api.New(o).Routes(router)
	return held{router}, log
}

var described = sync.OnceValues(apitest.Load)

// held is the API, every answer of which is held to what is described.
type held struct{ *gin.Engine }

func (h held) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.Engine.ServeHTTP(w, r)
	document, err := described()
	if got, ok := w.(*httptest.ResponseRecorder); ok && err == nil {
		err = document.Check(r.Method, r.URL.EscapedPath(), got.Code, got.Header(), got.Body.Bytes())
	}
	if err != nil {
		panic(err)
	}
}

func call(h http.Handler, method, path, token string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, nil)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// wantProblem checks status and code of a problem.
func wantProblem(t *testing.T, w *httptest.ResponseRecorder, status int, code string) {
	t.Helper()
	var p struct{ Code, Detail string }
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
		t.Fatalf("body %q: %v", w.Body, err)
	}
	if w.Code != status || p.Code != code || p.Detail == "" || w.Header().Get("Content-Type") != "application/problem+json" {
		t.Errorf("got %d %s %s, want %d %s", w.Code, w.Header().Get("Content-Type"), w.Body, status, code)
	}
}

func TestJob(t *testing.T) {
	t.Parallel()
	h, _ := newAPI(store{job: &job.Job{
		ID: known, State: job.Succeeded, Run: 1, Plugin: "acme.repos", Endpoint: "/github", Name: "GitHub",
		AcceptedAt: job.At(time.Date(2026, 11, 24, 2, 0, 0, 0, time.UTC)), Result: json.RawMessage{},
		Notifications: []job.Notification{{ID: known + "-0-team", Chat: "team", State: job.NoteQueued}},
	}}, nil)
	w := call(h, "GET", "/api/jobs/"+known, "view-token")
	if w.Code != http.StatusOK || w.Header().Get("Cache-Control") != "no-store" {
		t.Fatalf("got %d %v %s, want 200, no-store", w.Code, w.Header(), w.Body)
	}
	want := `{"id":"` + known + `","state":"succeeded","delivery":"pending","run":1,` +
		`"plugin":"acme.repos","endpoint":"/github","name":"GitHub","task_id":null,"replay_of":null,` +
		`"event":{"source":"","type":"","action":"","delivery_id":"","title":""},` +
		`"request":{"method":"","content_type":"","size":0,"remote_ip":""},` +
		`"accepted_at":"2026-11-24T02:00:00.000Z","started_at":null,"finished_at":null,"next_attempt_at":null,` +
		`"attempts":[],"progress":null,"result":null,"error":null,"events":0,"warnings":[],` +
		`"notifications":[{"id":"` + known + `-0-team","event_number":0,"chat":"team","chat_key":"","state":"queued",` +
		`"attempts":[],"sent_at":null,"next_attempt_at":null,"receipt":null,"error":null}]}` + "\n"
	if diff := cmp.Diff(want, w.Body.String()); diff != "" {
		t.Errorf("job (-want +got):\n%s", diff)
	}
}

func TestJobWithoutNotificationsHasNoNulls(t *testing.T) {
	t.Parallel()
	h, _ := newAPI(store{}, nil)
	body := call(h, "GET", "/api/jobs/"+known, "ops-token").Body.String()
	for _, want := range []string{`"attempts":[]`, `"warnings":[]`, `"notifications":[]`, `"result":null`} {
		if !strings.Contains(body, want) {
			t.Errorf("%s is not in %s", want, body)
		}
	}
}

func TestRetry(t *testing.T) {
	t.Parallel()
	h, log := newAPI(store{}, nil)
	w := call(h, "POST", "/api/jobs/"+known+"/retry", "ops-token")
	want := `{"status":"accepted","job_id":"` + known + `","status_url":"/api/jobs/` + known + `","message":"The job runs again."}` + "\n"
	if w.Code != http.StatusAccepted || w.Body.String() != want {
		t.Errorf("got %d %s, want 202 %s", w.Code, w.Body, want)
	}
	if got := w.Header().Get("Location"); got != "/api/jobs/"+known {
		t.Errorf("Location: got %q", got)
	}
	if !strings.Contains(log.String(), `"by":"ops"`) || strings.Contains(log.String(), "ops-token") {
		t.Errorf("log: %s", log)
	}
}

func TestAnswersThatAreProblems(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		store        store
		method, path string
		status       int
		code         string
	}{
		"unknown job":           {store{}, "GET", "/api/jobs/" + unknown, 404, "not_found"},
		"no id":                 {store{}, "GET", "/api/jobs/1", 404, "not_found"},
		"an id in capitals":     {store{}, "GET", "/api/jobs/" + strings.ToUpper(known[:10]) + "ABCDEF", 404, "not_found"},
		"retry of an unknown":   {store{}, "POST", "/api/jobs/" + unknown + "/retry", 404, "not_found"},
		"retry of no id":        {store{}, "POST", "/api/jobs/x/retry", 404, "not_found"},
		"retry of a running":    {store{job: &job.Job{State: job.Running}}, "POST", "/api/jobs/" + known + "/retry", 409, "not_retryable"},
		"replay of an unknown":  {store{}, "POST", "/api/jobs/" + unknown + "/replay", 404, "not_found"},
		"cancel of an unknown":  {store{}, "POST", "/api/jobs/" + unknown + "/cancel", 404, "not_found"},
		"cancel of no id":       {store{}, "POST", "/api/jobs/x/cancel", 404, "not_found"},
		"cancel of a finished":  {store{}, "POST", "/api/jobs/" + known + "/cancel", 409, "already_finished"},
		"delete of an unknown":  {store{}, "DELETE", "/api/jobs/" + unknown, 404, "not_found"},
		"delete of a running":   {store{job: &job.Job{State: job.Running}}, "DELETE", "/api/jobs/" + known, 409, "not_finished"},
		"payload of an unknown": {store{}, "GET", "/api/jobs/" + unknown + "/payload", 404, "not_found"},
		"payload of no id":      {store{}, "GET", "/api/jobs/x/payload", 404, "not_found"},
		"events of an unknown":  {store{}, "GET", "/api/jobs/" + unknown + "/events", 404, "not_found"},
		"events of no id":       {store{}, "GET", "/api/jobs/x/events", 404, "not_found"},
		"no store to replay":    {store{err: job.ErrUnavailable}, "POST", "/api/jobs/" + known + "/replay", 503, "queue_unavailable"},
		"no store to cancel":    {store{err: job.ErrUnavailable}, "POST", "/api/jobs/" + known + "/cancel", 503, "queue_unavailable"},
		"no store to forget":    {store{err: job.ErrUnavailable}, "DELETE", "/api/jobs/" + known, 503, "queue_unavailable"},
		"no store to list":      {store{err: job.ErrUnavailable}, "GET", "/api/jobs", 503, "queue_unavailable"},
		"no store to watch":     {store{err: job.ErrUnavailable}, "GET", "/api/jobs/" + known + "/events", 503, "queue_unavailable"},
		"no store to read":      {store{err: job.ErrUnavailable}, "GET", "/api/jobs/" + known + "/payload", 503, "queue_unavailable"},
		"no store for many":     {store{err: job.ErrUnavailable}, "POST", "/api/jobs/retry?state=dead", 503, "queue_unavailable"},
		"store away":            {store{err: job.ErrUnavailable}, "GET", "/api/jobs/" + known, 503, "queue_unavailable"},
		"store away at a retry": {store{err: job.ErrUnavailable}, "POST", "/api/jobs/" + known + "/retry", 503, "queue_unavailable"},
		"store broken":          {store{err: errors.New("oops")}, "GET", "/api/jobs/" + known, 503, "queue_unavailable"},
		"result that is broken": {store{job: &job.Job{Result: json.RawMessage("{")}}, "GET", "/api/jobs/" + known, 500, "internal_error"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, _ := newAPI(tt.store, nil)
			w := call(h, tt.method, tt.path, "ops-token")
			wantProblem(t, w, tt.status, tt.code)
			if tt.status == 503 && w.Header().Get("Retry-After") == "" {
				t.Error("no Retry-After")
			}
		})
	}
}
