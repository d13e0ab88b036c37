package receiver_test

import (
	"context"
	"errors"
	"math"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"postern/pkg/plugin"
	"postern/pkg/webhook"
)

// order is a body type of a Go endpoint.
type order struct {
	Item   string `json:"item"`
	Amount int    `json:"amount"`
}

// page is a query type of a Go endpoint.
type page struct {
	Limit uint8  `json:"limit"`
	Deep  *bool  `json:"deep"`
	Tags  []int  `json:"tag"`
	Name  string `json:"name"`
}

// accepting is an endpoint with an Accept.
func accepting(accept func(*webhook.Request) (plugin.Acceptance, error)) plugin.Endpoint {
	return plugin.Endpoint{Accept: accept, Types: plugin.Types{Body: plugin.TypeOf[order](), Query: plugin.TypeOf[page]()}}
}

func TestAcceptAdds(t *testing.T) {
	t.Parallel()
	id := "T-7"
	h := newHouse(t, nil, goEndpoint("/start", accepting(func(*webhook.Request) (plugin.Acceptance, error) {
		return plugin.Acceptance{
			TaskID: &id, Message: "On its way.", Chats: []string{"slack-dev"},
			Fields: map[string]any{"size": 3, "status": "hacked", "job_id": "x", "duplicate": true, "durable": false, "nested": []int{1}},
		}, nil
	})))
	got := members(t, h.do(request("POST", "/start", "{}")).Body.Bytes())
	want := map[string]any{
		"status": "accepted", "job_id": got["job_id"], "status_url": "/api/jobs/" + got["job_id"].(string),
		"message": "On its way.", "task_id": "T-7", "size": 3.0, "nested": []any{1.0},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("202 (-want +got):\n%s", diff)
	}
	in := h.jobs.taken()[0]
	if in.TaskID == nil || *in.TaskID != "T-7" || !cmp.Equal(in.Chats, []string{"slack-dev"}) {
		t.Errorf("intake: task id %v, chats %v", in.TaskID, in.Chats)
	}
}

func TestAcceptRefusals(t *testing.T) {
	t.Parallel()
	naming := func(chats ...string) func(*webhook.Request) (plugin.Acceptance, error) {
		return func(*webhook.Request) (plugin.Acceptance, error) { return plugin.Acceptance{Chats: chats}, nil }
	}
	failing := func(err error) func(*webhook.Request) (plugin.Acceptance, error) {
		return func(*webhook.Request) (plugin.Acceptance, error) { return plugin.Acceptance{}, err }
	}
	tests := map[string]struct {
		accept func(*webhook.Request) (plugin.Acceptance, error)
		status int
		code   string
	}{
		"invalid":                  {failing(plugin.Invalid("notify_chat_key is missing")), 400, "invalid_payload"},
		"forbidden":                {failing(plugin.Forbidden("too_late", "the door is shut")), 403, "too_late"},
		"a form that is none":      {failing(webhook.ErrPayload), 400, "invalid_payload"},
		"a plain error":            {failing(errors.New("oops")), 500, "internal_error"},
		"a refusal without status": {failing(&plugin.Refusal{Code: "x", Detail: "y"}), 500, "internal_error"},
		"a refusal without code":   {failing(&plugin.Refusal{Status: 409, Detail: "y"}), 409, "refused"},
		"a panic":                  {func(*webhook.Request) (plugin.Acceptance, error) { panic("accept broke") }, 500, "internal_error"},
		"an end without a word": {func(*webhook.Request) (plugin.Acceptance, error) {
			runtime.Goexit()
			return plugin.Acceptance{}, nil
		}, 500, "internal_error"},
		"a chat not allowed":      {naming("team", "other"), 403, "chat_not_allowed"},
		"an unknown chat":         {naming("nobody"), 403, "chat_not_allowed"},
		"an unknown allowed chat": {naming("gone"), 403, "chat_not_allowed"},
		"an empty chat":           {naming(""), 403, "chat_not_allowed"},
		"fields that are no JSON": {func(*webhook.Request) (plugin.Acceptance, error) {
			return plugin.Acceptance{Fields: map[string]any{"x": math.NaN()}}, nil
		}, 500, "internal_error"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, nil, goEndpoint("/start", accepting(tt.accept)))
			wantProblem(t, h.do(request("POST", "/start", "{}")), tt.status, tt.code)
			if n := len(h.jobs.taken()); n != 0 {
				t.Errorf("%d jobs were made", n)
			}
		})
	}
}

func TestAcceptThatHangs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		end := make(chan struct{})
		h := newHouse(t, nil, goEndpoint("/start", accepting(func(*webhook.Request) (plugin.Acceptance, error) {
			<-end
			return plugin.Acceptance{}, nil
		})))
		w := h.do(request("POST", "/start", "{}"))
		wantProblem(t, w, http.StatusServiceUnavailable, "accept_timeout")
		if w.Header().Get("Retry-After") == "" {
			t.Error("no Retry-After")
		}
		close(end)
	})
}

func TestDeclaredTypes(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		query, body, contentType string
		detail                   string // empty: it fits
	}{
		"fits":                               {"", `{"item":"tea","amount":2,"more":1}`, "application/json", ""},
		"fits with a charset":                {"", `{"amount":2}`, "application/json; charset=utf-8", ""},
		"a byte order mark":                  {"", "\ufeff{}", "application/json", ""},
		"a field of another type":            {"", `{"amount":"tops3cret"}`, "application/json", "amount must be a whole number"},
		"a number that is too big":           {"", `{"amount":1e99}`, "application/json", "amount must be a whole number"},
		"another kind of body":               {"", `[1]`, "application/json", "the body must be an object"},
		"no JSON":                            {"", `{`, "application/json", "the body is not JSON"},
		"two values":                         {"", `{} {}`, "application/json", "something follows the JSON value"},
		"not declared as JSON":               {"", `{`, "text/plain", "the body is not JSON"},
		"fits, and is not declared":          {"", `{"amount":2}`, "text/plain", ""},
		"a list given twice and a text once": {"?tag=1&tag=2&name=x&other=y&other=z", "{}", "", ""},
		"a number given twice":               {"?limit=1&limit=2", "{}", "", `The query parameter "limit" is given several times.`},
		"a text given twice":                 {"?name=x&name=y", "{}", "", `The query parameter "name" is given several times.`},
		"a query that fits":                  {"?limit=200&deep=true&tag=1&tag=2&name=x&other=y", "{}", "", ""},
		"a number that is none":              {"?limit=many", "{}", "", `The query parameter "limit" is not what this endpoint takes.`},
		"a number out of range":              {"?limit=256", "{}", "", `The query parameter "limit" is not what this endpoint takes.`},
		"a boolean that is none":             {"?deep=2", "{}", "", `The query parameter "deep" is not what this endpoint takes.`},
		"one of a list":                      {"?tag=1&tag=b", "{}", "", `The query parameter "tag" is not what this endpoint takes.`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			called := false
			h := newHouse(t, nil,
				goEndpoint("/accept", accepting(func(*webhook.Request) (plugin.Acceptance, error) {
					called = true
					return plugin.Acceptance{}, nil
				})))
			w := h.do(request("POST", "/accept"+tt.query, tt.body, "Content-Type", tt.contentType))
			if called != (tt.detail == "") {
				t.Errorf("Accept called: %t", called)
			}
			if tt.detail == "" {
				if w.Code != http.StatusAccepted {
					t.Errorf("got %d %s, want 202", w.Code, w.Body)
				}
				return
			}
			if got := wantProblem(t, w, http.StatusBadRequest, "invalid_payload"); got != tt.detail {
				t.Errorf("detail: got %q, want %q", got, tt.detail)
			}
		})
	}
}

func TestRespond(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		response webhook.Response
		err      error
		panics   bool
		status   int
		code     string // of a problem
		body     string
		kind     string // Content-Type
	}{
		"status and body": {
			response: webhook.Response{Status: 201, Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte(`{"id":1}`)},
			status:   201, body: `{"id":1}`, kind: "application/json",
		},
		"nothing said is 200":          {status: 200},
		"no content":                   {response: webhook.Response{Status: 204, Body: []byte("x")}, status: 204},
		"a page is not guessed":        {response: webhook.Response{Body: []byte("<html>")}, status: 200, body: "<html>", kind: "text/plain; charset=utf-8"},
		"a wrong length is not passed": {response: webhook.Response{Header: http.Header{"Content-Length": {"99"}}, Body: []byte("ab")}, status: 200, body: "ab", kind: "text/plain; charset=utf-8"},
		"a refusal":                    {err: plugin.Invalid("item is missing"), status: 400, code: "invalid_payload"},
		"an error":                     {err: errors.New("oops"), status: 500, code: "internal_error"},
		"a panic":                      {panics: true, status: 500, code: "internal_error"},
		"a status that is none":        {response: webhook.Response{Status: 1000}, status: 500, code: "internal_error"},
		"a status of more to come":     {response: webhook.Response{Status: 101}, status: 500, code: "internal_error"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, nil, goEndpoint("/resource", plugin.Endpoint{
				Respond: func(_ context.Context, r *webhook.Request) (webhook.Response, error) {
					if tt.panics {
						panic("respond broke")
					}
					return tt.response, tt.err
				},
			}))
			w := h.do(request("POST", "/resource", ""))
			if n := len(h.jobs.taken()); n != 0 {
				t.Errorf("%d jobs were made", n)
			}
			if tt.code != "" {
				wantProblem(t, w, tt.status, tt.code)
				return
			}
			if w.Code != tt.status || w.Body.String() != tt.body || w.Header().Get("Content-Type") != tt.kind {
				t.Errorf("got %d %q %q, want %d %q %q", w.Code, w.Body, w.Header().Get("Content-Type"), tt.status, tt.body, tt.kind)
			}
		})
	}
}

func TestRespondOnlyAfterVerification(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil, goEndpoint("/resource", plugin.Endpoint{
		Respond: func(context.Context, *webhook.Request) (webhook.Response, error) {
			t.Error("Respond was called for a forged request")
			return webhook.Response{}, nil
		},
	}))
	wantProblem(t, h.do(request("POST", "/resource", "", "X-Key", "wrong")), http.StatusForbidden, "signature_mismatch")
}

func TestPanicIsLoggedWithItsStack(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil, goEndpoint("/start", accepting(func(*webhook.Request) (plugin.Acceptance, error) { panic("accept broke") })))
	h.do(request("POST", "/start", "{}"))
	for _, want := range []string{`"level":"ERROR"`, "accept broke", "plugin_test.go", `"code":"internal_error"`} {
		if !strings.Contains(h.log.String(), want) {
			t.Errorf("the log lacks %s: %s", want, h.log)
		}
	}
}
