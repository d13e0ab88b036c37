package gitlab_test

import (
	"net/http"
	"testing"

	"postern/pkg/source/gitlab"
	"postern/pkg/webhook"
)

// The default events need no memory of earlier ones, and of two events that
// tell the same at most one is among them.
func TestDefaultEvents(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		event, body string
		want        bool
	}{
		"a push":                            {"Push Hook", `{"object_kind":"push","ref":"refs/heads/x","before":"1","after":"2","total_commits_count":1}`, true},
		"a branch deleted":                  {"Push Hook", `{"object_kind":"push","ref":"refs/heads/x","before":"1","after":"0000"}`, true},
		"a tag":                             {"Tag Push Hook", `{"object_kind":"tag_push","ref":"refs/tags/x","before":"0000","after":"2"}`, true},
		"an issue opened":                   {"Issue Hook", `{"object_kind":"issue","object_attributes":{"action":"open"}}`, true},
		"its labels":                        {"Issue Hook", `{"object_kind":"issue","object_attributes":{"action":"update"},"changes":{"labels":{}}}`, false},
		"a comment":                         {"Note Hook", `{"object_kind":"note","object_attributes":{"action":"create"}}`, false},
		"a merge request opened":            {"Merge Request Hook", `{"object_kind":"merge_request","object_attributes":{"action":"open"}}`, true},
		"its end as a draft":                {"Merge Request Hook", `{"object_kind":"merge_request","object_attributes":{"action":"update"},"changes":{"draft":{"previous":true,"current":false}}}`, true},
		"its way back to a draft":           {"Merge Request Hook", `{"object_kind":"merge_request","object_attributes":{"action":"update","draft":true},"changes":{"draft":{"previous":false,"current":true}}}`, false},
		"its new commits":                   {"Merge Request Hook", `{"object_kind":"merge_request","object_attributes":{"action":"update","oldrev":"1"}}`, false},
		"its title":                         {"Merge Request Hook", `{"object_kind":"merge_request","object_attributes":{"action":"update"},"changes":{"title":{}}}`, false},
		"its approval":                      {"Merge Request Hook", `{"object_kind":"merge_request","object_attributes":{"action":"approved"}}`, true},
		"its merge":                         {"Merge Request Hook", `{"object_kind":"merge_request","object_attributes":{"action":"merge"}}`, true},
		"a pipeline that runs":              {"Pipeline Hook", `{"object_kind":"pipeline","object_attributes":{"status":"running"}}`, false},
		"a pipeline that failed":            {"Pipeline Hook", `{"object_kind":"pipeline","object_attributes":{"status":"failed"}}`, true},
		"its job":                           {"Job Hook", `{"object_kind":"build","build_status":"failed"}`, false},
		"a pipeline that passed":            {"Pipeline Hook", `{"object_kind":"pipeline","object_attributes":{"status":"success"}}`, false},
		"a deployment that runs":            {"Deployment Hook", `{"object_kind":"deployment","status":"running"}`, false},
		"a deployment done":                 {"Deployment Hook", `{"object_kind":"deployment","status":"success"}`, true},
		"a release":                         {"Release Hook", `{"object_kind":"release","action":"create"}`, true},
		"a release changed":                 {"Release Hook", `{"object_kind":"release","action":"update"}`, false},
		"a wiki page":                       {"Wiki Page Hook", `{"object_kind":"wiki_page","object_attributes":{"action":"create"}}`, false},
		"a feature flag":                    {"Feature Flag Hook", `{"object_kind":"feature_flag","object_attributes":{"name":"x","active":true}}`, false},
		"a reaction":                        {"Emoji Hook", `{"object_kind":"emoji","object_attributes":{"name":"thumbsup"}}`, false},
		"what the instance tells of itself": {"System Hook", `{"event_name":"user_create"}`, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := &webhook.Request{Method: http.MethodPost, Header: http.Header{"X-Gitlab-Event": {c.event}}, Body: []byte(c.body)}
			events, err := gitlab.Source{}.Events(r)
			if err != nil || len(events) != 1 {
				t.Fatalf("got %d events and error %v, want one", len(events), err)
			}
			if got := events[0].Default; got != c.want {
				t.Errorf("default: got %t, want %t", got, c.want)
			}
		})
	}
}
