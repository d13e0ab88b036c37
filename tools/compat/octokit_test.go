package compat_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"testing"
)

// octokit is the package @octokit/webhooks-examples of npm, as .ci/corpora
// unpacks it.
const octokit = ".corpus/octokit/package/api.github.com/index.json"

// octokitCorpus gives the examples that GitHub's own documentation was made of.
func octokitCorpus(t *testing.T) corpus {
	t.Helper()
	b, err := os.ReadFile(filepath.FromSlash(octokit))
	if errors.Is(err, fs.ErrNotExist) {
		unavailable(t, "there is no "+octokit+": .ci/corpora brings it")
	}
	if err != nil {
		t.Fatal(err)
	}
	var events []struct {
		Name     string            `json:"name"`
		Examples []json.RawMessage `json:"examples"`
	}
	if err := json.Unmarshal(b, &events); err != nil {
		t.Fatal(err)
	}
	c := corpus{name: "octokit"}
	for _, e := range events {
		for i, example := range e.Examples {
			c.payloads = append(c.payloads, payload{
				name: fmt.Sprintf("%s %d", e.Name, i), source: "github", event: e.Name,
				header: http.Header{"X-Github-Event": {e.Name}}, body: example,
			})
		}
	}
	return c
}
