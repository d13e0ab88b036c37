package gitea_test

import (
	"net/http"
	"testing"

	"postern/pkg/source/gitea"
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
		"a push":                        {"push", `{"ref":"refs/heads/x","before":"1","after":"2","commits":[{"id":"2"}]}`, true},
		"a push that makes a branch":    {"push", `{"ref":"refs/heads/x","before":"0000","after":"2"}`, true},
		"the create beside it":          {"create", `{"ref":"x","ref_type":"branch"}`, false},
		"a branch deleted":              {"delete", `{"ref":"x","ref_type":"branch"}`, false},
		"an issue opened":               {"issues", `{"action":"opened"}`, true},
		"its labels":                    {"issues", `{"action":"label_updated"}`, false},
		"its comment":                   {"issue_comment", `{"action":"created"}`, false},
		"a pull request merged":         {"pull_request", `{"action":"closed","pull_request":{"merged":true}}`, true},
		"its new commits":               {"pull_request", `{"action":"synchronized"}`, false},
		"its approval":                  {"pull_request_approved", `{"action":"reviewed","review":{"type":"pull_request_review_approved"}}`, true},
		"a review that only comments":   {"pull_request_comment", `{"action":"reviewed","review":{"type":"pull_request_review_comment"}}`, false},
		"a release":                     {"release", `{"action":"published"}`, true},
		"a release changed":             {"release", `{"action":"updated"}`, false},
		"a wiki page":                   {"wiki", `{"action":"created"}`, false},
		"a repository":                  {"repository", `{"action":"created"}`, false},
		"a package":                     {"package", `{"action":"created"}`, false},
		"a fork":                        {"fork", `{}`, false},
		"a run that failed":             {"workflow_run", `{"action":"completed","workflow_run":{"conclusion":"failure"}}`, true},
		"its job":                       {"workflow_job", `{"action":"completed","workflow_job":{"conclusion":"failure"}}`, false},
		"its status":                    {"status", `{"state":"failure"}`, false},
		"a run that succeeded":          {"workflow_run", `{"action":"completed","workflow_run":{"conclusion":"success"}}`, false},
		"a run that succeeds again":     {"action_run_recover", `{"run":{"id":1}}`, true},
		"a run that goes on succeeding": {"action_run_success", `{"run":{"id":1}}`, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := &webhook.Request{Method: http.MethodPost, Header: http.Header{"X-Gitea-Event": {c.event}}, Body: []byte(c.body)}
			events, err := gitea.New("gitea", "X-Gitea-").Events(r)
			if err != nil || len(events) != 1 {
				t.Fatalf("got %d events and error %v, want one", len(events), err)
			}
			if got := events[0].Default; got != c.want {
				t.Errorf("default: got %t, want %t", got, c.want)
			}
		})
	}
}
