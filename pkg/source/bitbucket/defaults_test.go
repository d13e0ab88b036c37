package bitbucket_test

import (
	"net/http"
	"testing"

	"postern/pkg/source/bitbucket"
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
		"a push":                  {"repo:push", `{"push":{"changes":[{"new":{"name":"x"}}]}}`, true},
		"a pull request opened":   {"pullrequest:created", `{}`, true},
		"its change":              {"pullrequest:updated", `{}`, false},
		"its comment":             {"pullrequest:comment_created", `{}`, false},
		"its approval":            {"pullrequest:approved", `{}`, true},
		"its approval taken back": {"pullrequest:unapproved", `{}`, false},
		"its merge":               {"pullrequest:fulfilled", `{}`, true},
		"an issue opened":         {"issue:created", `{}`, true},
		"an issue closed":         {"issue:updated", `{"changes":{"status":{"old":"new","new":"resolved"}}}`, true},
		"an issue's priority":     {"issue:updated", `{"changes":{"priority":{"old":"a","new":"b"}}}`, false},
		"a build that runs":       {"repo:commit_status_created", `{"commit_status":{"state":"INPROGRESS"}}`, false},
		"a build that failed":     {"repo:commit_status_updated", `{"commit_status":{"state":"FAILED"}}`, true},
		"a build that passed":     {"repo:commit_status_updated", `{"commit_status":{"state":"SUCCESSFUL"}}`, false},
		"a fork":                  {"repo:fork", `{}`, false},
		"a comment on a commit":   {"repo:commit_comment_created", `{}`, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := &webhook.Request{Method: http.MethodPost, Header: http.Header{"X-Event-Key": {c.event}}, Body: []byte(c.body)}
			events, err := bitbucket.Source{}.Events(r)
			if err != nil || len(events) != 1 {
				t.Fatalf("got %d events and error %v, want one", len(events), err)
			}
			if got := events[0].Default; got != c.want {
				t.Errorf("default: got %t, want %t", got, c.want)
			}
		})
	}
}
