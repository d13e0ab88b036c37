package bitbucket_dc_test

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"postern/pkg/source/bitbucket_dc"
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
		by   = `"actor":{"displayName":"Mona Octo","name":"mona"}`
		pull = `"pullRequest":{"id":7,"draft":true,"author":{"user":{"displayName":"Hubert"}},"toRef":{"displayId":"release/1"}}`
	)
	asked := facts{Branch: "release/1", Author: "Hubert", Actor: "Mona Octo", Draft: true}
	opened := asked
	opened.Default = true
	tests := map[string]struct {
		event, body string
		want        facts
	}{
		"a push": {
			"repo:refs_changed", `{` + by + `,"changes":[{"ref":{"id":"refs/heads/feature/x"},"type":"UPDATE"}],"commits":[{"id":"1","author":{"displayName":"Hubert"}}]}`,
			facts{Branch: "feature/x", Author: "Hubert", Actor: "Mona Octo", Default: true},
		},
		"a tag has no branch": {"repo:refs_changed", `{"changes":[{"ref":{"id":"refs/tags/v1"},"type":"ADD"}]}`, facts{Default: true}},
		"a pull request":      {"pr:opened", `{` + by + `,` + pull + `}`, opened},
		"a comment on it":     {"pr:comment:added", `{` + by + `,` + pull + `,"comment":{}}`, asked},
		"a leaked secret":     {"repo:secret_detected", `{` + by + `}`, facts{Actor: "Mona Octo", Confidential: true}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := &webhook.Request{Method: http.MethodPost, Header: http.Header{"Content-Type": {"application/json"}}, Body: []byte(tt.body)}
			r.Header.Set("X-Event-Key", tt.event)
			events, err := bitbucket_dc.Source{}.Events(r)
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
