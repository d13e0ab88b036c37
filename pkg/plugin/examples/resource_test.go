package examples_test

import (
	"net/http"
	"testing"

	"postern/pkg/plugin/plugintest"
)

func TestResourceAnswersByMethod(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		method, body string
		status       int
		word         string // the answer's status member
		code         string
	}{
		"GET":                      {http.MethodGet, "", 200, "available", ""},
		"POST":                     {http.MethodPost, `{"name":"lamp"}`, 201, "created", ""},
		"POST of no JSON":          {http.MethodPost, `name=lamp`, 400, "", "invalid_payload"},
		"POST of nothing":          {http.MethodPost, ``, 400, "", "invalid_payload"},
		"DELETE":                   {http.MethodDelete, "", 200, "deleted", ""},
		"PUT":                      {http.MethodPut, `{}`, 405, "", "method_not_allowed"},
		"a method nobody heard of": {"BREW", "", 405, "", "method_not_allowed"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := withToken(request(tt.method, "application/json", []byte(tt.body)))
			got := plugintest.Receive(t.Context(), endpoint(t, "/resource"), r)
			if got.Status != tt.status || got.Code != tt.code {
				t.Fatalf("got %d %q, want %d %q", got.Status, got.Code, tt.status, tt.code)
			}
			if tt.word == "" {
				return
			}
			answer := decoded(t, got.Response.Body)
			if answer["status"] != tt.word {
				t.Errorf("status: got %v, want %s", answer["status"], tt.word)
			}
			if _, isObject := answer["data"].(map[string]any); isObject != (tt.method == http.MethodGet) {
				t.Errorf("data of %s: got %v", tt.method, answer["data"])
			}
			if _, isThere := answer["id"]; isThere != (tt.method == http.MethodPost) {
				t.Errorf("id of %s: got %v", tt.method, answer["id"])
			}
		})
	}
}

func TestResourceIDsAreFresh(t *testing.T) {
	t.Parallel()
	e := endpoint(t, "/resource")
	seen := map[any]bool{}
	for range 10 {
		r := withToken(request(http.MethodPost, "application/json", []byte(`{}`)))
		seen[decoded(t, plugintest.Receive(t.Context(), e, r).Response.Body)["id"]] = true
	}
	if len(seen) != 10 || seen[nil] || seen[""] {
		t.Errorf("got ids %v, want 10 different ones", seen)
	}
}
