package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/google/go-cmp/cmp"

	"postern/internal/api"
	"postern/internal/job"
)

// operated remembers what was changed, and knows one endpoint, chat and queue.
type operated struct {
	err  error
	done []string
}

func (o *operated) did(what, name, known string) error {
	switch {
	case o.err != nil:
		return o.err
	case name != known:
		return fmt.Errorf("%s: %w", name, job.ErrNoSuch)
	}
	o.done = append(o.done, what+" "+name)
	return nil
}

type (
	fakeWebhooks struct{ *operated }
	fakeChats    struct{ *operated }
	fakeQueues   struct{ *operated }
	fakeWorkers  struct{ *operated }
)

const (
	oneEndpoint = "acme.repos/github"
	oneChat     = "matrix-!room/a b:example.org"
)

func (w fakeWebhooks) Webhooks(context.Context) ([]job.Webhook, error) {
	return []job.Webhook{{
		Plugin: "acme.repos", Endpoint: "/github", Name: "GitHub", URL: "https://hooks.example.org/x", Methods: []string{}, Source: "github",
		Verification: []string{"hmac X-Hub-Signature-256 sha256"},
	}}, w.err
}

func (w fakeWebhooks) Disable(_ context.Context, id job.EndpointID, by string) (job.Webhook, error) {
	shown := job.Webhook{Plugin: id.Plugin, Endpoint: id.Path, Disabled: true, DisabledBy: job.ByOperator, Switched: &job.Switched{By: by}}
	return shown, w.did("disable", id.String(), oneEndpoint)
}

func (w fakeWebhooks) Enable(_ context.Context, id job.EndpointID) (job.Webhook, error) {
	if id.Path == "/off" {
		return job.Webhook{}, job.ErrByConfig
	}
	return job.Webhook{Plugin: id.Plugin, Endpoint: id.Path}, w.did("enable", id.String(), oneEndpoint)
}

func (c fakeChats) Chats(context.Context) ([]job.ChatState, error) {
	return []job.ChatState{{
		Chat: "team", ChatKey: oneChat, Type: "matrix", Known: true, Account: "matrix", Ordering: "soft", Waiting: 2,
		OldestAt: job.AtPtr(time.Unix(0, 0)), OldestAgeMS: 1500, Broken: &job.Broken{Why: "403", Since: job.At(time.Unix(0, 0)), Scope: "account"},
		Limits: job.LineLimits{Chat: []string{"1/s"}, Account: []string{}, Platform: []string{}},
	}}, c.err
}

func (c fakeChats) Pause(_ context.Context, name string) (job.ChatState, error) {
	return job.ChatState{Chat: name, Paused: true}, c.did("pause", name, oneChat)
}

func (c fakeChats) Resume(_ context.Context, name string) (job.ChatState, error) {
	return job.ChatState{Chat: name}, c.did("resume", name, oneChat)
}

func (q fakeQueues) Queues(context.Context) ([]job.QueueState, error) {
	return []job.QueueState{{Queue: "events-0", Kind: "events", Depth: 1, Active: 2, Scheduled: 3, LatencyMS: 4, Processed: 5, Rate: 6}}, q.err
}

func (q fakeQueues) Pause(_ context.Context, name string) (job.QueueState, error) {
	return job.QueueState{Queue: name, Paused: true}, q.did("pause", name, "events-0")
}

func (q fakeQueues) Resume(_ context.Context, name string) (job.QueueState, error) {
	return job.QueueState{Queue: name}, q.did("resume", name, "events-0")
}

func (w fakeWorkers) Present(context.Context) ([]job.Presence, error) { return nil, w.err }

// newLive is the API over what o remembers, on a router such as the receiver's.
func newLive(o *operated) (http.Handler, *bytes.Buffer) {
	gin.SetMode(gin.ReleaseMode)
	log := &bytes.Buffer{}
	router := gin.New()
	router.UseRawPath, router.UnescapePathValues = true, false
	api.New(api.Options{
		Jobs: store{}, Rejections: store{}, Log: slog.New(slog.NewJSONHandler(log, nil)), Tokens: tokens(),
		Webhooks: fakeWebhooks{o}, Lines: fakeChats{o}, Queues: fakeQueues{o}, Workers: fakeWorkers{o},
	}).Routes(router)
	return router, log
}

// made is what a call changes and what the log says of it.
type made struct{ done, line string }

// changes are all the calls that change what runs.
func changes() map[string]made {
	return map[string]made{
		"/api/webhooks/disable?plugin=acme.repos&endpoint=/github":  {"disable " + oneEndpoint, "endpoint disabled"},
		"/api/webhooks/enable?endpoint=%2Fgithub&plugin=acme.repos": {"enable " + oneEndpoint, "endpoint enabled"},
		"/api/chats/matrix-%21room%2Fa%20b%3Aexample.org/pause":     {"pause " + oneChat, "chat paused"},
		"/api/chats/matrix-!room%2Fa%20b:example.org/resume":        {"resume " + oneChat, "chat resumed"},
		"/api/queues/events-0/pause":                                {"pause events-0", "queue paused"},
		"/api/queues/events%2D0/resume":                             {"resume events-0", "queue resumed"},
	}
}

// said gives who is named by the lines of changes that did this.
func said(t *testing.T, log *bytes.Buffer, message string) (by []string) {
	t.Helper()
	for text := range strings.Lines(log.String()) {
		var line struct{ Level, Msg, By, Done string }
		if err := json.Unmarshal([]byte(text), &line); err != nil {
			t.Fatal(err)
		}
		if line.Msg == "change asked" && line.Done == message && line.Level == "INFO" {
			by = append(by, line.By)
		}
	}
	return by
}

func TestChangesAreMadeAndWrittenDown(t *testing.T) {
	t.Parallel()
	for path, want := range changes() {
		o := &operated{}
		h, log := newLive(o)
		w := call(h, "POST", path, "ops-token")
		if w.Code != http.StatusOK || !slices.Equal(o.done, []string{want.done}) {
			t.Errorf("%s: got %d %s and %q, want 200 and %q", path, w.Code, w.Body, o.done, want.done)
		}
		if by := said(t, log, want.line); !slices.Equal(by, []string{"ops"}) {
			t.Errorf("%s: the log says %q, want one line %q with who did it", path, log, want.line)
		}
	}
}

func TestWhoMayChangeAndSee(t *testing.T) {
	t.Parallel()
	h, _ := newLive(&operated{})
	for path := range changes() {
		wantProblem(t, call(h, "POST", path, ""), http.StatusUnauthorized, "unauthorized")
		wantProblem(t, call(h, "POST", path, "view-token"), http.StatusForbidden, "scope_missing")
	}
	for _, path := range []string{"/api/webhooks", "/api/chats", "/api/queues", "/api/workers"} {
		wantProblem(t, call(h, "GET", path, ""), http.StatusUnauthorized, "unauthorized")
		wantProblem(t, call(h, "GET", path, "mute-token"), http.StatusForbidden, "scope_missing")
		for _, method := range []string{"GET", "HEAD"} {
			if w := call(h, method, path, "view-token"); w.Code != http.StatusOK || w.Header().Get("Cache-Control") != "no-store" {
				t.Errorf("%s %s: got %d %v, want 200, no-store", method, path, w.Code, w.Header())
			}
		}
	}
}

func TestWhatIsListed(t *testing.T) {
	t.Parallel()
	h, _ := newLive(&operated{})
	for path, want := range map[string]string{
		"/api/webhooks": `{"webhooks":[{"plugin":"acme.repos","endpoint":"/github","name":"GitHub","description":"","url":"https://hooks.example.org/x",` +
			`"methods":[],"source":"github","verification":["hmac X-Hub-Signature-256 sha256"],"disabled":false,"disabled_by":"","switched":null,` +
			`"last_event":null,"accepted":0,"refused":0}]}`,
		"/api/chats": `{"chats":[{"chat":"team","chat_key":"matrix-!room/a b:example.org","type":"matrix","known":true,"account":"matrix","ordering":"soft",` +
			`"waiting":2,"oldest_at":"1970-01-01T00:00:00.000Z","oldest_age_ms":1500,"paused":false,` +
			`"broken":{"why":"403","since":"1970-01-01T00:00:00.000Z","scope":"account"},"held_until":null,"failures":0,` +
			`"limits":{"chat":["1/s"],"account":[],"platform":[]}}]}`,
		"/api/queues":  `{"queues":[{"queue":"events-0","kind":"events","depth":1,"active":2,"scheduled":3,"latency_ms":4,"processed":5,"rate":6,"paused":false}]}`,
		"/api/workers": `{"workers":[]}`,
	} {
		if diff := cmp.Diff(want+"\n", call(h, "GET", path, "view-token").Body.String()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", path, diff)
		}
	}
}

// TestAListingWithoutFilters: whoever gives one would take what is listed for
// what was asked for.
func TestAListingWithoutFilters(t *testing.T) {
	t.Parallel()
	h, _ := newLive(&operated{})
	for _, path := range []string{"/api/webhooks?plugin=acme.repos", "/api/chats?paused=true", "/api/queues?limit=1", "/api/workers?name=", "/api/chats?a=%zz"} {
		wantProblem(t, call(h, "GET", path, "view-token"), http.StatusBadRequest, "invalid_query")
	}
}

func TestChangesThatCannotBeMade(t *testing.T) {
	t.Parallel()
	h, log := newLive(&operated{})
	for path, want := range map[string]struct {
		status int
		code   string
	}{
		"/api/webhooks/disable?plugin=acme.repos&endpoint=/gitlab":               {404, "not_found"},
		"/api/webhooks/enable?plugin=acme&endpoint=/github":                      {404, "not_found"},
		"/api/webhooks/enable?plugin=acme.repos&endpoint=/off":                   {409, "disabled_in_config"},
		"/api/webhooks/disable":                                                  {400, "invalid_query"},
		"/api/webhooks/disable?plugin=acme.repos":                                {400, "invalid_query"},
		"/api/webhooks/disable?plugin=acme.repos&endpoint=/github&force=1":       {400, "invalid_query"},
		"/api/webhooks/disable?plugin=acme.repos&endpoint=/github&endpoint=/off": {400, "invalid_query"},
		"/api/webhooks/disable?plugin=%zz&endpoint=/github":                      {400, "invalid_query"},
		"/api/chats/nobody/pause":                                                {404, "not_found"},
		"/api/chats/%20/resume":                                                  {404, "not_found"},
		"/api/queues/events-9/pause":                                             {404, "not_found"},
		"/api/queues/events-9/resume":                                            {404, "not_found"},
	} {
		wantProblem(t, call(h, "POST", path, "ops-token"), want.status, want.code)
	}
	for _, change := range changes() {
		if by := said(t, log, change.line); len(by) > 0 {
			t.Errorf("the log says %q of what was not changed", change.line)
		}
	}
}

func TestLiveStateWithoutAStore(t *testing.T) {
	t.Parallel()
	h, _ := newLive(&operated{err: fmt.Errorf("%w: %w", job.ErrUnavailable, errors.New("away"))})
	for _, path := range []string{"/api/webhooks", "/api/chats", "/api/queues", "/api/workers"} {
		w := call(h, "GET", path, "ops-token")
		wantProblem(t, w, http.StatusServiceUnavailable, "queue_unavailable")
		if w.Header().Get("Retry-After") == "" {
			t.Errorf("%s: no Retry-After", path)
		}
	}
	for path := range changes() {
		wantProblem(t, call(h, "POST", path, "ops-token"), http.StatusServiceUnavailable, "queue_unavailable")
	}
}
