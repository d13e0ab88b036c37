package gitlab_test

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"postern/pkg/source/gitlab"
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
		by     = `"user":{"id":1,"name":"Mona Octo","username":"mona"}`
		labels = `"labels":[{"title":"type: bug"},{"title":"重要"}]`
	)
	bug := []string{"type: bug", "重要"}
	tests := map[string]struct {
		event, body string
		want        facts
	}{
		"a push": {
			"Push Hook", `{"object_kind":"push","ref":"refs/heads/feature/x","user_name":"Mona","commits":[
				{"added":["a"],"modified":["b"],"removed":["c"]},{"modified":["a"],"author":{"name":"Hubert"}}]}`,
			facts{Branch: "feature/x", Author: "Hubert", Actor: "Mona", Paths: []string{"a", "b", "c"}, Default: true},
		},
		"a tag has no branch": {"Tag Push Hook", `{"object_kind":"tag_push","ref":"refs/tags/v1"}`, facts{Default: true}},
		"a merge request of who acts": {
			"Merge Request Hook", `{"object_kind":"merge_request",` + by + `,` + labels + `,"object_attributes":{"action":"open","author_id":1,"draft":true,"target_branch":"main"}}`,
			facts{Branch: "main", Author: "mona", Actor: "Mona Octo", Labels: bug, Draft: true, Default: true},
		},
		"a merge request of another": {
			"Merge Request Hook", `{"object_kind":"merge_request",` + by + `,"object_attributes":{"action":"close","author_id":2,"work_in_progress":true,"target_branch":"main"}}`,
			facts{Branch: "main", Actor: "Mona Octo", Draft: true, Default: true},
		},
		"a confidential issue": {
			"Confidential Issue Hook", `{"object_kind":"issue",` + by + `,` + labels + `,"object_attributes":{"action":"open","author_id":1,"confidential":true}}`,
			facts{Author: "mona", Actor: "Mona Octo", Labels: bug, Confidential: true, Default: true},
		},
		"a note on a merge request": {
			"Note Hook", `{"object_kind":"note",` + by + `,"object_attributes":{"author_id":1,"noteable_type":"MergeRequest"},"merge_request":{"target_branch":"main","draft":true,` + labels + `}}`, //nolint:misspell // as GitLab spells it
			facts{Branch: "main", Author: "mona", Actor: "Mona Octo", Labels: bug, Draft: true},
		},
		"a note on a confidential issue": {
			"Note Hook", `{"object_kind":"note",` + by + `,"object_attributes":{"author_id":1,"noteable_type":"Issue"},"issue":{"confidential":true,` + labels + `}}`, //nolint:misspell // as GitLab spells it
			facts{Author: "mona", Actor: "Mona Octo", Labels: bug, Confidential: true},
		},
		"an internal note":    {"Note Hook", `{"object_kind":"note","object_attributes":{"internal":true,"noteable_type":"Issue"},"issue":{}}`, facts{Confidential: true}}, //nolint:misspell // as GitLab spells it
		"a pipeline":          {"Pipeline Hook", `{"object_kind":"pipeline","object_attributes":{"status":"failed","ref":"main"},"commit":{"author":{"name":"Mona"}}}`, facts{Branch: "main", Author: "Mona", Default: true}},
		"a pipeline of a tag": {"Pipeline Hook", `{"object_kind":"pipeline","object_attributes":{"status":"failed","ref":"v1","tag":true}}`, facts{Default: true}},
		"a job":               {"Job Hook", `{"object_kind":"build","ref":"main","build_status":"failed","commit":{"author_name":"Mona"}}`, facts{Branch: "main", Author: "Mona"}},
		"a vulnerability":     {"Vulnerability Hook", `{"object_kind":"vulnerability","object_attributes":{}}`, facts{Confidential: true}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := &webhook.Request{Method: http.MethodPost, Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte(tt.body)}
			r.Header.Set("X-Gitlab-Event", tt.event)
			events, err := gitlab.Source{}.Events(r)
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
