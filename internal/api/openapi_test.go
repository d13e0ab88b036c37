package api_test

import (
	"context"
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"postern/internal/api"
	"postern/internal/api/apitest"
	"postern/internal/routing"
	"postern/pkg/plugin"
	"postern/pkg/secret"
	"postern/pkg/verify"
	"postern/pkg/verify/bearer"
	"postern/pkg/verify/none"
	"postern/pkg/webhook"
)

// order is what an endpoint of these tests takes.
type order struct {
	Name   string            `json:"name"`
	Count  *int              `json:"count,omitempty"`
	Tags   []string          `json:"tags"`
	More   map[string]uint8  `json:"more"`
	At     time.Time         `json:"at"`
	Raw    json.RawMessage   `json:"raw"`
	Inner  struct{ On bool } `json:"inner"`
	Self   *order            `json:"self"`
	Hidden string            `json:"-"`
	secret secret.Text       //nolint:unused // it is to be seen that it is not seen
}

type answer struct {
	TaskID string  `json:"task_id"`
	Share  float64 `json:"share,string"`
}

type query struct {
	Page int    `json:"page"`
	Sort string `json:"sort"`
}

func mounted(t *testing.T) []*routing.Endpoint {
	t.Helper()
	proof, err := bearer.New(bearer.Config{Token: secret.New("hook-token")}, verify.Keys{})
	if err != nil {
		t.Fatal(err)
	}
	return []*routing.Endpoint{
		{
			Plugin: "acme.shop", Path: "/order/{id}", Name: "Orders", Description: "Takes orders.", Methods: []string{"POST", "PROPFIND"},
			Verifier: proof, SourceName: "generic",
			Go: &plugin.Endpoint{Types: plugin.Types{Body: plugin.TypeOf[order](), Answer: plugin.TypeOf[answer]()}},
		},
		{Plugin: "acme.shop", Path: "/open", Verifier: none.Verifier{}, SourceName: "github"},
		{Plugin: "acme.shop", Path: "/gone", Verifier: none.Verifier{}, Disabled: true},
		{
			Plugin: "acme.shop", Path: "/list", Methods: []string{"GET"}, Verifier: none.Verifier{},
			Go: &plugin.Endpoint{
				Types:   plugin.Types{Query: plugin.TypeOf[query](), Answer: plugin.TypeOf[*answer]()},
				Respond: func(context.Context, *webhook.Request) (webhook.Response, error) { return webhook.Response{}, nil },
			},
		},
	}
}

// document gets openapi.json.
func document(t *testing.T, h http.Handler) map[string]any {
	t.Helper()
	w := call(h, "GET", "/openapi.json", "view-token")
	var d map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &d); err != nil || w.Code != http.StatusOK {
		t.Fatalf("got %d %s, error %v", w.Code, w.Body, err)
	}
	return d
}

// dig follows names, or fails.
func dig(t *testing.T, v any, names ...string) any {
	t.Helper()
	for _, name := range names {
		m, _ := v.(map[string]any)
		next, ok := m[name]
		if !ok {
			t.Fatalf("%q of %v is not there", name, names)
		}
		v = next
	}
	return v
}

func TestTheDocumentHoldsWhatIsMounted(t *testing.T) {
	t.Parallel()
	h, _ := newAPI(store{}, func(o *api.Options) { o.Endpoints = mounted(t) })
	d := document(t, h)
	if got := dig(t, d, "servers").([]any)[0].(map[string]any)["url"]; got != "http://postern.example" {
		t.Errorf("server: got %v", got)
	}
	item := dig(t, d, "paths", "/api/plugin/acme.shop/webhook/order/{id}")
	if got := slices.Sorted(keys(item)); !slices.Equal(got, []string{"post", "x-postern"}) {
		t.Errorf("methods: got %v", got)
	}
	about := dig(t, item, "post", "description").(string)
	if !strings.Contains(about, "Takes orders. A caller is proved genuine by the header Authorization.") || strings.Contains(about, "hook-token") {
		t.Errorf("description: got %s", about)
	}
	body := dig(t, item, "post", "requestBody", "content", "application/json", "schema", "properties").(map[string]any)
	want := map[string]any{
		"name": typed("string"), "count": map[string]any{"type": []any{"integer", "null"}},
		"tags": map[string]any{"type": "array", "items": typed("string")},
		"more": map[string]any{"type": "object", "additionalProperties": map[string]any{"type": "integer", "minimum": 0.0}},
		"at":   map[string]any{"type": "string", "format": "date-time"}, "raw": map[string]any{},
		"inner": map[string]any{"type": "object", "properties": map[string]any{"On": typed("boolean")}},
	}
	self := body["self"].(map[string]any)
	delete(body, "self")
	if diff := cmp.Diff(want, body); diff != "" {
		t.Errorf("body (-want +got):\n%s", diff)
	}
	if self["properties"].(map[string]any)["name"] == nil {
		t.Errorf("a type that holds itself: got %v", self)
	}
	accepted := dig(t, item, "post", "responses", "202", "content", "application/json", "schema", "allOf").([]any)
	if diff := cmp.Diff(map[string]any{"type": "object", "properties": map[string]any{"task_id": typed("string"), "share": typed("string")}}, accepted[1]); diff != "" {
		t.Errorf("answer (-want +got):\n%s", diff)
	}
	open := dig(t, d, "paths", "/api/plugin/acme.shop/webhook/open")
	if got := slices.Sorted(keys(open)); len(got) != 6 || !strings.Contains(dig(t, open, "get", "description").(string), "Nothing proves") {
		t.Errorf("an open endpoint: got %v", got)
	}
	if _, ok := dig(t, d, "paths").(map[string]any)["/api/plugin/acme.shop/webhook/gone"]; ok {
		t.Error("a disabled endpoint is described")
	}
}

func typed(kind string) map[string]any { return map[string]any{"type": kind} }

func keys(v any) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range v.(map[string]any) {
			if !yield(k) {
				return
			}
		}
	}
}

func TestADeclaredQuery(t *testing.T) {
	t.Parallel()
	h, _ := newAPI(store{}, func(o *api.Options) { o.Endpoints = mounted(t) })
	parameters := dig(t, document(t, h), "paths", "/api/plugin/acme.shop/webhook/list", "get", "parameters").([]any)
	want := []any{
		map[string]any{"name": "page", "in": "query", "required": false, "schema": typed("integer")},
		map[string]any{"name": "sort", "in": "query", "required": false, "schema": typed("string")},
	}
	if diff := cmp.Diff(want, parameters); diff != "" {
		t.Errorf("parameters (-want +got):\n%s", diff)
	}
}

// TestEveryRouteIsDescribed: what is served and not written down is no promise.
func TestEveryRouteIsDescribed(t *testing.T) {
	t.Parallel()
	h, _ := newAPI(store{}, nil)
	d, err := apitest.Load()
	if err != nil {
		t.Fatal(err)
	}
	paths := d.Paths()
	parameter := regexp.MustCompile(`:(\w+)`)
	for _, route := range h.(held).Routes() {
		path := parameter.ReplaceAllString(route.Path, "{$1}")
		if route.Method != http.MethodHead && !slices.Contains(paths[path], route.Method) {
			t.Errorf("%s %s is not described", route.Method, path)
		}
	}
}

// TestTheJudgeRefuses: a judge that lets everything pass judges nothing.
func TestTheJudgeRefuses(t *testing.T) {
	t.Parallel()
	d, err := apitest.Load()
	if err != nil {
		t.Fatal(err)
	}
	h, _ := newAPI(store{}, nil)
	w := call(h, "GET", path, "ops-token")
	good, header := w.Body.String(), w.Header()
	refuse := func(name, method, target string, status int, header http.Header, body string) {
		t.Helper()
		if d.Check(method, target, status, header, []byte(body)) == nil {
			t.Errorf("%s passed", name)
		}
	}
	if err := d.Check("GET", path, 200, header, []byte(good)); err != nil {
		t.Fatal(err)
	}
	refuse("a member more", "GET", path, 200, header, strings.Replace(good, `{"id"`, `{"more":1,"id"`, 1))
	refuse("a member less", "GET", path, 200, header, strings.Replace(good, `"run":1,`, ``, 1))
	refuse("another state", "GET", path, 200, header, strings.Replace(good, `"state":"dead"`, `"state":"lost"`, 1))
	refuse("a null list", "GET", path, 200, header, strings.Replace(good, `"warnings":[]`, `"warnings":null`, 1))
	refuse("another type", "GET", path, 200, http.Header{"Content-Type": {"text/html"}}, good)
	refuse("another status", "GET", path, 201, header, good)
	refuse("no call", "PUT", path, 200, header, good)
	problem := http.Header{"Content-Type": {"application/problem+json"}}
	refuse("another code", "GET", path, 404, problem, `{"type":"x","title":"x","status":404,"detail":"x","code":"gone"}`)
	refuse("no Retry-After", "GET", path, 503, problem, `{"type":"x","title":"x","status":503,"detail":"x","code":"queue_unavailable"}`)
}

func TestDocs(t *testing.T) {
	t.Parallel()
	h, _ := newAPI(store{}, func(o *api.Options) {
		o.Endpoints = mounted(t)
		o.Endpoints[0].Description = `<img src="http://evil.example/x" onerror=alert(1)>`
	})
	w := call(h, "GET", "/docs", "view-token")
	page := w.Body.String()
	if w.Code != http.StatusOK {
		t.Fatalf("got %d %s", w.Code, w.Body)
	}
	for _, want := range []string{
		"GET /api/jobs/{id}/events", "not_retryable", "POST /api/plugin/acme.shop/webhook/order/{id}", "X-CSRF-Token",
		"72d3162e-cc78-11e3-81ab-4c9367dc0958", "JobState", "list of Notification", "&lt;img src=",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %s", want)
		}
	}
	for _, asks := range []string{"<script", "<img", "<link", "src=\"", "url(", "@import", "href=\"http"} {
		if strings.Contains(page, asks) {
			t.Errorf("the page holds %s: it is to load nothing", asks)
		}
	}
	policy := w.Header().Get("Content-Security-Policy")
	if !strings.HasPrefix(policy, "default-src 'none'; style-src 'sha256-") || strings.Contains(policy, "unsafe") {
		t.Errorf("policy: got %s", policy)
	}
	if links := regexp.MustCompile(`href="#([^"]+)"`).FindAllStringSubmatch(page, -1); len(links) < 30 {
		t.Errorf("got %d links", len(links))
	} else {
		for _, l := range links {
			if !strings.Contains(page, `id="`+l[1]+`"`) {
				t.Errorf("#%s leads nowhere", l[1])
			}
		}
	}
}

func TestTheDocumentFollowsTheRule(t *testing.T) {
	t.Parallel()
	h, _ := newAPI(store{}, nil)
	for _, path := range []string{"/openapi.json", "/docs"} {
		wantProblem(t, call(h, "GET", path, ""), http.StatusUnauthorized, "unauthorized")
		wantProblem(t, call(h, "GET", path, "mute-token"), http.StatusForbidden, "scope_missing")
	}
}
