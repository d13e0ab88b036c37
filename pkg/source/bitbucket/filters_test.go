package bitbucket_test

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"postern/pkg/source/bitbucket"
	"postern/pkg/webhook"
)

// facts are what the plain filters look at.
type facts struct {
	Branch, Author, Actor        string
	Labels, Paths                []string
	Draft, Confidential, Default bool
}

func TestWhatFiltersLookAt(t *testing.T) {
	t.Parallel()
	const (
		by   = `"actor":{"display_name":"Mona Octo","nickname":"mona"}`
		pull = `"pullrequest":{"id":7,"draft":true,"author":{"display_name":"Hubert"},"destination":{"branch":{"name":"release/1"}}}`
	)
	asked := facts{Branch: "release/1", Author: "Hubert", Actor: "Mona Octo", Draft: true}
	created := asked
	created.Default = true
	tests := map[string]struct {
		event, body string
		want        facts
	}{
		"a push": {
			"repo:push", `{` + by + `,"push":{"changes":[{"old":{},"new":{"type":"branch","name":"feature/x","target":{"author":{"raw":"Hubert <h@x.example>"}}},"commits":[{"hash":"1"}]}]}}`,
			facts{Branch: "feature/x", Author: "Hubert", Actor: "Mona Octo", Default: true},
		},
		"a tag has no branch": {"repo:push", `{"push":{"changes":[{"new":{"type":"tag","name":"v1"}}]}}`, facts{Default: true}},
		"a pull request":      {"pullrequest:created", `{` + by + `,` + pull + `}`, created},
		"a comment on it":     {"pullrequest:comment_created", `{` + by + `,` + pull + `,"comment":{}}`, asked},
		"a build":             {"repo:commit_status_updated", `{"commit_status":{"state":"FAILED","refname":"main"}}`, facts{Branch: "main", Default: true}},
		"an issue":            {"issue:created", `{` + by + `,"issue":{"reporter":{"display_name":"Hubert"}}}`, facts{Author: "Hubert", Actor: "Mona Octo", Default: true}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := &webhook.Request{Method: http.MethodPost, Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte(tt.body)}
			r.Header.Set("X-Event-Key", tt.event)
			events, err := bitbucket.Source{}.Events(r)
			if err != nil {
				t.Fatal(err)
			}
			e := events[0]
			got := facts{e.Branch, e.Author, e.Actor.Name, e.Labels, e.Paths, e.Draft, e.Confidential, e.Default}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}
