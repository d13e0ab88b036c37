package gitea_test

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"postern/pkg/source/gitea"
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
		by    = `"sender":{"login":"mona"}`
		thing = `"user":{"login":"hubert"},"labels":[{"name":"type: bug"},{"name":"重要"}]`
		pull  = `"pull_request":{"draft":true,"base":{"ref":"release/1"},` + thing + `}`
	)
	bug := []string{"type: bug", "重要"}
	asked := facts{Branch: "release/1", Author: "hubert", Actor: "mona", Labels: bug, Draft: true}
	opened := asked
	opened.Default = true
	tests := map[string]struct {
		event, body string
		want        facts
	}{
		"a push": {
			"push", `{"ref":"refs/heads/feature/x","pusher":{"login":"mona"},"commits":[{"added":["a"],"modified":["b"],"removed":["c"]}],
				"head_commit":{"author":{"name":"Hubert B.","username":"hubert"}}}`,
			facts{Branch: "feature/x", Author: "hubert", Actor: "mona", Paths: []string{"a", "b", "c"}, Default: true},
		},
		"a tag has no branch": {"push", `{"ref":"refs/tags/v1"}`, facts{Default: true}},
		"a new branch":        {"create", `{"ref_type":"branch","ref":"x",` + by + `}`, facts{Branch: "x", Actor: "mona"}},
		"an issue":            {"issues", `{"action":"opened","issue":{` + thing + `},` + by + `}`, facts{Author: "hubert", Actor: "mona", Labels: bug, Default: true}},
		"a pull request":      {"pull_request", `{"action":"opened",` + pull + `,` + by + `}`, opened},
		"its labels":          {"pull_request", `{"action":"label_updated",` + pull + `,` + by + `}`, asked},
		"its review":          {"pull_request_approved", `{"action":"reviewed",` + pull + `,` + by + `}`, opened},
		"a comment on it": {
			"issue_comment", `{"action":"created","is_pull":true,"issue":{` + thing + `},` + pull + `,"comment":{"user":{"login":"kit"}},` + by + `}`,
			facts{Branch: "release/1", Author: "kit", Actor: "mona", Labels: bug, Draft: true},
		},
		"a comment that tells less of it": {
			"issue_comment", `{"action":"created","is_pull":true,"issue":{"pull_request":{"draft":true},` + thing + `},"comment":{"user":{"login":"kit"}},` + by + `}`,
			facts{Author: "kit", Actor: "mona", Labels: bug, Draft: true},
		},
		"a draft of a release": {"release", `{"action":"published","release":{"draft":true,"author":{"login":"kit"}},` + by + `}`, facts{Author: "kit", Actor: "mona", Draft: true, Default: true}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := &webhook.Request{Method: http.MethodPost, Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte(tt.body)}
			r.Header.Set("X-Gitea-Event", tt.event)
			events, err := gitea.New("gitea", "X-Gitea-").Events(r)
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
