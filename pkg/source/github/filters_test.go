package github_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"postern/pkg/source/github"
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
		pull = `"pull_request":{"number":7,"draft":true,"base":{"ref":"release/1.2"},"user":{"login":"hubot"},"labels":[{"name":"type: bug"},{"name":"重要"}]}`
		by   = `"sender":{"login":"mona"}`
	)
	asked := facts{Branch: "release/1.2", Author: "hubot", Actor: "mona", Labels: []string{"type: bug", "重要"}, Draft: true}
	commented := facts{Branch: "release/1.2", Author: "kit", Actor: "mona", Labels: asked.Labels, Draft: true}
	onPath := commented
	onPath.Paths = []string{"a/b.go"}
	tests := map[string]struct {
		event, body string
		want        facts
	}{
		"a push": {
			"push", `{"ref":"refs/heads/feature/x","pusher":{"name":"mona"},"created":false,"deleted":false,"forced":false,"commits":[
				{"added":["a"],"modified":["b"],"removed":["c"]},{"added":["d/e.go"],"modified":["a"]}],
				"head_commit":{"author":{"name":"Hu Bot","username":"hubot"}}}`,
			facts{Branch: "feature/x", Author: "hubot", Actor: "mona", Paths: []string{"a", "b", "c", "d/e.go"}, Default: true},
		},
		"a push of nothing is a push": {
			"push", `{"ref":"refs/heads/main","created":false,"deleted":false,"forced":false,"commits":[]}`,
			facts{Branch: "main", Default: true},
		},
		"a commit of nobody GitHub knows": {
			"push", `{"ref":"refs/heads/main","commits":[],"head_commit":{"author":{"name":"Hu Bot"}}}`,
			facts{Branch: "main", Author: "Hu Bot", Default: true},
		},
		"a tag has no branch":      {"push", `{"ref":"refs/tags/v1","commits":[]}`, facts{Default: true}},
		"a new branch":             {"create", `{"ref_type":"branch","ref":"x",` + by + `}`, facts{Branch: "x", Actor: "mona"}},
		"a new tag":                {"create", `{"ref_type":"tag","ref":"x",` + by + `}`, facts{Actor: "mona"}},
		"a pull request":           {"pull_request", `{"action":"labeled",` + pull + `,` + by + `}`, asked},
		"its review":               {"pull_request_review", `{"action":"edited","review":{"user":{"login":"kit"}},` + pull + `,` + by + `}`, commented},
		"a note of it":             {"pull_request_review_comment", `{"action":"created","comment":{"path":"a/b.go","user":{"login":"kit"}},` + pull + `,` + by + `}`, onPath},
		"a comment on a draft":     {"issue_comment", `{"action":"edited","issue":{"draft":true,"pull_request":{},"labels":[{"name":"x"}]},"comment":{"user":{"login":"kit"}},` + by + `}`, facts{Author: "kit", Actor: "mona", Labels: []string{"x"}, Draft: true}},
		"a build":                  {"workflow_run", `{"action":"requested","workflow_run":{"head_branch":"x","head_commit":{"author":{"name":"Mona"}}},` + by + `}`, facts{Branch: "x", Author: "Mona", Actor: "mona"}},
		"a leaked secret":          {"secret_scanning_alert", `{"action":"created","alert":{},` + by + `}`, facts{Actor: "mona", Confidential: true, Default: true}},
		"a draft of a release":     {"release", `{"action":"created","release":{"draft":true,"author":{"login":"kit"}},` + by + `}`, facts{Author: "kit", Actor: "mona", Draft: true}},
		"an event without a table": {"novelty", `{"action":"x","pull_request":{"labels":[{"name":"x"}],"user":{"login":"kit"}},` + by + `}`, facts{Author: "kit", Actor: "mona", Labels: []string{"x"}}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			events, err := github.Source{}.Events(request(tt.event, tt.body))
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
