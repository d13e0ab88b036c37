package bitbucket_dc_test

import (
	"net/http"
	"testing"

	"postern/pkg/source/bitbucket_dc"
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
		"a push":                    {"repo:refs_changed", `{"changes":[{"ref":{"id":"refs/heads/x"},"type":"UPDATE"}]}`, true},
		"the same push at a mirror": {"mirror:repo_synchronized", `{"changes":[{"ref":{"id":"refs/heads/x"},"type":"UPDATE"}]}`, false},
		"a pull request opened":     {"pr:opened", `{}`, true},
		"its change":                {"pr:modified", `{}`, false},
		"its new commits":           {"pr:from_ref_updated", `{}`, false},
		"its reviewers":             {"pr:reviewer:updated", `{}`, false},
		"its approval":              {"pr:reviewer:approved", `{}`, true},
		"its comment":               {"pr:comment:added", `{}`, false},
		"its merge":                 {"pr:merged", `{}`, true},
		"a fork":                    {"repo:forked", `{}`, false},
		"a comment on a commit":     {"repo:comment:added", `{}`, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := &webhook.Request{Method: http.MethodPost, Header: http.Header{"X-Event-Key": {c.event}}, Body: []byte(c.body)}
			events, err := bitbucket_dc.Source{}.Events(r)
			if err != nil || len(events) != 1 {
				t.Fatalf("got %d events and error %v, want one", len(events), err)
			}
			if got := events[0].Default; got != c.want {
				t.Errorf("default: got %t, want %t", got, c.want)
			}
		})
	}
}
